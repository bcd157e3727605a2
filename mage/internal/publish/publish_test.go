// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/signing"
	"github.com/resnics/verbsmith/mage/internal/signing/signingtest"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

var (
	born = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	now  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

// keyOf makes a key.
func keyOf(t *testing.T, lasts time.Duration) *signing.Key {
	t.Helper()
	key, err := signing.Open(context.Background(), signingtest.Write(t, signingtest.Key{Bits: 2048, Made: born, Lasts: lasts}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func ringOf(t *testing.T, key *signing.Key, at time.Time) *signing.Ring {
	t.Helper()
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	ring, err := signing.ReadRing(KeyFile, public, at)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// candidate makes a directory with packages: files ending in .rpm with that text in their file lists, and others with that text.
func candidate(t *testing.T, name string, kind artifact.Kind, packages map[string]string) Candidate {
	t.Helper()
	dir := filepath.Join(t.TempDir(), filepath.FromSlash(name))
	c := Candidate{
		Name: name, Title: "Test", RecordSum: strings.Repeat("0", 60) + fmt.Sprintf("%04d", len(packages)), Tested: true, Passed: 13,
		Reproduced: "rebuild",
		Added:      map[string][]string{"libibverbs": {"/usr/lib64/libibverbs/librib-rdmav34.so"}},
		Dist:       artifact.Dist{Dir: dir, Manifest: artifact.Manifest{Provider: "rib", Release: "56.1"}},
		Record: artifact.Record{
			Format: artifact.RecordFormat, Verbsmith: "v1.0.0", Kind: kind, Release: "56.1",
			Source:      artifact.RecordedSource{Name: "rdma-core-56.1.tar.gz", Digest: strings.Repeat("a", 64), Tag: "v56.1", Trust: "pinned"},
			Provider:    &artifact.RecordedProvider{Name: "rib", SHA256: strings.Repeat("b", 64)},
			Environment: map[string]string{"SOURCE_DATE_EPOCH": "1743662670"},
			BuildRoot:   artifact.BuildRoot{RPM: []artifact.Installed{{Package: "bash-0:5.1-2.el9.x86_64", SHA256: strings.Repeat("c", 64)}}},
		},
		Evidence: []stage.File{{Name: "junit.xml", Data: []byte("<testsuites/>\n")}},
	}
	if kind.Debian() {
		c.Record.Suite = "bookworm"
	} else {
		c.Record.Distro = "rocky9"
	}
	for _, file := range slices.Sorted(maps.Keys(packages)) {
		text := packages[file]
		to := filepath.Join(dir, filepath.FromSlash(file))
		if strings.HasSuffix(file, ".rpm") {
			rpmtest.WriteNamed(t, to, strings.TrimSuffix(path.Base(file), ".rpm"), text)
		} else if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		sum, err := stage.Sum(to)
		if err != nil {
			t.Fatal(err)
		}
		c.Record.Outputs = append(c.Record.Outputs, artifact.Digest{Path: file, SHA256: sum})
	}
	return c
}

// madeMetadata makes what createrepo_c and apt-ftparchive make, as far as it is read here.
func madeMetadata(t *testing.T) func(*draft, Index) error {
	t.Helper()
	write := func(d *draft, name, text string) string {
		if err := d.write(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		sum, err := stage.Sum(filepath.Join(d.dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	return func(d *draft, x Index) error {
		folder := "rpm/rocky9/x86_64"
		var list, packages strings.Builder
		list.WriteString("<metadata>")
		for _, b := range x.Builds {
			for _, p := range b.Packages {
				if name, ok := strings.CutPrefix(p.Path, folder+"/"); ok {
					fmt.Fprintf(&list, "<package><checksum type='sha256'>%s</checksum><location href=%q/></package>", p.SHA256, name)
				}
				if strings.HasSuffix(p.Path, ".deb") {
					fmt.Fprintf(&packages, "Package: %s\nFilename: %s\nSHA256: %s\n\n", p.Name, strings.TrimPrefix(p.Path, "deb/"), p.SHA256)
				}
			}
		}
		list.WriteString("</metadata>")
		var zip bytes.Buffer
		w := gzip.NewWriter(&zip)
		if _, err := w.Write([]byte(list.String())); err != nil || w.Close() != nil {
			t.Fatal("gzip")
		}
		file := fmt.Sprintf("repodata/%d-primary.xml.gz", x.Serial)
		sum := write(d, folder+"/"+file, zip.String())
		write(d, folder+"/repodata/repomd.xml", fmt.Sprintf(
			"<repomd><data type='primary'><checksum type='sha256'>%s</checksum><location href=%q/></data></repomd>", sum, file))
		sum = write(d, "deb/dists/bookworm/main/binary-amd64/Packages", packages.String())
		write(d, "deb/dists/bookworm/Release", fmt.Sprintf("Suite: bookworm\nSHA256:\n %s %d main/binary-amd64/Packages\n", sum, packages.Len()))
		return nil
	}
}

// order releases candidates into a directory.
func order(t *testing.T, into string, key *signing.Key, change func(*Order), adds ...Candidate) (Outcome, error) {
	t.Helper()
	o := Order{Into: into, URL: "https://packages.example.com/rdma/", Key: key, Adds: adds, Now: now}
	if change != nil {
		change(&o)
	}
	var p Publisher
	return p.release(context.Background(), o, func(string) {}, madeMetadata(t))
}

func rpms(t *testing.T) Candidate {
	t.Helper()
	return candidate(t, "rocky9/rdma-core-56.1", artifact.RPMs,
		map[string]string{"RPMS/libibverbs.rpm": "/usr/lib64/libibverbs.so.1", "RPMS/libibverbs-utils.rpm": "/usr/bin/ibv_devices"})
}

func debs(t *testing.T) Candidate {
	t.Helper()
	c := candidate(t, "debian-bookworm/rdma-core-56.1", artifact.Debs,
		map[string]string{"ibverbs-providers_56.1-1_amd64.deb": "deb", "rdma-core_56.1-1.dsc": "dsc", "rdma-core_56.1.orig.tar.gz": "tar"})
	c.Title = "Debian"
	return c
}

// released is a directory with RPMs and Debian's packages.
func released(t *testing.T, key *signing.Key) string {
	t.Helper()
	into := filepath.Join(t.TempDir(), "release")
	if _, err := order(t, into, key, nil, rpms(t), debs(t)); err != nil {
		t.Fatal(err)
	}
	return into
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := stage.Files(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		data, err := os.ReadFile(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(data)
	}
	return all
}

func TestReleaseIsTheSameTwice(t *testing.T) {
	key := keyOf(t, 0)
	one, two := tree(t, released(t, key)), tree(t, released(t, key))
	for name, text := range one {
		if two[name] != text {
			t.Errorf("%s differs", name)
		}
	}
	if len(one) != len(two) || len(one) == 0 {
		t.Errorf("%d files and %d", len(one), len(two))
	}
}

func TestReleaseAdds(t *testing.T) {
	key := keyOf(t, 0)
	into := released(t, key)
	before := tree(t, into)
	out, err := order(t, into, key, nil, rpms(t))
	if err != nil || len(out.Added) != 0 || len(out.Present) != 1 || out.Signed {
		t.Fatalf("the same packages again: %+v, %v", out, err)
	}
	if after := tree(t, into); len(after) != len(before) || after[SignedSums] != before[SignedSums] {
		t.Error("the same packages again changed the directory")
	}

	other := candidate(t, "rocky9/rdma-core-57.0", artifact.RPMs, map[string]string{"RPMS/rdma-core.rpm": "/etc/rdma"})
	if out, err = order(t, into, key, nil, other); err != nil || len(out.Added) != 1 || out.Index.Serial != 2 {
		t.Fatalf("another build: %+v, %v", out, err)
	}
	after := tree(t, into)
	for name, text := range before {
		if got, there := after[name]; (strings.HasSuffix(name, ".rpm") || strings.HasSuffix(name, "primary.xml.gz")) && (!there || got != text) {
			t.Errorf("%s was changed or is gone", name)
		}
	}
	if _, err := Check(t.Context(), into, Trust{Ring: ringOf(t, key, now), Serial: 2}); err != nil {
		t.Error(err)
	}

	if out, err = order(t, into, key, func(o *Order) { o.Valid = time.Hour }); err != nil || !out.Signed || out.Index.Serial != 3 {
		t.Fatalf("the same with signatures that end: %+v, %v", out, err)
	}
	after = tree(t, into)

	changed := candidate(t, "rocky9/rdma-core-56.1", artifact.RPMs, map[string]string{"RPMS/libibverbs.rpm": "/usr/lib64/other"})
	before = after
	_, err = order(t, into, key, nil, changed)
	if _, ok := errors.AsType[*ConflictError](err); !ok {
		t.Errorf("other bytes under the same name: got %v", err)
	}
	if after := tree(t, into); after[SignedSums] != before[SignedSums] || len(after) != len(before) {
		t.Error("a refused release changed the directory")
	}
	left, err := os.ReadDir(filepath.Dir(into))
	if err != nil || len(left) != 1 {
		t.Errorf("something half written stays: %v, %v", left, err)
	}
}

func TestReleaseRefuses(t *testing.T) {
	key := keyOf(t, 0)
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := order(t, foreign, key, nil, rpms(t)); !errors.Is(err, errNotEmpty) {
		t.Errorf("somebody's directory: got %v", err)
	}
	_, err := order(t, filepath.Join(t.TempDir(), "new"), key, func(o *Order) { o.URL = "" }, rpms(t))
	if _, ok := errors.AsType[*missing](err); !ok {
		t.Errorf("no URL: got %v", err)
	}
	into := released(t, key)
	_, err = order(t, into, keyOf(t, 0), nil, rpms(t))
	if _, ok := errors.AsType[*IndexError](err); !ok {
		t.Errorf("another key: got %v", err)
	}
	name := filepath.Join(into, "rpm/rocky9/x86_64/libibverbs.rpm")
	damage(t, name, -1)
	other := candidate(t, "rocky9/rdma-core-57.0", artifact.RPMs, map[string]string{"RPMS/rdma-core.rpm": "/etc/rdma"})
	_, err = order(t, into, key, nil, other)
	if _, ok := errors.AsType[*TamperedError](err); !ok {
		t.Errorf("a damaged release was signed again: %v", err)
	}
}

// TestReleaseChecksItself: metadata that do not have all packages are not published.
func TestReleaseChecksItself(t *testing.T) {
	made := madeMetadata(t)
	for name, change := range map[string]func(*Index){
		"does not list": func(x *Index) { x.Builds[0].Packages = x.Builds[0].Packages[1:] },
		"lists another": func(x *Index) { x.Builds[0].Packages[0].SHA256 = strings.Repeat("0", 64) },
		"was not released": func(x *Index) {
			other := x.Builds[0].Packages[0]
			other.Path = path.Dir(other.Path) + "/other.rpm"
			x.Builds[0].Packages = append(x.Builds[0].Packages, other)
		},
	} {
		o := Order{Into: filepath.Join(t.TempDir(), "new"), URL: "https://a.example.com", Key: keyOf(t, 0), Adds: []Candidate{rpms(t)}, Now: now}
		var p Publisher
		_, err := p.release(context.Background(), o, func(string) {}, func(d *draft, x Index) error {
			x.Builds = slices.Clone(x.Builds)
			x.Builds[0].Packages = slices.Clone(x.Builds[0].Packages)
			change(&x)
			return made(d, x)
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, got %v", name, err)
		}
		if _, err := os.Stat(o.Into); err == nil {
			t.Errorf("%s: it was published", name)
		}
	}
}

func TestPrune(t *testing.T) {
	key := keyOf(t, 0)
	into := released(t, key)
	out, err := order(t, into, key, func(o *Order) { o.Keep = 1 })
	if err != nil || len(out.Pruned) != 0 {
		t.Fatalf("nothing is old: %+v, %v", out, err)
	}
	x, err := ReadIndex(into)
	if err != nil {
		t.Fatal(err)
	}
	d := &draft{dir: t.TempDir(), into: into}
	old := x.Builds[0]
	newer := old
	newer.Name, newer.Packages = "rocky9/newer", append([]Package(nil), old.Packages...)
	for i := range newer.Packages {
		newer.Packages[i].Path, newer.Packages[i].Version = "newer-"+newer.Packages[i].Name, "99-1"
	}
	x.Builds = []Build{old, newer}
	pruned, err := d.prune(&x, 1)
	if err != nil || len(pruned) != len(old.Packages) || len(x.Builds) != 1 || x.Builds[0].Name != newer.Name {
		t.Errorf("pruned %v, left %+v, %v", pruned, x.Builds, err)
	}
}

// damage changes a byte of a file; a negative one is counted from the end.
func damage(t *testing.T, file string, at int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if at < 0 {
		at += len(data)
	}
	data[at] ^= 1
	replace(t, file, data)
}

func replace(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, data, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// A customer installs what is for his processor: the newest of that, even if something newer is there for another one.
func TestNewestForThisProcessor(t *testing.T) {
	build := func(name, arch string) Build {
		return Build{Name: name, Repository: "deb/bookworm", Kind: artifact.Debs, Packages: []Package{
			{Name: "ibverbs-utils", Version: name, Arch: arch, Path: "deb/pool/bookworm/ibverbs-utils_" + name + "_" + arch + ".deb"},
		}}
	}
	for _, tt := range []struct {
		builds []Build
		arch   string
		names  int
	}{
		{[]Build{build("56.1-1", "amd64"), build("57.0-1", "arm64")}, "amd64", 1},
		{[]Build{build("57.0-1", "arm64")}, "amd64", 0},
		{[]Build{build("57.0-1", "arm64")}, "arm64", 1},
	} {
		names, why := newest(Index{Builds: tt.builds}, "deb/bookworm", artifact.Base{}, tt.arch)
		if len(names) != tt.names || (why == "") != (tt.names > 0) {
			t.Errorf("got %q, %q, want %d", names, why, tt.names)
		}
	}
}
