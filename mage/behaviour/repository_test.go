// SPDX-License-Identifier: Apache-2.0

//go:build behaviour || integration

package behaviour

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// run runs the scripts of a folder, each in a copy of this repository.
func run(t *testing.T, folder string, share ...string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 folder,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                commands(),
		Setup: func(env *testscript.Env) error {
			for _, name := range append([]string{"HOME", "GOPATH", "GOMODCACHE", "GOCACHE", "DOCKER_HOST"}, share...) {
				if value, ok := os.LookupEnv(name); ok {
					env.Setenv(name, value)
				}
			}
			// Copies of one state give one program, which is linked once.
			env.Setenv("GOFLAGS", "-buildvcs=false -trimpath")
			env.Setenv("REPO", root)
			env.Cd = filepath.Join(env.WorkDir, "repo")
			return copyRepository(root, env.Cd)
		},
	})
}

// copyRepository copies what git has or would take, as a clone does.
func copyRepository(from, to string) error {
	list := exec.Command("git", "-C", from, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("list the repository: %w", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(out), "\x00"), "\x00") {
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
