// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tree lists what is below dir, without the marker, with a slash behind empty
// directories.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, file)
		if err != nil || rel == Marker || rel == "." {
			return err
		}
		if d.IsDir() {
			if inside, err := os.ReadDir(file); err != nil || len(inside) > 0 {
				return err
			}
			rel += "/"
		}
		names = append(names, rel)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

func lock(t *testing.T, dir string) *Hold {
	t.Helper()
	h, err := Lock(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Release)
	return h
}

// fill writes files whose content is their name.
func fill(t *testing.T, names ...string) func(string) error {
	t.Helper()
	return func(dir string) error {
		for _, name := range names {
			write(t, filepath.Join(dir, name), name)
		}
		return nil
	}
}

func TestPlaceNeverOverwritesOthersFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a/theirs"), "theirs")
	write(t, filepath.Join(dir, "a/same"), "same")
	if err := os.Symlink("theirs", filepath.Join(dir, "a/link")); err != nil {
		t.Fatal(err)
	}
	h := lock(t, dir)
	for _, name := range []string{"a/theirs", "a/link", "a"} {
		var foreign *ForeignError
		if err := h.Place(name, []byte("ours")); !errors.As(err, &foreign) || !strings.HasSuffix(foreign.Path, name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, step := range []struct{ name, text string }{{"a/same", "same"}, {"a/same", "changed"}, {"new/ours", "1"}, {"new/ours", "2"}} {
		if err := h.Place(step.name, []byte(step.text)); err != nil {
			t.Error(err)
		}
	}
	h.Release()
	report, err := lock(t, dir).Remove(dir, nil)
	if err != nil || report.Files != 2 || report.Gone || !slices.Equal(report.Kept, []string{"a/link", "a/theirs"}) {
		t.Errorf("%+v %v", report, err)
	}
	if got := tree(t, dir); got != "a/link a/theirs" {
		t.Errorf("left: %s", got)
	}
	if _, err := os.Lstat(filepath.Join(dir, Marker)); err == nil {
		t.Error("the marker is left")
	}
}

func TestReplaceKeepsWhatIsNotRecorded(t *testing.T) {
	dir := t.TempDir()
	h := lock(t, dir)
	if err := h.Replace("rocky9/out", fill(t, "RPMS/old", "both", "logs/x")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "rocky9/out")
	write(t, filepath.Join(out, "RPMS/repodata/index"), "theirs")
	write(t, filepath.Join(out, "notes"), "theirs")
	if err := os.Symlink("/etc", filepath.Join(out, "link")); err != nil {
		t.Fatal(err)
	}
	if err := h.Replace("rocky9/out", fill(t, "RPMS/new", "both")); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got != "rocky9/out/RPMS/new rocky9/out/RPMS/repodata/index rocky9/out/both rocky9/out/link rocky9/out/notes" {
		t.Errorf("have %s", got)
	}
	// A path that someone else has is theirs: nothing changes.
	before := tree(t, dir)
	for _, names := range [][]string{{"new2", "notes"}, {"RPMS/repodata"}, {"link/x"}} {
		var foreign *ForeignError
		if err := h.Replace("rocky9/out", fill(t, names...)); !errors.As(err, &foreign) {
			t.Errorf("%v: %v", names, err)
		}
		if got := tree(t, dir); got != before || h.Has("rocky9/out/new2") {
			t.Errorf("%v: have %s", names, got)
		}
	}
	broken := errors.New("broken")
	if err := h.Replace("rocky9/out", func(dir string) error { return errors.Join(fill(t, "half")(dir), broken) }); !errors.Is(err, broken) {
		t.Error(err)
	}
	h.Release()
	h = lock(t, dir)
	report, err := h.Remove(dir, nil)
	if err != nil || report.Gone {
		t.Errorf("%+v %v", report, err)
	}
	if got := tree(t, dir); got != "rocky9/out/RPMS/repodata/index rocky9/out/link rocky9/out/notes" {
		t.Errorf("left: %s", got)
	}
}

func TestReplaceRefusesALinkAndAFile(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	write(t, filepath.Join(elsewhere, "x"), "theirs")
	write(t, filepath.Join(dir, "file"), "theirs")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	h := lock(t, dir)
	for _, name := range []string{"link", "file"} {
		var foreign *ForeignError
		if err := h.Replace(name, fill(t, "x")); !errors.As(err, &foreign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := tree(t, dir) + " " + tree(t, elsewhere); got != "file link x" {
		t.Errorf("have %s", got)
	}
}

// A run that is killed in Replace leaves directories that the next one, or clean,
// removes; a directory of that name that someone else made stays.
func TestReplaceAfterAKill(t *testing.T) {
	dir := t.TempDir()
	h := lock(t, dir)
	write(t, filepath.Join(dir, "rocky9/.new-out/half"), "x")
	var foreign *ForeignError
	if err := h.Replace("rocky9/out", fill(t, "a")); !errors.As(err, &foreign) {
		t.Errorf("%v", err)
	}
	if err := h.Add("rocky9/.new-out/"); err != nil {
		t.Fatal(err)
	}
	if err := h.Replace("rocky9/out", fill(t, "a")); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); got != "rocky9/out/a" {
		t.Errorf("have %s", got)
	}
	write(t, filepath.Join(dir, "rocky9/.new-out/half"), "x")
	if err := h.Add("rocky9/.new-out/"); err != nil {
		t.Fatal(err)
	}
	report, err := h.Remove(dir, nil)
	if err != nil || !report.Gone {
		t.Errorf("%+v %v", report, err)
	}
	if _, err := os.Lstat(dir); err == nil {
		t.Error("the empty directory is left")
	}
}

func TestRemoveFollowsNoLink(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	h := lock(t, dir)
	if err := errors.Join(h.Place("a/x", nil), h.Place("b", nil)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(elsewhere, "x"), "theirs")
	for link, to := range map[string]string{"a": elsewhere, "b": filepath.Join(elsewhere, "x")} {
		file := filepath.Join(dir, link)
		if err := errors.Join(os.RemoveAll(file), os.Symlink(to, file)); err != nil {
			t.Fatal(err)
		}
	}
	report, err := h.Remove(dir, func(name string, _ bool) bool { return name == "a/x" })
	if err != nil || !slices.Equal(report.Kept, []string{"a"}) || tree(t, elsewhere) != "x" {
		t.Errorf("%+v %v", report, err)
	}
}

func TestRemoveThroughALinkLeavesTheLink(t *testing.T) {
	resolved := t.TempDir()
	link := filepath.Join(t.TempDir(), "dist")
	if err := os.Symlink(resolved, link); err != nil {
		t.Fatal(err)
	}
	h := lock(t, link)
	if err := h.Place("x/y", nil); err != nil {
		t.Fatal(err)
	}
	report, err := h.Remove(link, nil)
	if err != nil || report.Gone || len(report.Kept) > 0 {
		t.Errorf("%+v %v", report, err)
	}
	if entries, err := os.ReadDir(link); err != nil || len(entries) > 0 {
		t.Errorf("%v %v", entries, err)
	}
}

func TestClaimMakesNothing(t *testing.T) {
	dir := t.TempDir()
	if _, err := Claim(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no marker: %v", err)
	}
	if _, err := Claim(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if got := tree(t, dir); got != "" {
		t.Errorf("made %s", got)
	}
	run, err := Share(t.Context(), dir)
	if err != nil || !run.New {
		t.Fatalf("%+v %v", run, err)
	}
	other, err := Share(t.Context(), dir)
	if err != nil || other.New {
		t.Fatalf("%+v %v", other, err)
	}
	run.Release()
	var busy *BusyError
	if _, err := Claim(dir); !errors.As(err, &busy) {
		t.Errorf("in use: %v", err)
	}
	other.Release()
	h, err := Claim(dir)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	waits := 0
	_, err = Lock(ended, dir, func() { waits++; cancel() })
	if !errors.Is(err, context.Canceled) || waits != 1 {
		t.Errorf("waited %d times: %v", waits, err)
	}
	h.Release()
}

func TestMarkerOfSomebodyElse(t *testing.T) {
	for name, spoil := range map[string]func(string) error{
		"text":      func(f string) error { return os.WriteFile(f, []byte("mine"), 0o600) },
		"directory": func(f string) error { return os.Mkdir(f, 0o700) },
		"link":      func(f string) error { return os.Symlink("/etc/passwd", f) },
	} {
		dir := t.TempDir()
		if err := spoil(filepath.Join(dir, Marker)); err != nil {
			t.Fatal(err)
		}
		var foreign *ForeignError
		if _, err := Share(t.Context(), dir); !errors.As(err, &foreign) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Claim(dir); !errors.As(err, &foreign) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a record says is a path below its directory, whoever wrote it.
func TestHostileRecord(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "thesis")
	write(t, outside, "x")
	dir := filepath.Join(filepath.Dir(outside), "dist")
	write(t, filepath.Join(dir, Marker), markerText+strings.Join([]string{
		"../thesis", outside, ".", "./", "/", "", "a/../../thesis", `"../thesis"`, `"broken`, "ok", "cut/sho",
	}, "\n"))
	write(t, filepath.Join(dir, "ok"), "x")
	write(t, filepath.Join(dir, "cut/sho"), "x")
	report, err := lock(t, dir).Remove(dir, nil)
	if err != nil || report.Files != 1 || !slices.Equal(report.Kept, []string{"cut/"}) {
		t.Errorf("%+v %v", report, err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestRecordKeepsOddNames(t *testing.T) {
	dir := t.TempDir()
	h := lock(t, dir)
	for _, name := range []string{"# x", "\"x\"", "new\nline", "blank at end "} {
		if err := h.Place(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	h.Release()
	if report, err := lock(t, dir).Remove(dir, nil); err != nil || report.Files != 4 || !report.Gone {
		t.Errorf("%+v %v", report, err)
	}
}

// A disk that was full has left the marker, or its last line, unfinished: what is
// recorded next is recorded all the same.
func TestRecordAfterAFullDisk(t *testing.T) {
	for _, left := range []string{"", "# ver", markerText[:30], markerText, markerText + "old\nrdma-co"} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, Marker), left)
		h := lock(t, dir)
		if err := errors.Join(h.Place("a", nil), h.Place("b", nil)); err != nil {
			t.Fatal(err)
		}
		h.Release()
		h, err := Lock(t.Context(), dir, nil)
		if err != nil {
			t.Errorf("%q: %v", left, err)
			continue
		}
		if !h.Has("a") || !h.Has("b") || h.Has("old") != strings.Contains(left, "old") {
			t.Errorf("%q: the record has %v", left, h.record)
		}
		h.Release()
	}
}

func TestRemoveGoesOnAfterAFailure(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may remove everything")
	}
	dir := t.TempDir()
	h := lock(t, dir)
	if err := errors.Join(h.Place("a/x", nil), h.Place("b/x", nil)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "a"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := h.Remove(dir, nil)
	_ = os.Chmod(filepath.Join(dir, "a"), 0o700)
	if !errors.Is(err, fs.ErrPermission) || tree(t, dir) != "a/x" || !h.Has("a/x") || h.Has("b/x") {
		t.Errorf("%s: %v", tree(t, dir), err)
	}
}

func TestScratchOfADeadRunGoes(t *testing.T) {
	parent := t.TempDir()
	live, err := NewScratch(parent)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(parent, "verbsmith-7-7", "sealed", "x"), "left")
	if err := os.Chmod(filepath.Join(parent, "verbsmith-7-7", "sealed"), 0o500); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(parent, "notes"), "theirs")
	write(t, filepath.Join(parent, "verbsmith-7-x", "y"), "theirs")
	write(t, filepath.Join(parent, "2024-11", "thesis"), "theirs") // a user's tmp/ may have been there before the cache
	write(t, filepath.Join(live.Dir, "x"), "used")
	next, err := NewScratch(parent)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
	want := strings.Join([]string{"2024-11/thesis", filepath.Base(live.Dir) + "/x", "notes", "verbsmith-7-x/y"}, " ")
	if got := tree(t, parent); !slices.Equal(strings.Fields(got), slices.Sorted(slices.Values(strings.Fields(want)))) {
		t.Errorf("have %s, want %s", got, want)
	}
	if err := errors.Join(live.Close(), live.Close()); err != nil {
		t.Error(err)
	}
	if got := tree(t, parent); got != "2024-11/thesis notes verbsmith-7-x/y" {
		t.Errorf("have %s", got)
	}
}

func TestMissingTempDirectoryIsNamed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	t.Setenv("TMPDIR", missing)
	if err := CheckTemp(); err == nil || !strings.Contains(err.Error(), "TMPDIR="+missing) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	t.Setenv("TMPDIR", filepath.Dir(missing))
	if err := CheckTemp(); err != nil {
		t.Error(err)
	}
}

func TestOverlap(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		outer, inner string
		want         bool
	}{
		{dir, dir, true},
		{dir, link + "/not/there", true},
		{link, dir + "/x", true},
		{dir + "/x", dir, false},
		{dir + "/x", dir + "/xy", false},
		{"/", dir, true},
	} {
		if got := Overlap(tt.outer, tt.inner); got != tt.want {
			t.Errorf("%s, %s: %v", tt.outer, tt.inner, got)
		}
	}
}
