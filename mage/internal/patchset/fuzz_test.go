// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzApplyUndoesDiff makes two trees of the input and looks that the patch between
// them leads from the one to the other.
func FuzzApplyUndoesDiff(f *testing.F) {
	f.Add("a\nb\n", "a\nc\n", "x", uint64(1))
	f.Add("", "no newline", " spaced name", uint64(2))
	f.Add("\r\n\n", "\n\r", "tab\tquote\"", uint64(3))
	f.Add("same", "same", "é/\xff", uint64(4))
	f.Fuzz(func(t *testing.T, old, changed, name string, seed uint64) {
		if !validPath(name) || len(name) > 100 || strings.ContainsAny(name, "*") || strings.Contains(strings.ToLower(name), ".git") {
			t.Skip("not a name for a file")
		}
		r := rand.New(rand.NewPCG(seed, 1))
		before, after := randomTree(r), randomTree(r)
		before["f/"+name], after["f/"+name] = old, changed
		checkRoundTrip(t, before, after)
	})
}

func TestApplyUndoesDiffOfRandomTrees(t *testing.T) {
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 2))
		before := randomTree(r)
		var after tree
		if seed%2 == 0 {
			after = randomTree(r)
		} else {
			after = tree{}
			for name, content := range before {
				after[name] = mutate(r, content)
			}
		}
		checkRoundTrip(t, before, after)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func checkRoundTrip(t *testing.T, before, after tree) {
	t.Helper()
	dir := before.write(t)
	patch, _, err := Diff(t.Context(), dir, after.write(t), header())
	var binary *BinaryError
	switch {
	case errors.Is(err, ErrNoDifference):
		sameTree(t, "without a difference", dir, after)
		return
	case errors.As(err, &binary):
		return
	case err != nil:
		t.Fatal(err)
	}
	if err := Apply(t.Context(), patch, dir); err != nil {
		t.Fatalf("%v\n%s", err, patch)
	}
	sameTree(t, "after Apply", dir, after)
	if t.Failed() {
		t.Logf("from %q to %q:\n%s", before, after, patch)
	}
}

// randomTree draws few names and few different lines, so that trees have much in
// common and lines repeat.
func randomTree(r *rand.Rand) tree {
	files := tree{"keep": "k\n"}
	for _, name := range []string{"a", "b b", "d/c", "d/e/f", "é", "x*"} {
		if r.IntN(3) > 0 {
			files[name] = randomText(r)
		}
	}
	return files
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(40) {
		b.WriteString([]string{"", "{", "}", "\tx", "y", "-- ", "@@ -1 +1 @@", "z\r"}[r.IntN(8)] + "\n")
	}
	if r.IntN(4) == 0 {
		b.WriteString("end")
	}
	return b.String()
}

// mutate removes and adds some lines.
func mutate(r *rand.Rand, text string) string {
	var b strings.Builder
	for _, line := range splitLines(text) {
		switch r.IntN(8) {
		case 0:
		case 1:
			b.WriteString("added\n" + line)
		default:
			b.WriteString(line)
		}
	}
	return b.String()
}

// BenchmarkDiff reports how much longer a diff of two equally large trees takes
// than reading every file of both once.
func BenchmarkDiff(b *testing.B) {
	before := tree{}
	r := rand.New(rand.NewPCG(1, 3))
	for i := range 400 {
		before[filepath.Join("d", string(rune('a'+i%26)), string(rune('a'+i/26))+".c")] = numbered(100+r.IntN(600), nil)
	}
	after := tree{}
	for name, content := range before {
		after[name] = content
		if r.IntN(40) == 0 {
			after[name] = mutate(r, content)
		}
	}
	old, changed := before.write(b), after.write(b)
	var reading time.Duration
	for b.Loop() {
		if _, _, err := Diff(b.Context(), old, changed, header()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		start := time.Now()
		readAll(b, old)
		readAll(b, changed)
		reading += time.Since(start)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed())/float64(reading), "x-reading")
}

func readAll(b *testing.B, dir string) {
	b.Helper()
	files, err := listTree(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		if _, err := os.ReadFile(f.path); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzApplyForeign wants of any patch, applied either way: nothing outside the tree is touched,
// and a patch that is refused leaves the tree as it was.
func FuzzApplyForeign(f *testing.F) {
	f.Add([]byte("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"), 1, false)
	f.Add([]byte("diff --git a/f b/g\nrename from f\nrename to g\n"), 1, false)
	f.Add([]byte("diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"), 1, true)
	f.Add([]byte("--- /dev/null\n+++ ../x\n@@ -0,0 +1 @@\n+b\n"), 0, false)
	f.Add([]byte("diff --git \"a/\\303\" \"b/\\303\"\nnew file mode 100755\n"), 1, false)
	f.Add([]byte("--- a/d/f\r\n+++ b/d/f\r\n@@ -1,0 +2 @@\n+b\n\\ No newline\n"), 1, true)
	f.Fuzz(func(t *testing.T, patch []byte, strip int, reverse bool) {
		checkHostile(t, func(dir string) error {
			_, err := ApplyForeign(t.Context(), patch, dir, Foreign{Name: "p", Strip: strip & 3, Reverse: reverse})
			return err
		})
		checkHostile(t, func(dir string) error { return Apply(t.Context(), patch, dir) })
	})
}

func checkHostile(t *testing.T, apply func(dir string) error) {
	t.Helper()
	before := map[string]string{"tree/f": "a\n", "tree/d/f": "b\n", "beside": "c\n"}
	around := plant(t, before)
	if err := os.Symlink("../beside", filepath.Join(around, "tree", "out")); err != nil {
		t.Fatal(err)
	}
	err := apply(filepath.Join(around, "tree"))
	if err := os.Remove(filepath.Join(around, "tree", "out")); err != nil {
		t.Fatal(err)
	}
	after := harvest(t, around)
	if err != nil && fmt.Sprint(after) != fmt.Sprint(before) {
		t.Fatalf("refused with %v, but left %q", err, after)
	}
	for name := range after {
		if name != "beside" && !strings.HasPrefix(name, "tree/") {
			t.Fatalf("it got out: %q", name)
		}
	}
	if after["beside"] != before["beside"] {
		t.Fatalf("it changed what is beside: %q", after)
	}
}
