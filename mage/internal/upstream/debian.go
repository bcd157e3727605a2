// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/resnics/verbsmith/mage/internal/tail"
)

// debianScript is the script's name in [Scripts].
const debianScript = "debian-source.sh"

// Scripts holds the project's shell scripts; an embed.FS is one.
type Scripts interface {
	ReadFile(name string) ([]byte, error)
}

// debian is the [filler] for a Debian source package.
func (r *resolver) debian(o Origin) filler {
	return func(ctx context.Context, part string) (bool, error) {
		if r.req.AptSource == nil {
			return false, errors.New("no access to Debian's archive on this machine")
		}
		dir, err := os.MkdirTemp(filepath.Dir(part), ".apt-*")
		if err != nil {
			return false, writeError(filepath.Dir(part), err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		r.req.notef(o.Kind, "querying Debian's archive (suite %s) for rdma-core %s", o.Suite, r.req.Version)
		file, err := r.req.AptSource.Download(ctx, o.Suite, r.req.Version, dir, r.req.log())
		if err != nil {
			return false, err
		}
		if in, err := filepath.Rel(dir, file); err != nil || !filepath.IsLocal(in) {
			return false, fmt.Errorf("the Debian source was written to %s, not below %s", file, dir)
		}
		return false, writeError(part, os.Rename(file, part))
	}
}

// HostApt is the [AptSource] of a machine that has apt-get. It works for root and for any user:
// apt writes to a temporary directory only.
type HostApt struct {
	// Scripts has debian-source.sh.
	Scripts Scripts
}

// Download implements [AptSource]. Without apt-get it returns a *[MissingToolError].
func (h HostApt) Download(ctx context.Context, suite, version, destDir string, log io.Writer) (string, error) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return "", &MissingToolError{Tool: "apt-get", Need: "download Debian's source package"}
	}
	text, err := h.Scripts.ReadFile(debianScript)
	if err != nil {
		return "", err
	}
	script := filepath.Join(destDir, debianScript)
	if err := os.WriteFile(script, text, 0o700); err != nil {
		return "", writeError(script, err)
	}
	defer func() { _ = os.Remove(script) }()
	last := tail.New(mostWords)
	cmd := exec.CommandContext(ctx, "sh", script, suite, version, destDir)
	// One writer for both, so that only one goroutine writes to it.
	both := io.MultiWriter(log, last)
	cmd.Stdout, cmd.Stderr = both, both
	// The script and apt form a process group, so that all of them end.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return "", cause
	}
	if err != nil {
		err = fmt.Errorf("%s %s %s: %w%s", debianScript, suite, version, err, lastWords(last))
	}
	if err != nil && diskFull(last) {
		err = &SpaceError{Path: destDir, Err: err}
	}
	if err != nil {
		return "", err
	}
	return originalTarball(destDir, version)
}

// ScriptJob is a script to be run in a Debian container that has a network.
type ScriptJob struct {
	// Script is the script's text, to be run by sh with the arguments Suite,
	// Version and a directory of the container.
	Script         []byte
	Suite, Version string
	// DestDir is the directory on this machine for the content of the container's directory.
	DestDir string
	// Log gets the script's output.
	Log io.Writer
}

// ContainerApt is the [AptSource] for machines without apt-get.
type ContainerApt struct {
	Scripts Scripts
	// Run runs the job and fails if the script does.
	Run func(ctx context.Context, job ScriptJob) error
}

// Download implements [AptSource].
func (c ContainerApt) Download(ctx context.Context, suite, version, destDir string, log io.Writer) (string, error) {
	text, err := c.Scripts.ReadFile(debianScript)
	if err != nil {
		return "", err
	}
	job := ScriptJob{Script: text, Suite: suite, Version: version, DestDir: destDir, Log: log}
	if err := c.Run(ctx, job); err != nil {
		return "", err
	}
	return originalTarball(destDir, version)
}

// AnyApt tries several sources in turn, such as the host and then a container.
type AnyApt []AptSource

// Download implements [AptSource].
func (a AnyApt) Download(ctx context.Context, suite, version, destDir string, log io.Writer) (string, error) {
	var failed []error
	for _, source := range a {
		file, err := source.Download(ctx, suite, version, destDir, log)
		if err == nil || context.Cause(ctx) != nil || errors.As(err, new(*SpaceError)) {
			return file, err
		}
		failed = append(failed, err)
	}
	if len(failed) == 0 {
		return "", errors.New("no access to Debian's archive is set up")
	}
	return "", errors.Join(failed...)
}

// originalTarball finds the tarball that the script has downloaded.
func originalTarball(dir, version string) (string, error) {
	prefix := "rdma-core_" + version + ".orig.tar."
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.Type().IsRegular() && !strings.HasSuffix(e.Name(), ".asc") {
			return filepath.Join(dir, e.Name()), nil
		}
	}
	return "", fmt.Errorf("Debian's source package has no %s*", prefix) //nolint:staticcheck // a name
}

// mostWords limits a program's output in an error, in bytes.
const mostWords = 2000

// diskFull reports whether a program failed because a disk was full: apt and its tools print
// the C library's message, in the script's C locale, or errno 28.
func diskFull(said *tail.Buffer) bool {
	text := said.String()
	return strings.Contains(text, "No space left on device") || strings.Contains(text, "write (28:")
}

// lastWords are the last lines of a program's output, for an error.
func lastWords(said *tail.Buffer) string {
	text := strings.TrimSpace(said.String())
	if text == "" {
		return ""
	}
	return "\n" + text
}
