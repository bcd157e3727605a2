// SPDX-License-Identifier: Apache-2.0

//go:build behaviour || integration

package behaviour

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// run runs the scripts of a directory, each in a copy of this repository below
// its own directory, or all at the path copyAt if that is not empty: then one after the other, by their names.
func run(t *testing.T, folder, copyAt string, share ...string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	compileOnce(t, root)
	testscript.RunT(scripts{t, copyAt == ""}, testscript.Params{
		Dir:                 folder,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                commands(),
		Condition: func(name string) (bool, error) {
			if name == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: func(env *testscript.Env) error {
			for _, name := range append([]string{"HOME", "GOPATH", "GOMODCACHE", "GOCACHE", "DOCKER_HOST"}, share...) {
				if value, ok := os.LookupEnv(name); ok {
					env.Setenv(name, value)
				}
			}
			env.Setenv("GOFLAGS", goFlags)
			// An edit that no earlier run has made: caches are shared.
			env.Setenv("NONCE", strconv.FormatInt(time.Now().UnixNano(), 36))
			env.Cd = filepath.Join(env.WorkDir, "repo")
			if copyAt != "" {
				env.Cd = copyAt
				if err := os.RemoveAll(copyAt); err != nil {
					return err
				}
			}
			return copyRepository(t.Context(), root, env.Cd)
		},
	})
}

// scripts runs scripts by their names, one after the other or at the same time.
type scripts struct {
	*testing.T

	atOnce bool
}

// Run implements testscript.T.
func (s scripts) Run(name string, script func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { script(scripts{t, s.atOnce}) })
}

// Parallel implements testscript.T.
func (s scripts) Parallel() {
	if s.atOnce {
		s.T.Parallel()
	}
}

// Verbose implements testscript.T.
func (scripts) Verbose() bool { return testing.Verbose() }

// Copies of one state give one program, whatever their directory.
const goFlags = "-buildvcs=false -trimpath"

// compileOnce makes what the scripts run, so that they do not all make it at
// the same time.
func compileOnce(t *testing.T, root string) {
	t.Helper()
	dir := t.TempDir()
	if err := copyRepository(t.Context(), root, dir); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "tool", "mage", "-l")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS="+goFlags)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go tool mage -l: %v\n%s", err, out)
	}
}

// copyRepository copies what git has or would take, as a clone does.
func copyRepository(ctx context.Context, from, to string) error {
	list := exec.CommandContext(ctx, "git", "-C", from, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the repository: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	st, err := os.Stat(from)
	if os.IsNotExist(err) {
		return nil // deleted and not yet committed
	}
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, st.Mode().Perm())
}
