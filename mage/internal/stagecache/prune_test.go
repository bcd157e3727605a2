// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// filled returns a cache with five entries of stage rpm, used in that order, and
// one of stage build.
func filled(t *testing.T) *Cache {
	t.Helper()
	c := open(t, t.TempDir())
	made := 0
	for i := range 5 {
		e, err := c.Do(t.Context(), "rpm", fmt.Sprintf("k%d", i), counting(&made, "four"))
		if err != nil {
			t.Fatal(err)
		}
		used := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(filepath.Join(filepath.Dir(e.Dir), recordFile), used, used); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Do(t.Context(), "build", "k0", counting(&made, "four")); err != nil {
		t.Fatal(err)
	}
	return c
}

// kept lists a stage's keys, the most recently used first.
func kept(t *testing.T, c *Cache, stage string) []string {
	t.Helper()
	stored, err := c.stored(stage)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, s := range stored {
		keys = append(keys, s.key)
	}
	return keys
}

func TestPruneByAsksForEachStage(t *testing.T) {
	c := filled(t)
	removed, err := c.PruneBy(t.Context(), func(stage string) int { return map[string]int{"rpm": 4}[stage] })
	if err != nil || removed.Entries != 2 {
		t.Errorf("removed %+v, error %v", removed, err)
	}
	if rpm, build := kept(t, c, "rpm"), kept(t, c, "build"); len(rpm) != 4 || len(build) != 0 {
		t.Errorf("kept %v and %v", rpm, build)
	}
}

func TestPruneKeepsWhatWasUsedLast(t *testing.T) {
	c := filled(t)
	made := 0
	if e, err := c.Do(t.Context(), "rpm", "k1", counting(&made, "")); err != nil || !e.Hit {
		t.Fatalf("%+v, error %v", e, err)
	}
	removed, err := c.Prune(t.Context(), 2)
	if err != nil || removed.Entries != 3 || removed.Bytes < 3*4 {
		t.Errorf("removed %+v, error %v", removed, err)
	}
	if got := fmt.Sprint(kept(t, c, "rpm"), kept(t, c, "build")); got != "[k1 k4] [k0]" {
		t.Errorf("kept %s", got)
	}
	if removed, err := c.Prune(t.Context(), 2); err != nil || removed.Entries != 0 {
		t.Errorf("again: removed %+v, error %v", removed, err)
	}
	if left := leftovers(t, c); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestRemoveAllLeavesNoTrace(t *testing.T) {
	c := filled(t)
	unlock, err := c.Lock(t.Context(), "build", nil)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	removed, err := c.RemoveAll(t.Context())
	if err != nil || removed.Entries != 6 {
		t.Errorf("removed %+v, error %v", removed, err)
	}
	if _, err := os.Stat(c.Dir()); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	made := 0
	if e, err := c.Do(t.Context(), "rpm", "k1", counting(&made, "x")); err != nil || e.Hit {
		t.Errorf("used again: %+v, error %v", e, err)
	}
	if _, err := c.RemoveAll(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.RemoveAll(t.Context()); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}

func TestRemoveAllLeavesWhatIsNotItsOwn(t *testing.T) {
	c := filled(t)
	mine := filepath.Join(c.Dir(), "mine")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.RemoveAll(t.Context()); err != nil {
		t.Error(err)
	}
	if found, err := os.ReadDir(c.Dir()); err != nil || len(found) != 1 {
		t.Errorf("left: %v, error %v", found, err)
	}
}

func TestRemoveAllLeavesWhatIsInUse(t *testing.T) {
	c := filled(t)
	made := 0
	// Entries k3, which is there but damaged, and k9 are being made.
	if err := os.Remove(filepath.Join(c.entryDir(order{stage: "rpm", key: "k3"}), recordFile)); err != nil {
		t.Fatal(err)
	}
	inside := func(build func(context.Context, string) error) func(context.Context, string) error {
		return func(ctx context.Context, _ string) error {
			_, err := c.Do(ctx, "rpm", "k9", build)
			return err
		}
	}
	_, err := c.Do(t.Context(), "rpm", "k3", inside(func(ctx context.Context, dir string) error {
		unlock, err := c.Lock(ctx, "build", nil)
		if err != nil {
			return err
		}
		defer unlock()
		removed, err := c.RemoveAll(ctx)
		var busy *BusyError
		if !errors.As(err, &busy) || removed.Entries != 5 {
			t.Errorf("removed %+v, error %v", removed, err)
		}
		for _, what := range []string{"rpm/k3", "lock build", "lock k9", filepath.Base(filepath.Dir(dir))} {
			if err == nil || !strings.Contains(err.Error(), what+" is in use by") {
				t.Errorf("%q is not reported: %v", what, err)
			}
		}
		return counting(&made, "x")(ctx, dir)
	}))
	if err != nil {
		t.Error(err)
	}
	if e, err := c.Do(t.Context(), "rpm", "k9", counting(&made, "x")); err != nil || !e.Hit {
		t.Errorf("what was made meanwhile: %+v, error %v", e, err)
	}
}

func TestPruneKeepsWhatAnotherUses(t *testing.T) {
	c := filled(t)
	other := open(t, c.Dir())
	made := 0
	if e, err := other.Do(t.Context(), "rpm", "k0", counting(&made, "")); err != nil || !e.Hit {
		t.Fatalf("%+v, error %v", e, err)
	}
	removed, err := c.Prune(t.Context(), 0)
	if err != nil || removed.Entries != 5 {
		t.Errorf("removed %+v, error %v", removed, err)
	}
	if got := fmt.Sprint(kept(t, c, "rpm")); got != "[k0]" {
		t.Errorf("kept %s", got)
	}
	// The other one is done with it: from now on it may go.
	if _, err := other.Prune(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if removed, err := c.Prune(t.Context(), 0); err != nil || removed.Entries != 1 {
		t.Errorf("afterwards: removed %+v, error %v", removed, err)
	}
}

func TestRemoveAllReportsWhatAnotherUses(t *testing.T) {
	c := filled(t)
	other := open(t, c.Dir())
	made := 0
	if _, err := other.Do(t.Context(), "rpm", "mine", counting(&made, "four")); err != nil {
		t.Fatal(err)
	}
	_, err := c.RemoveAll(t.Context())
	var busy *BusyError
	if !errors.As(err, &busy) || busy.What != "rpm/mine" {
		t.Errorf("error %v", err)
	}
	if e, err := other.Do(t.Context(), "rpm", "mine", counting(&made, "")); err != nil || !e.Hit {
		t.Errorf("%+v, error %v", e, err)
	}
}

// TestRemovalLeavesWhatOthersPutThere: neither a clean-up nor a sweep takes what
// lies where entries, work and locks lie and is none.
func TestRemovalLeavesWhatOthersPutThere(t *testing.T) {
	c := filled(t)
	theirs := []string{
		"rpm/thesis", "rpm/k0/thesis", "rpm/mine/thesis", "my stage/k0/out/thesis", "notes",
		"tmp/thesis", "tmp/mine/thesis", "locks/rpm/thesis", "locks/thesis",
	}
	for _, name := range theirs {
		file := filepath.Join(c.root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, c.Dir()) // sweeps
	if _, err := c.Prune(t.Context(), 0); err != nil {
		t.Error(err)
	}
	if _, err := c.RemoveAll(t.Context()); err != nil {
		t.Error(err)
	}
	for _, name := range theirs {
		if data, err := os.ReadFile(filepath.Join(c.root, name)); err != nil || string(data) != "mine" {
			t.Errorf("%s: %q %v", name, data, err)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(c.root, "rpm")); err != nil || len(entries) != 3 {
		t.Errorf("of the entries are left: %v %v", entries, err)
	}
}
