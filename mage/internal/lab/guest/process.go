// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// programs are the directories of a distribution's programs.
const programs = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// environment of every program: messages in English, libibverbs' warnings.
func environment() []string {
	return []string{
		"PATH=" + programs, "HOME=/root", "LC_ALL=C.UTF-8", "IBV_SHOW_WARNINGS=1", "PYTHONUNBUFFERED=1",
	}
}

// notStarted is the exit status of a missing program.
const notStarted = 127

// ended is the end of a program.
type ended struct {
	out  string // the end of its output, both streams
	code int    // exit status; -1 if it had to be killed
	why  string // for a program that did not start or did not end
}

func (e ended) ok() bool { return e.code == 0 }

// evidence is the last line of a failed program.
func (e ended) evidence() string {
	if e.why != "" {
		return strings.TrimSpace(e.why + ": " + lastLine(e.out))
	}
	return fmt.Sprintf("exit status %d: %s", e.code, lastLine(e.out))
}

// process is a running program.
type process struct {
	name string
	cmd  *exec.Cmd
	out  limited
	err  error           // of its start
	ctx  context.Context //nolint:containedctx // context of its call, for the reason of its end
}

// launch starts a program in a new process group, which is killed when ctx ends. The end of its output is kept.
func launch(ctx context.Context, argv ...string) *process {
	const keep = 64 << 10
	return launchKeeping(ctx, keep, argv...)
}

func launchKeeping(ctx context.Context, keep int, argv ...string) *process {
	p := &process{name: argv[0], ctx: ctx, out: limited{keep: keep}}
	p.cmd = exec.CommandContext(ctx, argv[0], argv[1:]...)
	p.cmd.Env = environment()
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Cancel = func() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
	p.cmd.WaitDelay = time.Second // children may hold the pipe
	p.err = p.cmd.Start()
	return p
}

// wait waits for the program's end.
func (p *process) wait() ended {
	if p.err != nil {
		return ended{code: notStarted, why: p.err.Error()}
	}
	err := p.cmd.Wait()
	e := ended{out: p.out.String(), code: p.cmd.ProcessState.ExitCode()}
	switch {
	case p.ctx.Err() != nil:
		e.code, e.why = -1, p.name+" had to be killed: "+context.Cause(p.ctx).Error()
	case e.code < 0:
		e.why = fmt.Sprintf("%s: %v", p.name, err)
	}
	return e
}

// stop ends a running program and returns its output.
func (p *process) stop() ended {
	if p.err == nil {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		_ = p.cmd.Wait()
	}
	return ended{out: p.out.String(), code: -1}
}

// run runs a program to its end and shows its output.
func (g *guest) run(ctx context.Context, argv ...string) ended {
	e := launch(ctx, argv...).wait()
	g.show(argv, e)
	return e
}

// show copies a program's output to the console, each line marked as such.
func (g *guest) show(argv []string, e ended) {
	var text strings.Builder
	fmt.Fprintf(&text, "\n$ %s\n", strings.Join(argv, " "))
	for line := range strings.Lines(e.out) {
		text.WriteString("| " + strings.TrimRight(line, "\r\n") + "\n")
	}
	fmt.Fprintf(&text, "= %d %s\n", e.code, e.why)
	_, _ = io.WriteString(g.out, text.String()) // only records count
}

// present reports whether the distribution has a program.
func present(program string) bool {
	_, err := exec.LookPath(program)
	return !errors.Is(err, exec.ErrNotFound)
}

// absent is the result of a case whose file, given as a pattern of shells, is not on the disk. If a package lists such a
// file, then the package is damaged or installed incompletely, and the case has failed.
func (g *guest) absent(ctx context.Context, pattern string) lab.Record {
	files, why := g.packagedFiles(ctx)
	if why != "" {
		return failed("there is no %s, and %s", pattern, why)
	}
	for file := range strings.Lines(files) {
		file = strings.TrimSpace(file)
		if matched, err := path.Match(pattern, file); err != nil || matched {
			return failed("%s belongs to an installed package, and is not on the disk", file)
		}
	}
	return unsupported(lab.NoProgram, "no installed package has %s", pattern)
}

// packagedFiles lists the files of all packages, of rpm or of dpkg; why says what is wrong if it cannot.
func (g *guest) packagedFiles(ctx context.Context) (files, why string) {
	const keep = 64 << 20
	if present("rpm") {
		list := launchKeeping(ctx, keep, "rpm", "--query", "--all", "--list").wait()
		if !list.ok() {
			return "", "rpm does not list the packages' files: " + list.evidence()
		}
		return list.out, ""
	}
	lists, err := filepath.Glob(g.path("/var/lib/dpkg/info/*.list"))
	var all strings.Builder
	for _, name := range lists {
		text, unread := os.ReadFile(name)
		all.Write(text)
		err = errors.Join(err, unread)
	}
	if err != nil || len(lists) == 0 {
		return "", fmt.Sprintf("neither rpm nor dpkg lists the packages' files (%v)", err)
	}
	return all.String(), ""
}

// limited keeps the end of a text written to it; it may be read concurrently.
type limited struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	keep int // bytes
}

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(p)
	if extra := l.buf.Len() - l.keep; extra > l.keep {
		l.buf.Next(extra)
	}
	return len(p), nil
}

// String returns what is kept.
func (l *limited) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
