// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/source"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// released is the time of the fixture's files.
var released = time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC)

// tag is one entry of a package's header.
type tag struct {
	number int
	kind   uint32 // 4 is int32
	values []string
}

const (
	kindString = 6
	kindArray  = 8
)

// smallTarball is a tarball that is an rdma-core by its CMakeLists.txt.
func smallTarball(t *testing.T, files map[string]string) string {
	t.Helper()
	all := map[string]string{"CMakeLists.txt": "project(rdma-core C)\nset(PACKAGE_VERSION \"56.1\")\n"}
	maps.Copy(all, files)
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	tw := tar.NewWriter(zw)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		h := &tar.Header{Name: "rdma-core-56.1/" + name, Mode: 0o644, Size: int64(len(all[name])), ModTime: released}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// sourceRPM writes a source package whose release is 3.el9.
func sourceRPM(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	sum := func(data []byte) string { s := sha256.Sum256(data); return hex.EncodeToString(s[:]) }
	var payload bytes.Buffer
	put := func(name, body string) {
		fmt.Fprintf(&payload, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
			1, 0o100644, 0, 0, 1, released.Unix(), len(body), 0, 0, 0, 0, len(name)+1, 0)
		for _, part := range []string{name + "\x00", body} {
			payload.WriteString(part)
			payload.Write(make([]byte, (4-payload.Len()%4)%4))
		}
	}
	names := slices.Sorted(maps.Keys(files))
	var digests []string
	var sizes bytes.Buffer
	for _, n := range names {
		put(n, files[n])
		digests = append(digests, sum([]byte(files[n])))
		binary.Write(&sizes, binary.BigEndian, uint32(len(files[n])))
	}
	put("TRAILER!!!", "")
	block := func(tags []tag, ints []byte) []byte {
		var index, store bytes.Buffer
		store.Write(ints)
		for _, t := range tags {
			at, count := uint32(store.Len()), uint32(len(t.values))
			if t.kind == 4 {
				at, count = 0, uint32(len(ints)/4)
			}
			binary.Write(&index, binary.BigEndian, []uint32{uint32(t.number), t.kind, at, count})
			for _, v := range t.values {
				store.WriteString(v + "\x00")
			}
		}
		out := bytes.NewBuffer([]byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0})
		binary.Write(out, binary.BigEndian, []uint32{uint32(len(tags)), uint32(store.Len())})
		return slices.Concat(out.Bytes(), index.Bytes(), store.Bytes())
	}
	main := block([]tag{
		{rpmutils.NAME, kindString, []string{"rdma-core"}},
		{rpmutils.VERSION, kindString, []string{"56.1"}},
		{rpmutils.RELEASE, kindString, []string{"3.el9"}},
		{rpmutils.VENDOR, kindString, []string{"The Distro"}},
		{rpmutils.FILESIZES, 4, nil},
		{rpmutils.FILEDIGESTS, kindArray, digests},
		{rpmutils.BASENAMES, kindArray, names},
		{rpmutils.PAYLOADDIGEST, kindArray, []string{sum(payload.Bytes())}},
	}, sizes.Bytes())
	signature := block([]tag{{rpmutils.SIG_SHA256, kindString, []string{sum(main)}}}, nil)
	lead := make([]byte, 96)
	copy(lead, []byte{0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 1})
	file := filepath.Join(t.TempDir(), name)
	data := slices.Concat(lead, signature, make([]byte, (8-len(signature)%8)%8), main, payload.Bytes())
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func packageJob(t *testing.T, given string) (*Pipeline, job.Job) {
	t.Helper()
	cache, err := stagecache.Open(filepath.Join(t.TempDir(), "stages"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := specs.OpenSums(filepath.Join(t.TempDir(), "sums"))
	if err != nil {
		t.Fatal(err)
	}
	rib, err := provider.Load(t.Context(), filepath.Join("..", "..", "..", "provider", "rib"))
	if err != nil {
		t.Fatal(err)
	}
	p := &Pipeline{
		Runner: &stage.Runner{
			CacheDir: t.TempDir(), Cache: cache, UI: ui.New(ui.Options{}), Log: slog.New(slog.DiscardHandler),
		},
		DistDir: t.TempDir(), Sums: sums, Releases: &specs.Releases{},
	}
	return p, job.Job{Target: job.RPM{Distro: specs.Distro{Name: "rocky9", EL: 9, Dist: ".el9"}}, Given: given, Provider: rib}
}

const distroSpec = `Name: rdma-core
Version: 56.1
Release: 3%{?dist}
Source: https://example.com/%{name}-%{version}.tar.gz
Source1: helper
Patch1: one.patch
%if 0%{?fedora}
Patch2: two.patch
%endif
Patch9999: three.patch

%description -n libibverbs
Drivers:
- libmlx5: Mellanox Connect-IB/X-4+ InfiniBand HCA

%prep
%autosetup -p1

%files
%{_libdir}/libibverbs/*.so
%{_sysconfdir}/libibverbs.d/*.driver

%changelog
* Mon Mar 04 2024 The Distro <distro@example.com> - 56.1-3
- Rebuild
`

func distroFiles(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"rdma-core.spec":        distroSpec,
		"rdma-core-56.1.tar.gz": smallTarball(t, map[string]string{"README": "a\nb\nc\n"}),
		"one.patch":             "--- a/README\n+++ b/README\n@@ -1,3 +1,4 @@\n+0\n a\n b\n c\n",
		"two.patch":             "no patch at all\n",
		"three.patch":           "diff --git a/new b/new\nnew file mode 100755\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n--- a/README\n+++ b/README\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n",
		"helper":                "#!/bin/sh\n",
	}
}

// distroSum is what the sums call sourceRPM's package.
const distroSum = "srpm:rdma-core-56.1-3.el9@The%20Distro"

func TestPackageSource(t *testing.T) {
	file := sourceRPM(t, "rdma-core-56.1-3.el9.src.rpm", distroFiles(t))
	p, j := packageJob(t, file)
	src, err := p.Source(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(src.Tree, "README"))
	if err != nil || string(readme) != "0\na\nB\nc\n" {
		t.Errorf("README is %q, %v: both patches for this distro, and no other", readme, err)
	}
	if st, err := os.Stat(filepath.Join(src.Tree, "new")); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("new: %v, %v", st, err)
	}
	if src.Label() != "56.1-3.el9" || src.Version != "56.1" || src.Tag != "" || src.Trust != "first use" || filepath.Base(src.Tarball) != "rdma-core-56.1.tar.gz" {
		t.Errorf("got %+v", src)
	}
	if got := strings.Join(src.Package.Patches, " "); got != "one.patch three.patch" {
		t.Errorf("patches: %s", got)
	}
	if want := time.Date(2024, 3, 4, 12, 0, 0, 0, time.UTC); !src.Epoch.Equal(want) {
		t.Errorf("dated %v, want the changelog's %v", src.Epoch, want)
	}
	if sum, ok := p.Sums.Lookup("56.1", distroSum); !ok || sum != src.Digest {
		t.Errorf("recorded %q, %v", sum, ok)
	}
	// Once more nothing is unpacked, and the sum is known.
	ran := len(p.Ran())
	if src, err = p.Source(t.Context(), j); err != nil || src.Trust != "recorded" || len(p.Ran()) != ran {
		t.Errorf("a second time: %q, %v, ran %v", src.Trust, err, p.Ran())
	}
	// Another distro reads another state.
	other := j
	other.Target = rocky10
	if o, err := p.Source(t.Context(), other); err != nil || o.State() == src.State() || o.Tree == src.Tree {
		t.Errorf("for another distro: %v, %s", err, o.Tree)
	}
	// A version that is asked for must be the package's.
	j.Version = "57.0"
	if _, err := p.Source(t.Context(), j); !errors.As(err, new(*upstream.VersionError)) {
		t.Errorf("another version: %v", err)
	}
}

func TestPackageSpec(t *testing.T) {
	p, j := packageJob(t, sourceRPM(t, "a.src.rpm", distroFiles(t)))
	src, err := p.Source(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := p.Spec(t.Context(), j, src)
	if err != nil {
		t.Fatal(err)
	}
	var added []string
	for line := range strings.SplitSeq(spec.Diff, "\n") {
		if strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "+++") {
			added = append(added, line)
		}
	}
	want := []string{
		"+Release: 3%{?dist}.rib1", "+Patch10000: rdma-core-rib.patch", "+- librib: " + j.Provider.Manifest.Description,
		"+* Mon Mar 04 2024 " + j.Provider.Manifest.Maintainer.Name + " <" + j.Provider.Manifest.Maintainer.Email + "> - 56.1-3.rib1",
		"+- Add the rib provider", "+",
	}
	if !slices.Equal(added, want) || spec.SourceFile != "rdma-core-56.1.tar.gz" {
		t.Errorf("of %s, added\n%s", spec.SourceFile, strings.Join(added, "\n"))
	}
	j.Suffix = ".vendor.2"
	if spec, err := p.Spec(t.Context(), j, src); err != nil || !strings.Contains(spec.Diff, "+Release: 3%{?dist}.vendor.2") || !strings.Contains(spec.Diff, "- 56.1-3.vendor.2") {
		t.Errorf("with a suffix of the user's: %v\n%s", err, spec.Diff)
	}
	j.Suffix, j.Provider = "", nil
	if spec, err := p.Spec(t.Context(), j, src); err != nil || spec.Diff != "" {
		t.Errorf("without a provider: %v\n%s", err, spec.Diff)
	}
}

func TestPackageSourceRefuses(t *testing.T) {
	with := func(change func(map[string]string)) map[string]string {
		files := distroFiles(t)
		change(files)
		return files
	}
	spec := func(old, replacement string) map[string]string {
		return with(func(f map[string]string) {
			f["rdma-core.spec"] = strings.Replace(f["rdma-core.spec"], old, replacement, 1)
		})
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
		as    any
	}{
		{
			"hunk", with(func(f map[string]string) { f["one.patch"] = strings.Replace(f["one.patch"], " b\n", " z\n", 1) }),
			`rdma-core.spec:17: one.patch:3: README: hunk 1: patch does not apply: want "z\n" in line 2 or elsewhere, got "b\n"`, new(*patchset.HunkError),
		},
		{
			"climbing patch", with(func(f map[string]string) {
				f["one.patch"] = strings.ReplaceAll(f["one.patch"], "/README", "/../../README")
			}),
			`rdma-core.spec:17: one.patch: patch names "../../README"`, new(*source.PrepError),
		},
		{"no patch", with(func(f map[string]string) { f["one.patch"] = "text\n" }), "one.patch: it changes no file", new(*source.PrepError)},
		{"packed patch", with(func(f map[string]string) { f["one.patch"] = "\x1f\x8b..." }), "one.patch is compressed", new(*source.FileError)},
		{"patch missing", with(func(f map[string]string) { delete(f, "one.patch") }), "one.patch is applied in line 17 of its spec", new(*source.FileError)},
		{"tarball missing", with(func(f map[string]string) { delete(f, "rdma-core-56.1.tar.gz") }), "rdma-core-56.1.tar.gz is its spec's Source0", new(*source.FileError)},
		{"tarball hostile", with(func(f map[string]string) {
			f["rdma-core-56.1.tar.gz"] = smallTarball(t, map[string]string{"../../evil": "x"})
		}), `entry "rdma-core-56.1/../../evil"`, new(*upstream.ArchiveError)},
		{"tarball of another kind", with(func(f map[string]string) { f["rdma-core-56.1.tar.gz"] = "junk" }), "is not a tar archive", new(*upstream.ArchiveError)},
		{"CRLF", with(func(f map[string]string) {
			f["rdma-core.spec"] = strings.Replace(f["rdma-core.spec"], "%prep\n", "%prep\r\n", 1)
		}), "rdma-core.spec:16: want lines that end in LF, got CRLF", new(*rpmspec.PlaceError)},
		{"large spec", with(func(f map[string]string) { f["rdma-core.spec"] += strings.Repeat("#", rpmspec.MostBytes) }), "a spec may have", new(*source.FileError)},
		{"not decided", spec("0%{?fedora}", "0%{?mystery}"), "rdma-core.spec:8: want this line outside conditionals", new(*rpmspec.PlaceError)},
		{"no prep", spec("%prep", "%build"), "a section %prep", new(*rpmspec.PlaceError)},
		{"open conditional", spec("%endif", ""), "an %endif", new(*rpmspec.PlaceError)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, j := packageJob(t, sourceRPM(t, "a.src.rpm", tt.files))
			_, err := p.Source(t.Context(), j)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, tt.as) {
				t.Fatalf("got %v (%T)\nwant %s", err, err, tt.want)
			}
			if _, ok := p.Sums.Lookup("56.1", distroSum); ok {
				t.Error("its sum was recorded")
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(p.CacheDir), "*", "stages", "v1", "source*", "*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestPackageSpecRefuses has specs of which a provider's packages could not be built.
func TestPackageSpecRefuses(t *testing.T) {
	for _, tt := range []struct{ old, replacement, want string }{
		{"%{_libdir}/libibverbs/*.so", "%{_libdir}/libibverbs/libmlx5-rdmav34.so", "a line in %files that covers libibverbs/librib-rdmav34.so"},
		{"3%{?dist}", "%autorelease", "a Release that the spec itself sets"},
		{"%autosetup -p1", "%autosetup -p1 -T -b 0\nfor i in %{patches}; do :; done", "%patch, %autopatch or %autosetup"},
	} {
		files := distroFiles(t)
		files["rdma-core.spec"] = strings.Replace(files["rdma-core.spec"], tt.old, tt.replacement, 1)
		p, j := packageJob(t, sourceRPM(t, "a.src.rpm", files))
		src, err := p.Source(t.Context(), j)
		if err == nil {
			_, err = p.Spec(t.Context(), j, src)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, new(*rpmspec.PlaceError)) {
			t.Errorf("%s: got %v", tt.replacement, err)
		}
	}
}

// TestNotSourcePackage keeps a package's patches from being left out.
func TestNotSourcePackage(t *testing.T) {
	if err := source.NotSourcePackage(artifact.Source{}, "deb"); err != nil {
		t.Errorf("a release: %v", err)
	}
	var advice *stage.AdviceError
	err := source.NotSourcePackage(artifact.Source{Package: &artifact.SourcePackage{Name: "rdma-core-56.1-3.el9"}}, "deb")
	if !errors.As(err, &advice) || !strings.Contains(err.Error(), "deb: rdma-core-56.1-3.el9.src.rpm is a distro's source package") {
		t.Errorf("got %v", err)
	}
}

func TestPackageWithTheProvider(t *testing.T) {
	files := distroFiles(t)
	files["rdma-core-rib.patch"] = files["three.patch"]
	p, j := packageJob(t, sourceRPM(t, "a.src.rpm", files))
	src, err := p.Source(t.Context(), j)
	if err != nil {
		t.Fatal(err)
	}
	var advice *stage.AdviceError
	if _, err := p.Integrate(t.Context(), j, src); !errors.As(err, &advice) || !strings.Contains(err.Error(), "has the provider's patch already") {
		t.Errorf("got %v", err)
	}
}
