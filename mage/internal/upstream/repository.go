// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// repository reads somebody's git repository without trusting it.
//
// Refs are looked up in the repository itself; that runs nothing. The archive
// is made in an empty repository of our own that borrows its objects, so no
// setting, filter, hook or replacement of the given repository (or of the
// user) can run a program or change a byte. It also makes no difference who
// owns the given one.
type repository struct {
	path string // as given
	dir  string // its git directory
	own  string // folder of our own
	env  []string
	log  io.Writer
}

func openRepository(path string, req *Request) (*repository, error) {
	for _, tool := range []string{"git", "gzip"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, &MissingToolError{Tool: tool, Need: "make an archive from the git repository " + path}
		}
	}
	own, err := os.MkdirTemp("", "verbsmith-git-*")
	if err != nil {
		return nil, writeError(os.TempDir(), err)
	}
	g := &repository{path: path, dir: gitDir(path), own: own, log: req.log()}
	for _, v := range new(exec.Cmd).Environ() {
		name, _, _ := strings.Cut(v, "=")
		// GIT_DIR and its like would redirect us; GZIP holds options.
		if !strings.HasPrefix(name, "GIT_") && name != "GZIP" {
			g.env = append(g.env, v)
		}
	}
	g.env = append(g.env, "LC_ALL=C", "HOME="+own, "XDG_CONFIG_HOME="+own,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0",
		// A partial clone would fetch what is missing, by a program that its
		// own settings name.
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
	return g, nil
}

// Close removes what was made on the side.
func (g *repository) Close() { _ = os.RemoveAll(g.own) }

func (g *repository) bare() string { return filepath.Join(g.own, "isolated.git") }

// output runs git on the given repository.
func (g *repository) output(ctx context.Context, args ...string) (string, error) {
	return g.run(ctx, g.dir, nil, args...)
}

// isolated runs git on our own repository.
func (g *repository) isolated(ctx context.Context, args ...string) (string, error) {
	return g.isolatedWith(ctx, nil, args...)
}

// isolatedWith does so with more in its environment.
func (g *repository) isolatedWith(ctx context.Context, env []string, args ...string) (string, error) {
	return g.run(ctx, g.bare(), env, args...)
}

func (g *repository) run(ctx context.Context, gitDir string, env []string, args ...string) (string, error) {
	var out bytes.Buffer
	cmd := g.command(ctx, gitDir, args...)
	cmd.Env = append(slices.Clip(g.env), env...)
	cmd.Stdout = &boundedWriter{w: &out, left: cmakeListsMost + 1}
	if err := runTool(ctx, cmd); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func (g *repository) command(ctx context.Context, gitDir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir=" + gitDir}, args...)...)
	cmd.Env = g.env
	return cmd
}

// isolate makes our own repository, of the kind of object id that commit has.
func (g *repository) isolate(ctx context.Context, commit string) error {
	objects, err := g.objects(ctx)
	if err != nil {
		return err
	}
	args := []string{"init", "--quiet", "--bare", "--template="}
	if len(commit) == 64 {
		args = append(args, "--object-format=sha256")
	}
	cmd := exec.CommandContext(ctx, "git", append(args, g.bare())...)
	cmd.Env = g.env
	if err := runTool(ctx, cmd); err != nil {
		return err
	}
	alternates := filepath.Join(g.bare(), "objects", "info", "alternates")
	if err := os.MkdirAll(filepath.Dir(alternates), 0o755); err != nil {
		return writeError(alternates, err)
	}
	if err := os.WriteFile(alternates, []byte(objects+"\n"), 0o644); err != nil {
		return writeError(alternates, err)
	}
	return nil
}

// archive writes the commit's tarball to path, with the bytes that GitHub's
// archive of it has (compared for v48.0 and v57.0).
func (g *repository) archive(ctx context.Context, commit, version, path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return writeError(path, err)
	}
	defer func() { _ = file.Close() }()
	pack := exec.CommandContext(ctx, "gzip", "-n")
	pack.Env = g.env
	pack.Stdout = &boundedWriter{w: file, left: defaultLimits().packed}
	list := g.command(ctx, g.bare(), "-c", "tar.umask=0002", "archive", "--format=tar",
		"--prefix=rdma-core-"+version+"/", commit)
	if err := pipe(ctx, list, pack); err != nil {
		_ = os.Remove(path)
		return writeError(path, err)
	}
	return writeError(path, file.Close())
}

// pipe runs from | to. Both ends' errors count, unlike in a shell.
func pipe(ctx context.Context, from, to *exec.Cmd) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	from.Stdout, to.Stdin = w, r
	done := make(chan error, 1)
	go func() {
		err := runTool(ctx, to)
		_ = r.Close() // else from would wait for a reader for ever
		done <- err
	}()
	fromErr := runTool(ctx, from)
	_ = w.Close()
	return errors.Join(<-done, fromErr)
}

// runTool runs a program to its end. The error has its last words.
func runTool(ctx context.Context, cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stderr = &said
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if err == nil {
		return nil
	}
	words := strings.TrimSpace(said.String())
	if len(words) > 2000 {
		words = "..." + words[len(words)-2000:]
	}
	if words == "" {
		return fmt.Errorf("%s: %w", cmd.Args[0], err)
	}
	return fmt.Errorf("%s: %w: %s", cmd.Args[0], err, words)
}

// boundedWriter fails when more comes than it may.
type boundedWriter struct {
	w    io.Writer
	left int64
}

func (b *boundedWriter) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errors.New("the output is larger than it may be")
	}
	return b.w.Write(p)
}
