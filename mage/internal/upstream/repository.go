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
	"sync/atomic"
	"time"

	"github.com/resnics/verbsmith/mage/internal/tail"
)

// repository reads a foreign git repository without trusting it.
//
// Refs are looked up in a view of the repository, see [gitView]. The archive is made in our own
// empty repository that borrows its objects. So no setting, filter, hook or replacement of the
// given repository (or of the user) is read: none can run a program, change a byte or block
// git. The owner of the given repository does not matter either.
type repository struct {
	path     string // as given
	view     *gitView
	own      string // our own directory
	env      []string
	log      io.Writer
	patience time.Duration // limit for one git command
	most     int64         // bytes of a tar stream
}

// gitPatience is the limit for one command: git archive of a release takes a second.
const gitPatience = 5 * time.Minute

func openRepository(path string, req *Request) (*repository, error) {
	for _, tool := range []string{"git", "gzip"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, &MissingToolError{Tool: tool, Need: "make an archive from the git repository " + path}
		}
	}
	view, err := openView(path)
	if err != nil {
		return nil, err
	}
	own, err := os.MkdirTemp("", "verbsmith-git-*")
	if err != nil {
		return nil, writeError(os.TempDir(), err)
	}
	if err := view.make(filepath.Join(own, viewDir)); err != nil {
		_ = os.RemoveAll(own)
		return nil, err
	}
	g := &repository{path: path, view: view, own: own, log: req.log(), patience: gitPatience, most: defaultLimits().total}
	for _, v := range new(exec.Cmd).Environ() {
		name, _, _ := strings.Cut(v, "=")
		// GIT_DIR and similar variables would redirect git; GZIP has options.
		if !strings.HasPrefix(name, "GIT_") && name != "GZIP" {
			g.env = append(g.env, v)
		}
	}
	g.env = append(g.env, "LC_ALL=C", "HOME="+own, "XDG_CONFIG_HOME="+own,
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_OPTIONAL_LOCKS=0",
		// A partial clone would fetch missing objects with a program from its own settings.
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none")
	return g, nil
}

// Close removes temporary files.
func (g *repository) Close() { _ = os.RemoveAll(g.own) }

const viewDir = "view.git"

func (g *repository) bare() string { return filepath.Join(g.own, "isolated.git") }

// output runs git on the view of the given repository.
func (g *repository) output(ctx context.Context, args ...string) (string, error) {
	return g.run(ctx, filepath.Join(g.own, viewDir), nil, args...)
}

// isolated runs git on our own repository.
func (g *repository) isolated(ctx context.Context, args ...string) (string, error) {
	return g.isolatedWith(ctx, nil, args...)
}

// isolatedWith does so with additional environment variables.
func (g *repository) isolatedWith(ctx context.Context, env []string, args ...string) (string, error) {
	return g.run(ctx, g.bare(), env, args...)
}

func (g *repository) run(ctx context.Context, gitDir string, env []string, args ...string) (string, error) {
	var out bytes.Buffer
	cmd := g.command(ctx, gitDir, args...)
	cmd.Env = append(slices.Clip(g.env), env...)
	cmd.Stdout = &boundedWriter{w: &out, left: cmakeListsMost + 1}
	if err := g.runTool(ctx, cmd); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func (g *repository) command(ctx context.Context, gitDir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--git-dir=" + gitDir}, args...)...)
	cmd.Env = g.env
	return cmd
}

// isolate creates our own repository with the object id format of commit.
func (g *repository) isolate(ctx context.Context, commit string) error {
	objects, err := g.objects()
	if err != nil {
		return err
	}
	args := []string{"init", "--quiet", "--bare", "--template="}
	if len(commit) == 64 {
		args = append(args, "--object-format=sha256")
	}
	cmd := exec.CommandContext(ctx, "git", append(args, g.bare())...)
	cmd.Env = g.env
	if err := g.runTool(ctx, cmd); err != nil {
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

// archive writes the commit's tarball to path, with the same bytes as GitHub's archive
// (compared for v48.0 and v57.0).
func (g *repository) archive(ctx context.Context, commit, version, path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return writeError(path, err)
	}
	defer func() { _ = file.Close() }()
	packed := &boundedWriter{w: file, left: defaultLimits().packed}
	pack := exec.CommandContext(ctx, "gzip", "-n")
	pack.Env = g.env
	pack.Stdout = packed
	list := g.command(ctx, g.bare(), "-c", "tar.umask=0002", "archive", "--format=tar",
		"--prefix=rdma-core-"+version+"/", commit)
	err = g.pipe(ctx, list, pack)
	if packed.failed != nil && context.Cause(ctx) == nil {
		// gzip's own error would be a broken pipe.
		err = packed.failed
	}
	if err != nil {
		_ = os.Remove(path)
		return writeError(path, err)
	}
	return writeError(path, file.Close())
}

// pipe runs from | to. Both ends' errors count, unlike in a shell.
func (g *repository) pipe(ctx context.Context, from, to *exec.Cmd) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	between := &boundedWriter{w: w, left: g.most}
	from.Stdout, to.Stdin = between, r
	done := make(chan error, 1)
	go func() {
		err := g.runTool(ctx, to)
		_ = r.Close() // otherwise from would wait for a reader forever
		done <- err
	}()
	fromErr := g.runTool(ctx, from)
	_ = w.Close()
	toErr := <-done
	if errors.Is(between.failed, errTooLarge) {
		return fmt.Errorf("%s unpacks to more than %d bytes: %w", g.path, g.most, between.failed)
	}
	return errors.Join(toErr, fromErr)
}

// runTool runs a program within the time limit. The error has the last lines of its output.
func (g *repository) runTool(ctx context.Context, cmd *exec.Cmd) error {
	said := tail.New(mostWords)
	cmd.Stderr = said
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return fmt.Errorf("%s: %w", cmd.Args[0], err)
	}
	var late atomic.Bool
	timer := time.AfterFunc(g.patience, func() {
		late.Store(true)
		_ = cmd.Process.Kill()
	})
	defer timer.Stop()
	err := cmd.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	switch {
	case err == nil:
		return nil
	case late.Load():
		return fmt.Errorf("%s: %w %s, reading %s", strings.Join(cmd.Args[:min(len(cmd.Args), 3)], " "), errNoEnd, g.patience, g.path)
	case diskFull(said):
		return &SpaceError{Path: g.own, Err: fmt.Errorf("%s: %w%s", cmd.Args[0], err, lastWords(said))}
	}
	if words := strings.TrimSpace(said.String()); words != "" {
		return fmt.Errorf("%s: %w: %s", cmd.Args[0], err, words)
	}
	return fmt.Errorf("%s: %w", cmd.Args[0], err)
}

var (
	errNoEnd    = errors.New("did not end within")
	errTooLarge = errors.New("the output is larger than it may be")
)

// boundedWriter fails when it gets more bytes than allowed, and keeps the reason, which a
// writer on the other side of a pipe does not see.
type boundedWriter struct {
	w      io.Writer
	left   int64
	failed error
}

func (b *boundedWriter) Write(p []byte) (n int, err error) {
	if b.left -= int64(len(p)); b.left < 0 {
		err = errTooLarge
	} else {
		n, err = b.w.Write(p)
	}
	if err != nil {
		b.failed = err
	}
	return n, err
}
