// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func register(t *testing.T, dir string) *run {
	t.Helper()
	r, err := newRun(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.end(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestRunsOfAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "runs")
	one, two := register(t, dir), register(t, dir)
	if one.id == two.id || one.home != two.home || one.home == "" {
		t.Errorf("%+v %+v", one, two)
	}
	if other := register(t, t.TempDir()); other.home == one.home {
		t.Error("two directories have one identity")
	}
	if !slices.Equal(one.others(), []string{two.id}) {
		t.Errorf("others: %q", one.others())
	}
	for _, id := range []string{one.id, two.id} {
		if _, dead := one.dead(id); dead {
			t.Errorf("%s looks dead", id)
		}
	}
	if err := two.end(); err != nil {
		t.Error(err)
	}
	if _, dead := one.dead(two.id); !dead {
		t.Error("a run that ended looks alive")
	}
}

func TestDeadRun(t *testing.T) {
	dir := t.TempDir()
	r := register(t, dir)
	if err := os.WriteFile(r.file("killed"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	release, dead := r.dead("killed")
	if !dead {
		t.Fatal("a lock file that nobody holds looks alive")
	}
	if _, again := r.dead("killed"); again {
		t.Error("two runs reap one at once")
	}
	release(false)
	if release, dead = r.dead("killed"); !dead {
		t.Fatal("what was left of a dead run makes it look alive")
	}
	release(true)
	if _, err := os.Stat(r.file("killed")); !os.IsNotExist(err) {
		t.Errorf("its lock file: %v", err)
	}
	// A label is whatever someone put there: it must not name a file elsewhere.
	outside := filepath.Join(filepath.Dir(dir), "outside.lock")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, dead := r.dead("../outside"); dead {
		t.Error("a label led out of the folder")
	}
}

func TestARunWhoseFileWasTakenAwayDoesNotHoldIt(t *testing.T) {
	r := register(t, t.TempDir())
	if !r.holdsItsFile() {
		t.Fatal("want a held file")
	}
	if err := os.Rename(r.file(r.id), r.file(r.id)+".gone"); err != nil {
		t.Fatal(err)
	}
	if r.holdsItsFile() {
		t.Error("the file is gone")
	}
	if err := os.WriteFile(r.file(r.id), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r.holdsItsFile() {
		t.Error("the file is another one")
	}
}

// Another process that holds the lock of the directory's identity holds nobody for longer than they want to wait.
func TestNewRunWaitsAsLongAsItsContext(t *testing.T) {
	dir := t.TempDir()
	other := flock.New(filepath.Join(dir, "home.guard"))
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, stop)
	if _, err := newRun(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
