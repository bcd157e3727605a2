// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
)

// memory is a tree in memory.
type memory map[string]string

func (m memory) ReadFile(name string) ([]byte, error) {
	data, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(data), nil
}

func (m memory) WriteFile(name string, data []byte) error {
	m[name] = string(data)
	return nil
}

// zoo is a debian/ of small providers, in the form of upstream's.
func zoo() memory {
	return memory{
		Control: "Source: rdma-core\nMaintainer: A <a@b.c>\n\nPackage: ibverbs-providers\nArchitecture: linux-any\n" +
			"Depends: ${misc:Depends}\nProvides: libant1, libmoth1\nDescription: drivers\n Words: more.\n .\n" +
			"  - ant: Small HCAs\n  - bee: Flying\n    and buzzing\n  - moth: Nightly\n\n" +
			"Package: libibverbs-dev\nDescription: files\n  - ant: not a driver list\n",
		Copyright: "Format: x\n\nFiles: *\nCopyright: A\nLicense: BSD-MIT or GPL-2\n\nFiles: debian/*\nCopyright: B\nLicense: GPL-2+\n Text of it.\n\n" +
			"Files: providers/ant/*\nCopyright: 2001, A\n           2002, B\nLicense: BSD-MIT\n\n" +
			"Files: providers/moth/*\nCopyright: C\nLicense: GPL-2\n\nFiles: providers/moth/man/*.3\nCopyright: C\nLicense: BSD-MIT\n\n" +
			"Files: util/*\nCopyright: A\nLicense: GPL-2\n\nLicense: BSD-MIT\n Be kind.\n\nLicense: GPL-2\n Share.\n",
		Runtime: "etc/libibverbs.d/\nusr/lib/*/libant.so.*\nusr/lib/*/libibverbs/lib*-rdmav*.so\nusr/lib/*/libmoth.so.*\n",
		Symbols: "libmoth.so.1 ibverbs-providers #MINVER#\n* Build-Depends-Package: libibverbs-dev\n MOTH_1.0@MOTH_1.0 15\n mothdv_fly@MOTH_1.0 15\n" +
			"libant.so.1 ibverbs-providers #MINVER#\n* Build-Depends-Package: libibverbs-dev\n ANT_1.0@ANT_1.0 20\n antdv_dig@ANT_1.0 20\n",
		Overrides: "# libant and libmoth are ibverbs provider that provides more functions.\n" +
			"ibverbs-providers: package-name-doesnt-match-sonames libant1 libmoth1\n",
		Development: "usr/include/infiniband/antdv.h\nusr/include/infiniband/verbs.h\nusr/lib/*/lib*-rdmav*.a\nusr/lib/*/libant.a\nusr/lib/*/libant.so\n" +
			"usr/lib/*/pkgconfig/libant.pc\nusr/share/man/man3/antdv_*.3\nusr/share/man/man3/ibv_*\nusr/share/man/man7/antdv.7\n",
		Boot: "etc/modprobe.d/ant.conf\nlib/udev/rules.d/60-rdma.rules\nusr/sbin/rdma-ndd\n",
		Rules: "#!/usr/bin/make -f\nX := \"-DCMAKE_INSTALL_SYSCONFDIR:PATH=/etc\" \"-DCMAKE_INSTALL_UDEV_RULESDIR:PATH=/lib/udev/rules.d\"\noverride_dh_auto_install:\nifeq (x,y)\n" +
			"\tsed -i '/ant\\|moth[45]/d' debian/ibverbs-providers.install debian/libibverbs-dev.install debian/rdma-core.install\nendif\n",
		ChangeLog: "rdma-core (56.1-1) unstable; urgency=low\n\n  * New upstream release.\n\n -- A <a@b.c>  Tue, 21 Jan 2025 12:50:59 +0100\n",
	}
}

// crab is a plug-in; dv gives it a library.
func crab() *Provider {
	return &Provider{
		Name: "crab", Description: "Sideways", Copyright: []string{"2020, Sea", "2021, Shore"}, License: "BSD-MIT or GPL-2",
		CoherentDMA: true, Release: "56.1",
	}
}

func dv() *Provider {
	p := crab()
	p.Library = &Library{
		Name: "crab", SoMajor: "1", Nodes: []string{"CRAB_1.0", "CRAB_1.1"},
		Symbols: []Symbol{{Name: "crabdv_walk", Node: "CRAB_1.0"}, {Name: "crabdv_run", Node: "CRAB_1.1"}},
		Headers: []string{"crabdv.h"}, PkgConfig: true,
	}
	p.ManPages = []ManPage{{Section: 7, Name: "crabdv"}, {Section: 3, Name: "crabdv_walk"}, {Section: 3, Name: "crabdv_run"}}
	return p
}

// integrated makes the edits, and once more, which must change nothing.
func integrated(t *testing.T, tree memory, p *Provider) memory {
	t.Helper()
	if _, err := Integrate(tree, p); err != nil {
		t.Fatal(err)
	}
	once := maps.Clone(tree)
	edits, err := Integrate(tree, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		if !e.Already {
			t.Errorf("a second time changes %s: %s", e.File, e.What)
		}
	}
	if !maps.Equal(once, tree) {
		t.Error("a second time writes something else")
	}
	return tree
}

// want compares the lines that a file has more than before, and checks that it
// has lost none but those that are replaced.
func want(t *testing.T, tree memory, file string, replaced []string, added ...string) {
	t.Helper()
	before, after := zoo()[file], tree[file]
	var got []string
	rest := strings.SplitAfter(before, "\n")
	for _, l := range strings.SplitAfter(after, "\n") {
		for len(rest) > 0 && contains(replaced, rest[0]) {
			rest = rest[1:]
		}
		if len(rest) > 0 && rest[0] == l {
			rest = rest[1:]
			continue
		}
		got = append(got, strings.TrimSuffix(l, "\n"))
	}
	if strings.Join(got, "\n") != strings.Join(added, "\n") || len(rest) > 0 {
		t.Errorf("%s: added\n%s\nwant\n%s\nlost %q\nin\n%s", file, strings.Join(got, "\n"), strings.Join(added, "\n"), rest, after)
	}
}

func contains(list []string, l string) bool {
	for _, r := range list {
		if r+"\n" == l {
			return true
		}
	}
	return false
}

// place wants a *PlaceError with these words.
func place(t *testing.T, err error, words ...string) {
	t.Helper()
	if _, ok := errors.AsType[*PlaceError](err); !ok {
		t.Fatalf("got %T: %v, want a *PlaceError", err, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
}

func sortedNames() []string { return slices.Sorted(maps.Keys(zoo())) }
