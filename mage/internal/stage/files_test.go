// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// Files and links are listed by their names; a pipe is neither.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	if err := stage.KeepFiles([]stage.File{{Name: "b/two", Data: []byte("2")}, {Name: "a", Data: []byte("1")}}, dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("b/two", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := stage.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		line, err := f.Describe(new(stagecache.Verifier))
		if err != nil {
			t.Fatal(err)
		}
		sum, rest, _ := strings.Cut(line, " ")
		if len(sum) != 64 {
			t.Errorf("%q begins with no SHA-256", line)
		}
		got = append(got, rest+f.Link)
	}
	if len(got) != 3 || got[0] != "644 a" || got[1] != "644 b/two" || !strings.HasSuffix(got[2], " linkb/two") {
		t.Errorf("got %q", got)
	}
	if _, err := stage.Files(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there was listed")
	}
}

// A stream that cannot be written ends with the reason, on the reader's side.
func TestStream(t *testing.T) {
	r := stage.Stream(stage.Tar([]stage.File{{Name: "x", Path: filepath.Join(t.TempDir(), "gone")}}))
	if _, err := io.Copy(io.Discard, r); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("got %v", err)
	}
	if n, err := io.Copy(io.Discard, stage.Stream(stage.Tar([]stage.File{{Name: "l", Link: "x"}}))); n == 0 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// What goes into a directory of the builder's is the builder's.
func TestBuilderInput(t *testing.T) {
	in := stage.BuilderInput("/builder/src", []stage.File{{Name: "x"}})
	if in.Path != "/builder/src" || in.UID != stage.BuilderUID || in.GID != stage.BuilderUID || in.Write(io.Discard) != nil {
		t.Errorf("got %+v", in)
	}
}

// collected is a dist with packages of both kinds.
func collected(t *testing.T, suite string, names ...string) artifact.Dist {
	t.Helper()
	d := artifact.Dist{Dir: t.TempDir(), Manifest: artifact.Manifest{Suite: suite}}
	for _, name := range names {
		file := filepath.Join(d.Dir, name)
		if strings.HasSuffix(name, ".rpm") {
			rpmtest.WriteNamed(t, file, strings.TrimSuffix(filepath.Base(name), "-1-1.noarch.rpm"))
		} else if err := os.WriteFile(file, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		d.Manifest.Files = append(d.Manifest.Files, artifact.Output{Path: name})
	}
	return d
}

func TestInstallable(t *testing.T) {
	for _, tt := range []struct {
		suite       string
		have        []string
		names, want []string
	}{
		{
			"",
			[]string{"RPMS/tiny-1-1.noarch.rpm", "RPMS/tiny-debuginfo-1-1.noarch.rpm", "RPMS/tiny-debugsource-1-1.noarch.rpm"},
			[]string{"tiny"},
			[]string{"rpms/tiny-1-1.noarch.rpm"},
		},
		{
			"trixie",
			[]string{"tiny_1_all.deb", "tiny-dbgsym_1_all.deb", "tiny_1.changes"},
			[]string{"tiny"},
			[]string{"debs/tiny_1_all.deb"},
		},
	} {
		d := collected(t, tt.suite, tt.have...)
		files, names, err := stage.Installable(d)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, f.Name)
		}
		if !slices.Equal(names, tt.names) || !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q as %q, want %q as %q", tt.have, names, got, tt.names, tt.want)
		}
	}
}

// The key of what installs packages is their content, whatever the manifest says of them.
func TestInstallableKey(t *testing.T) {
	d := collected(t, "trixie", "tiny_1_all.deb", "tiny-dbgsym_1_all.deb")
	sum := func(d artifact.Dist) string {
		t.Helper()
		files, _, err := stage.Installable(d)
		key := stage.Key("install", struct{ Files []stage.File }{files})
		if err != nil || key.Sum() == "" {
			t.Fatalf("the key is %q, %v, %v", key.Sum(), key.Err(), err)
		}
		return key.Sum()
	}
	before := sum(d)
	d.Manifest.Key, d.Manifest.Files[0].SHA256 = "other", "other"
	if err := os.WriteFile(filepath.Join(d.Dir, "tiny-dbgsym_1_all.deb"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if sum(d) != before {
		t.Error("the manifest or debugging data is in the key")
	}
	if err := os.WriteFile(filepath.Join(d.Dir, "tiny_1_all.deb"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if sum(d) == before {
		t.Error("the packages are not in the key")
	}
}

// A volume of this cache is known by its name, and that of another cache is none.
func TestIsVolumeOf(t *testing.T) {
	r := &stage.Runner{CacheDir: "/cache"}
	for name, want := range map[string]bool{
		r.Volume("tree"): true, (&stage.Runner{CacheDir: "/other"}).Volume("tree"): false, "my" + r.Volume("tree"): false, "verbsmith-tree": false,
	} {
		if got := stage.IsVolumeOf("/cache", name); got != want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
