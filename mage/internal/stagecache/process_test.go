// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// roleVariable tells a copy of the test binary what to do in place of the tests.
const roleVariable = "STAGECACHE_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := play(role, os.Args[1], os.Stdout); err != nil {
			fmt.Fprintln(os.Stdout, "error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// play is a process beside the test's: it works on the cache in dir, reports on
// its output, and goes on when its input says so.
func play(role, dir string, out io.Writer) error {
	c, err := Open(dir)
	if err != nil {
		return err
	}
	input := bufio.NewScanner(os.Stdin)
	switch role {
	case "lock":
		unlock, err := c.Lock(context.Background(), "build", func(holder string) { fmt.Fprintln(out, "waits for", holder) })
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "locked")
		input.Scan()
		unlock()
		return nil
	case "make":
		e, err := c.Do(context.Background(), "rpm", "k1", func(_ context.Context, dir string) error {
			if err := os.WriteFile(filepath.Join(dir, "half"), []byte("half"), 0o600); err != nil {
				return err
			}
			fmt.Fprintln(out, "making")
			input.Scan()
			return os.WriteFile(filepath.Join(dir, "made by"), fmt.Append(nil, os.Getpid()), 0o600)
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "hit", e.Hit)
		return nil
	default:
		return errors.New("no such role")
	}
}

// actor is a running copy of the test binary.
type actor struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

func start(t *testing.T, role, dir string) *actor {
	t.Helper()
	a := &actor{t: t, cmd: exec.CommandContext(t.Context(), os.Args[0], dir), lines: make(chan string, 10)}
	a.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	a.cmd.Stderr = os.Stderr
	var err error
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.kill)
	go func() {
		defer close(a.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			a.lines <- s.Text()
		}
	}()
	return a
}

// line is the next line that the actor prints, "" if it ended.
func (a *actor) line() string {
	a.t.Helper()
	select {
	case line := <-a.lines:
		return line
	case <-time.After(time.Minute):
		a.t.Fatal("the other process says nothing")
		return ""
	}
}

func (a *actor) goOn() {
	a.t.Helper()
	if err := a.in.Close(); err != nil {
		a.t.Error(err)
	}
}

// kill ends the actor as kill -9 does, and waits until it is gone.
func (a *actor) kill() {
	_ = a.cmd.Process.Kill()
	_ = a.cmd.Wait()
}

func TestProcessesMakeOnce(t *testing.T) {
	dir := t.TempDir()
	actors := make([]*actor, 4)
	for i := range actors {
		actors[i] = start(t, "make", dir)
	}
	makers, hits := 0, 0
	first := make(chan int, len(actors))
	for i, a := range actors {
		go func() {
			if line := <-a.lines; line == "making" {
				first <- i
			} else {
				first <- -1
			}
		}()
	}
	// One says that it makes; the others say nothing until it is done.
	maker := <-first
	if maker < 0 {
		t.Fatal("the first to speak does not make")
	}
	makers++
	select {
	case i := <-first:
		t.Errorf("process %d did not wait for process %d", i, maker)
	case <-time.After(300 * time.Millisecond):
	}
	actors[maker].goOn()
	if got := actors[maker].line(); got != "hit false" {
		t.Errorf("the maker says %q", got)
	}
	for range len(actors) - 1 {
		if i := <-first; i >= 0 {
			makers++
		} else {
			hits++
		}
	}
	if makers != 1 || hits != len(actors)-1 {
		t.Errorf("%d made and %d found", makers, hits)
	}
}

func TestKilledMakerLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	victim := start(t, "make", dir)
	if got := victim.line(); got != "making" {
		t.Fatalf("the maker says %q", got)
	}
	c := open(t, dir) // sweeps, but not what is in use
	work := leftovers(t, c)
	if len(work) != 1 {
		t.Fatalf("while it is made: %v", work)
	}
	victim.kill()
	made := 0
	if _, err := c.Do(t.Context(), "rpm", "k1", counting(&made, "x")); err != nil || made != 1 {
		t.Errorf("after the kill: made %d times, error %v", made, err)
	}
	if left := leftovers(t, c); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestOpenSweepsAfterAKill(t *testing.T) {
	dir := t.TempDir()
	victim := start(t, "make", dir)
	if got := victim.line(); got != "making" {
		t.Fatalf("the maker says %q", got)
	}
	victim.kill()
	if left := leftovers(t, open(t, dir)); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestCancelWhileAnotherMakes(t *testing.T) {
	dir := t.TempDir()
	maker := start(t, "make", dir)
	maker.line()
	c := open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	var told []string
	second := order{stage: "rpm", key: "k1", onWait: func(holder string) {
		told = append(told, holder)
		time.AfterFunc(3*pollEvery, cancel)
	}}
	made := 0
	_, err := c.do(ctx, second, counting(&made, "x"))
	if !errors.Is(err, context.Canceled) || made > 0 {
		t.Errorf("made %d times, error %v", made, err)
	}
	who := fmt.Sprintf("pid %d (%s %s)", maker.cmd.Process.Pid, filepath.Base(os.Args[0]), dir)
	if len(told) != 1 || told[0] != who {
		t.Errorf("told %q, want once %q", told, who)
	}
	if err == nil || !strings.Contains(err.Error(), who) {
		t.Errorf("the error does not say who: %v", err)
	}
	maker.goOn()
	if got := maker.line(); got != "hit false" {
		t.Errorf("the maker says %q", got)
	}
}

func TestLockBetweenProcesses(t *testing.T) {
	dir := t.TempDir()
	first := start(t, "lock", dir)
	if got := first.line(); got != "locked" {
		t.Fatalf("the first says %q", got)
	}
	second := start(t, "lock", dir)
	if got, want := second.line(), fmt.Sprintf("waits for pid %d (", first.cmd.Process.Pid); !strings.HasPrefix(got, want) {
		t.Errorf("the second says %q, want %q...", got, want)
	}
	first.goOn()
	if got := second.line(); got != "locked" {
		t.Errorf("then the second says %q", got)
	}
	second.kill()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	unlock, err := open(t, dir).Lock(ctx, "build", nil)
	if err != nil {
		t.Fatalf("after a kill: %v", err)
	}
	unlock()
}

func TestLockCancelled(t *testing.T) {
	c := open(t, t.TempDir())
	unlock, err := c.Lock(t.Context(), "build", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	_, err = c.Lock(ctx, "build", func(string) {
		calls++
		time.AfterFunc(3*pollEvery, cancel)
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("error %v, told %d times", err, calls)
	}
	if other, err := c.Lock(t.Context(), "other", nil); err != nil {
		t.Errorf("another name: %v", err)
	} else {
		other()
	}
	unlock()
	again, err := c.Lock(t.Context(), "build", func(string) { t.Error("waits for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	again()
	var name *NameError
	if _, err := c.Lock(t.Context(), "../x", nil); !errors.As(err, &name) {
		t.Errorf("a hostile name: %v", err)
	}
}

// TestRemovedLockFiles looks that a lock whose file is removed by its holder is
// still held by one at a time: another may have opened the file just before.
func TestRemovedLockFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "locks", "x")
	var inside, taken atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for taken.Load() < 2000 && !t.Failed() {
				held, err := tryAcquire(path)
				if err != nil {
					t.Error(err)
				}
				if held == nil {
					continue
				}
				if inside.Add(1) > 1 {
					t.Error("two hold the lock")
				}
				taken.Add(1)
				runtime.Gosched()
				inside.Add(-1)
				if err := os.Remove(path); err != nil {
					t.Error(err)
				}
				release(held)
			}
		})
	}
	all.Wait()
}
