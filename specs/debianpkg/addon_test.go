// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// addonOf is the add-on of a plug-in.
func addonOf() *Addon {
	return &Addon{
		Package: AddonPackage("My_rdma"), Provider: "My_rdma", Folders: "providers/My_rdma", Description: "Cards of mine",
		Name: "A B", Email: "a@b.example", Release: "45.0", PrivateABI: 34, From: "45.0", Below: "57.0", Suite: "bookworm", Suffix: "+deb12",
		BuildDepends: []string{"libnuma-dev (>= 2.0)"}, Date: time.Unix(1700000000, 0), Copyright: []byte("Files: *\n"), Patch: "a.patch",
	}
}

// said are the files of debian/ as one text.
func said(t *testing.T, a *Addon) string {
	t.Helper()
	files, err := a.Files()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for name, data := range files {
		all.WriteString("== " + name + "\n" + string(data))
	}
	return all.String()
}

// The package is named, dated and bound to the versions of libibverbs1 that it was built for.
func TestAddonFiles(t *testing.T) {
	plain := said(t, addonOf())
	for _, want := range []string{
		"== shlibs.local\nlibibverbs 1 libibverbs1 (>= 45.0), libibverbs1 (<< 57.0~)\n",
		"rdma-core-provider-my-rdma (45.0-1+abi34+deb12) bookworm; urgency=medium\n",
		" -- A B <a@b.example>  Tue, 14 Nov 2023 22:13:20 +0000\n",
		"Source: rdma-core-provider-my-rdma\n", "\nPackage: rdma-core-provider-my-rdma\n", "\nMulti-Arch: same\n",
		"Depends: ${misc:Depends}, ${shlibs:Depends}\n", ",\n               libnuma-dev (>= 2.0)\n", " libMy_rdma: Cards of mine\n",
		"PACKAGE = rdma-core-provider-my-rdma\nFOLDERS = providers/My_rdma\nPAGES = 0\nLIBRARY = 0\n",
		"== copyright\nFiles: *\n\nFiles: debian/addon.sh\n", "== patches/series\na.patch\n", "== source/format\n3.0 (quilt)\n",
		"== rdma-core-provider-my-rdma.docs\ndebian/doc/*\n",
	} {
		if !strings.Contains(plain, want) {
			t.Errorf("want %q in\n%s", want, plain)
		}
	}
	for _, no := range []string{"pandoc", "-dev\nSection", "Conflicts"} {
		if strings.Contains(plain, no) {
			t.Errorf("a plug-in without pages has %q", no)
		}
	}
	a := addonOf()
	a.Pages, a.OneArchitecture, a.Library = true, true, &Library{Name: "My_rdma2", SoMajor: "1"}
	whole := said(t, a)
	for _, want := range []string{
		"pandoc,\n               python3-docutils,\n", "Provides: libmy-rdma2-1\nConflicts: libmy-rdma2-1\n", "LIBRARY = 1\n",
		"\n\nPackage: rdma-core-provider-my-rdma-dev\n", "Depends: rdma-core-provider-my-rdma (= ${binary:Version}), libibverbs-dev, ${misc:Depends}\n",
	} {
		if !strings.Contains(whole, want) {
			t.Errorf("want %q in\n%s", want, whole)
		}
	}
	if strings.Contains(whole, "Architecture: linux-any\nMulti-Arch: same\nDepends: ${misc") {
		t.Error("a package with a program for one architecture says that architectures share it")
	}
	if got := string(a.Control()); !strings.Contains(got, "pandoc") || strings.Contains(got, "Package:") {
		t.Errorf("the toolchain's control file is\n%s", got)
	}
}

// What would make another line or another version is refused.
func TestAddonRefusesValues(t *testing.T) {
	for what, change := range map[string]func(*Addon){
		"description":    func(a *Addon) { a.Description = "one\nPackage: two" },
		"maintainer":     func(a *Addon) { a.Name = "A <x" },
		"release":        func(a *Addon) { a.Release = "45-0" },
		"version suffix": func(a *Addon) { a.Suffix = "+deb12 x" },
	} {
		a := addonOf()
		change(a)
		_, err := a.Files()
		if wrong, ok := errors.AsType[*ValueError](err); !ok || wrong.What != what {
			t.Errorf("%s: got %v", what, err)
		}
	}
}
