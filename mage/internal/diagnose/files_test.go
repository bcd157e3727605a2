// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// made are files of an image or a package: path -> content.
type made map[string][]byte

// archive is a tar archive with the files.
func (m made) archive(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for name, data := range m {
		if err := w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(name, "/"), Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deb writes a Debian package with the files.
func (m made) deb(t *testing.T, name, arch string) string {
	t.Helper()
	control := made{"control": fmt.Appendf(nil, "Package: %s\nArchitecture: %s\n", name, arch)}
	out := bytes.NewBufferString("!<arch>\n")
	for _, part := range []struct {
		name string
		data []byte
	}{{"debian-binary", []byte("2.0\n")}, {"control.tar", control.archive(t)}, {"data.tar", m.archive(t)}} {
		fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", part.name, 0, 0, 0, "100644", len(part.data))
		out.Write(part.data)
	}
	file := filepath.Join(t.TempDir(), name+"_1_"+arch+".deb")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// fakeImage is a request for an image that an engine has.
func fakeImage(t *testing.T, m made) Request {
	t.Helper()
	return Request{Image: "made:1", Export: func(_ context.Context, read func(io.Reader) error) error {
		return read(bytes.NewReader(m.archive(t)))
	}}
}

func verbs(abi int) made { return made{libDir + "/" + soName: verbsLibrary(abi, providerDir).bytes()} }

func rib(abi int) made {
	return made{
		fmt.Sprintf("%s/librib-rdmav%d.so", providerDir, abi): module(abi, ribOps...).bytes(),
		ribDriver: []byte("driver rib\n"),
	}
}

func (m made) and(others made) made {
	all := made{}
	for _, of := range []made{m, others} {
		maps.Copy(all, of)
	}
	return all
}

// tree writes the files below a directory.
func (m made) tree(t *testing.T) Request {
	t.Helper()
	dir := t.TempDir()
	for name, data := range m {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Request{Root: dir}
}

// words joins the lines that a text was cut into.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// Files without devices are asked about their providers.
func TestFiles(t *testing.T) {
	needy := module(34, ribOps...)
	needy.needed = append(needy.needed, "libacme.so.3")
	needyRib := made{providerDir + "/librib-rdmav34.so": needy.bytes(), ribDriver: []byte("driver rib\n")}
	unnamed := verbs(34).and(rib(34))
	delete(unnamed, ribDriver)
	unnamed["/etc/libibverbs.d/README"] = []byte("# none\n")
	alone := Request{Alone: true}
	for _, tt := range []struct {
		name     string
		request  Request
		packages []string
		status   Status
		text     string // in the text
	}{
		{"an image", fakeImage(t, verbs(34).and(rib(34))), nil, 0, "all providers load (1)"},
		{"an image without libibverbs", fakeImage(t, rib(34)), nil, 2, "there is no libibverbs to ask about\n  there is no libibverbs.so.1\n"},
		{"an image without providers", fakeImage(t, verbs(34)), nil, 2, "there is no provider to ask about"},
		{"an image whose provider lacks a library", fakeImage(t, verbs(34).and(needyRib)), nil, 1, "  rib: librib-rdmav34.so needs libacme.so.3, which is not there\n"},
		{"an image with another provider", fakeImage(t, verbs(34).and(rib(57))), nil, 1, "/librib-rdmav57.so is for private ABI 57; /usr/lib64/libibverbs.so.1 has 34"},
		{"a provider that nothing names", fakeImage(t, unnamed), nil, 1, "no file in /etc/libibverbs.d names driver rib"},
		{"an empty file", fakeImage(t, verbs(34).and(rib(34)).and(made{"/etc/libibverbs.d/x.driver": nil})), nil, 1, "x.driver is empty"},
		{"a module of another libibverbs that nothing names", fakeImage(t, verbs(34).and(rib(34)).and(made{providerDir + "/libx-rdmav57.so": module(57).bytes()})), nil, 0, "all providers load (1)"},
		{"a tree", verbs(34).and(rib(34)).tree(t), nil, 0, "all providers load (1)"},
		{"packages", alone, []string{verbs(34).deb(t, "libibverbs1", "amd64"), rib(34).deb(t, "rib", "amd64")}, 0, "all providers load (1)"},
		{"packages that need more", alone, []string{verbs(34).deb(t, "libibverbs1", "amd64"), needyRib.deb(t, "rib", "amd64")}, 0, "required from elsewhere: not in the packages, and not asked\n  libacme.so.3\n"},
		{"packages of two ABIs", alone, []string{verbs(34).deb(t, "libibverbs1", "amd64"), rib(57).deb(t, "rib", "amd64")}, 1, "librib-rdmav57.so is for private ABI 57"},
		{"a provider's package", alone, []string{rib(34).deb(t, "rib", "amd64")}, 2, "  libibverbs.so.1: IBVERBS_PRIVATE_34\n"},
		{"it over an older libibverbs", verbs(34).tree(t), []string{rib(57).deb(t, "rib", "amd64")}, 1, "librib-rdmav57.so is for private ABI 57; /usr/lib64/libibverbs.so.1 has 34"},
		{"it over its libibverbs", verbs(57).tree(t), []string{rib(57).deb(t, "rib", "amd64")}, 0, "all providers load (1)"},
		{"it in an image", fakeImage(t, verbs(57)), []string{rib(57).deb(t, "rib", "amd64")}, 0, "all providers load (1)"},
		{"a library that nobody has", verbs(34).tree(t), []string{needyRib.deb(t, "rib", "amd64")}, 1, "needs libacme.so.3, which is not there"},
		{"a library in a directory of ld.so.conf", verbs(34).tree(t), []string{needyRib.and(made{
			"/etc/ld.so.conf": []byte("/opt/acme/lib\n"), "/opt/acme/lib/libacme.so.3": elfFile{soname: "libacme.so.3"}.bytes(),
		}).deb(t, "rib", "amd64")}, 0, "all providers load (1)"},
	} {
		s, err := Open(t.Context(), tt.request)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Ask(t.Context(), tt.packages)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var out strings.Builder
		if err := r.WriteText(&out, 0); err != nil || r.Status != tt.status || r.About != AboutProviders || !strings.Contains(words(out.String()), words(tt.text)) {
			t.Errorf("%s: status %d, want %d, and %q in\n%s", tt.name, r.Status, tt.status, tt.text, &out)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Two packages of one name, or for two machines, are no installation; neither are two trees.
func TestContradictions(t *testing.T) {
	for want, packages := range map[string][]string{
		"both package rib": {rib(34).deb(t, "rib", "amd64"), rib(57).deb(t, "rib", "amd64")},
		"is for arm64, and packages before it are for amd64": {rib(34).deb(t, "rib", "amd64"), verbs(34).deb(t, "libibverbs1", "arm64")},
	} {
		s, err := Open(t.Context(), Request{Alone: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Ask(t.Context(), packages); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := Open(t.Context(), Request{Root: "/", Image: "x"}); err == nil {
		t.Error("two trees: no error")
	}
}

// An image is asked with the devices of this machine.
func TestDevicesOfThisMachine(t *testing.T) {
	image, here := newMachine(t), newMachine(t)
	image.noDevice()
	files := deviceFS{image.tree().files, here.tree().files}
	r, err := Ask(t.Context(), Options{Tree: NewTree(files), Live: &Live{Env: map[string]string{}, Kernel: here.live.Kernel}, Origin: FromImage})
	if err != nil || len(r.Devices) != 1 || r.Devices[0].Provider != "rib" {
		t.Errorf("%+v, %v", r, err)
	}
	names, err := fs.ReadDir(files, "etc/libibverbs.d")
	if err != nil || !slices.ContainsFunc(names, func(e fs.DirEntry) bool { return e.Name() == "rib.driver" }) {
		t.Errorf("%v, %v", names, err)
	}
}
