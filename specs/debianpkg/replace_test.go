// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

// ants returns the zoo's ant as a release has it, and one that replaces it with
// nothing but another header and symbol.
func ants() (old, now *Provider) {
	old = &Provider{
		Name: "ant", Library: &Library{
			Name: "ant", SoMajor: "1", Nodes: []string{"ANT_1.0"}, Symbols: []Symbol{{"antdv_dig", "ANT_1.0"}, {"antdv_declared", "ANT_1.0"}},
			Headers: []string{"antdv.h"}, PkgConfig: true,
		},
		ManPages:  []ManPage{{3, "antdv_dig"}, {3, "antdv_hide"}, {7, "antdv"}, {3, "ibv_ant"}},
		Installed: []Installed{{EtcModprobe, "ant.conf"}, {LibExec, "ant-cmds"}},
	}
	now = &Provider{
		Name: "ant", Description: "Other ants", Copyright: []string{"2026, Nest"}, License: "GPL-2", CoherentDMA: true, Release: "56.1",
		Library: &Library{
			Name: "ant", SoMajor: "1", Nodes: []string{"ANT_2.0"}, Symbols: []Symbol{{"antdv_new", "ANT_2.0"}}, Headers: []string{"antdv2.h"},
		},
		Replaced: old,
	}
	return old, now
}

// same is ant as the zoo has it.
func sameAnt() *Provider {
	old, _ := ants()
	p := *old
	p.Description, p.Copyright, p.License = "Small HCAs", []string{"2001, A", "2002, B"}, "BSD-MIT"
	p.CoherentDMA, p.Release, p.Replaced = true, "99", old
	p.Installed = p.Installed[:1] // rules has no directory for the other
	return &p
}

func TestReplaceBySame(t *testing.T) {
	tree := integrated(t, zoo(), sameAnt())
	for file, text := range zoo() {
		if tree[file] != text {
			t.Errorf("%s became\n%s", file, tree[file])
		}
	}
}

func TestReplace(t *testing.T) {
	_, now := ants()
	text := zoo()
	text["debian/other.install"] = "usr/share/man/man8/other.8\n"
	text[Control] += "\nPackage: other\nDescription: x\n"
	tree := integrated(t, text, now)
	want(t, tree, Runtime, nil)
	want(t, tree, Overrides, nil)
	want(t, tree, Rules, nil)
	want(t, tree, Development, []string{
		"usr/include/infiniband/antdv.h", "usr/lib/*/pkgconfig/libant.pc", "usr/share/man/man3/antdv_*.3", "usr/share/man/man7/antdv.7",
	}, "usr/include/infiniband/antdv2.h")
	want(t, tree, Boot, []string{"etc/modprobe.d/ant.conf"})
	want(t, tree, Symbols, []string{" ANT_1.0@ANT_1.0 20", " antdv_dig@ANT_1.0 20"}, " ANT_2.0@ANT_2.0 56.1", " antdv_new@ANT_2.0 56.1")
	paragraph := strings.Replace(zoo()[Copyright], "Copyright: 2001, A\n           2002, B\nLicense: BSD-MIT\n", "Copyright: 2026, Nest\nLicense: GPL-2\n", 1)
	if tree[Copyright] != paragraph {
		t.Errorf("copyright:\n%s", tree[Copyright])
	}
	if !strings.Contains(tree[Control], "  - ant: Other ants\n  - bee: ") || strings.Contains(tree[Control], "Small HCAs") {
		t.Errorf("control:\n%s", tree[Control])
	}
	crlf := zoo()
	for name, data := range crlf {
		crlf[name] = strings.TrimSuffix(strings.ReplaceAll(data, "\n", "\r\n"), "\r\n")
	}
	for name, data := range integrated(t, crlf, now) {
		if strings.Count(data, "\n") != strings.Count(data, "\r\n") || strings.HasSuffix(data, "\n") {
			t.Errorf("%s: %q", name, data)
		}
	}
}

// TestReplaceKeepsWhatOthersNeed shows lines that match files which are gone, and
// possibly others.
func TestReplaceKeepsWhatOthersNeed(t *testing.T) {
	for _, tt := range []struct {
		name, file, line string
		gone             bool
	}{
		{"a file", Development, "usr/share/man/man7/antdv.7", true},
		{"a file from debian/tmp", Development, "debian/tmp/usr/share/man/man7/antdv.7", true},
		{"a file in any folder", Development, "usr/*/man/man7/antdv.7", true},
		{"a pattern with the name", Development, "usr/share/man/man3/antdv*", true},
		{"one without", Development, "usr/share/man/man3/an*", false},
		{"a folder", Development, "usr/share/man/man7/", false},
		{"what another provider's name begins so", Development, "usr/share/man/man3/ant*", false},
		{"in another package", "debian/other.install", "usr/share/man/man7/antdv.7", true},
		{"another's", "debian/other.install", "usr/share/man/man7/ant.7", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, now := ants()
			tree := zoo()
			tree[Control] = strings.Replace(tree[Control], "  - bee:", "  - antler: Deer\n  - bee:", 1) + "\nPackage: other\nDescription: x\n"
			tree["debian/other.install"] = "usr/bin/other\n"
			tree[tt.file] += tt.line + "\n"
			integrated(t, tree, now)
			if got := !strings.Contains(tree[tt.file], tt.line+"\n"); got != tt.gone {
				t.Errorf("gone: %v\n%s", got, tree[tt.file])
			}
		})
	}
	_, now := ants()
	tree := zoo()
	tree[Boot] += "etc/modprobe.d/ant.conf etc/modprobe.d/bee.conf etc/x\n"
	before := maps.Clone(tree)
	_, err := Integrate(tree, now)
	place(t, err, Boot+":4", "ant.conf etc/modprobe.d/bee.conf")
	if !maps.Equal(tree, before) {
		t.Error("something was written")
	}
}

// TestReplaceStaysInItsPackage shows that a page is where the release has it.
func TestReplaceStaysInItsPackage(t *testing.T) {
	old := &Provider{Name: "bee", ManPages: []ManPage{{7, "bee"}}}
	p := crab()
	p.Name, p.Description, p.ManPages, p.Replaced, p.CoherentDMA = "bee", "Flying and buzzing", old.ManPages, old, false
	text := zoo()
	text[Boot] += "usr/share/man/man7/bee.7\n"
	tree := integrated(t, text, p)
	want(t, tree, Boot, nil, "usr/share/man/man7/bee.7")
	want(t, tree, Runtime, nil)
	want(t, tree, Control, nil)
	p.ManPages = nil
	want(t, integrated(t, tree, p), Boot, nil)
}

func TestReplaceWithAnotherSoname(t *testing.T) {
	_, now := ants()
	now.Library.SoMajor = "2"
	tree := integrated(t, zoo(), now)
	for file, words := range map[string][2]string{
		Control: {"libant1", "Provides: libant2, libmoth1\n"}, Overrides: {"libant1", "sonames libant2 libmoth1\n"},
		Symbols: {"libant.so.1", "libant.so.2 ibverbs-providers #MINVER#\n* Build-Depends-Package: libibverbs-dev\n ANT_2.0@ANT_2.0 56.1\n antdv_new@"},
	} {
		if strings.Contains(tree[file], words[0]) || !strings.Contains(tree[file], words[1]) {
			t.Errorf("%s:\n%s", file, tree[file])
		}
	}
	if !strings.Contains(tree[Symbols], " mothdv_fly@MOTH_1.0 15\n") {
		t.Errorf("another library's symbols are gone:\n%s", tree[Symbols])
	}
}

func TestReplaceCopyright(t *testing.T) {
	const parts = "Files: providers/ant/man/*.3\n       providers/ant/man/*.7\nCopyright: C\nLicense: GPL-2\n\nFiles: util/*"
	for _, tt := range []struct {
		name, text string
		change     func(*Provider)
		want, lost string
	}{
		{
			"the same keeps what it has", strings.Replace(zoo()[Copyright], "Files: util/*", parts, 1),
			func(p *Provider) { p.Files = []string{"man/antdv.7"} }, "Files: providers/ant/man/*.7\nCopyright: C", "man/*.3\n       providers",
		},
		{
			"another has nothing of it", strings.Replace(zoo()[Copyright], "Files: util/*", parts, 1),
			func(p *Provider) { p.License = "GPL-2"; p.Files = []string{"man/antdv.7"} }, "2002, B\nLicense: GPL-2", "providers/ant/man",
		},
		{
			"others' files in it", strings.Replace(zoo()[Copyright], "Files: providers/ant/*", "Files: providers/ant/*\n       py/ant/*", 1),
			func(p *Provider) { p.Copyright = []string{"2026, N"} },
			"Files: py/ant/*\nCopyright: 2001, A\n           2002, B\nLicense: BSD-MIT\n\nFiles: providers/ant/*\nCopyright: 2026, N\nLicense: BSD-MIT\n\n", "ant/*\n       py",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, tree := sameAnt(), zoo()
			tt.change(p)
			tree[Copyright] = tt.text
			integrated(t, tree, p)
			if got := tree[Copyright]; !strings.Contains(got, tt.want) || strings.Contains(got, tt.lost) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

func TestReplaceSymbolLines(t *testing.T) {
	_, now := ants()
	now.Library.Nodes = append(now.Library.Nodes, "ANT_1.0")
	now.Library.Symbols = append(now.Library.Symbols, Symbol{"antdv_declared", "ANT_1.0"})
	tree := zoo()
	tree[Symbols] += " (symver)ANT_0.9 19\n (optional|arch=any)antdv_may@ANT_1.0 20\n (regex)\"^antdv_x@ANT_1.0$\" 20\n"
	integrated(t, tree, now)
	if got := tree[Symbols]; !strings.HasSuffix(got, "libibverbs-dev\n ANT_1.0@ANT_1.0 20\n (regex)\"^antdv_x@ANT_1.0$\" 20\n ANT_2.0@ANT_2.0 56.1\n antdv_new@ANT_2.0 56.1\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestReplaceWithoutCoherentDMA(t *testing.T) {
	_, now := ants()
	now.CoherentDMA = false
	if got := command(integrated(t, zoo(), now)); got != `/moth[45]/d` {
		t.Errorf("got %s", got)
	}
	for _, names := range []string{"ant", `an\|moth`} { // the last one, and one of others' lines
		tree := zoo()
		tree[Runtime] += "usr/lib/*/liban.so.*\n"
		tree[Rules] = strings.Replace(tree[Rules], `ant\|moth[45]`, names, 1)
		_, err := Integrate(tree, now)
		place(t, err, Rules+":5")
	}
}

func TestReplaceALibraryByAPlugIn(t *testing.T) {
	_, now := ants()
	now.Library = nil
	tree := zoo()
	_, err := Integrate(tree, now)
	place(t, err, Symbols, "libant.so.1", "a plug-in only")
	if !maps.Equal(tree, zoo()) {
		t.Error("something was written")
	}
	_, now = ants()
	now.Replaced.Library.Name = ""
	if _, err := Integrate(tree, now); !isValue(err) {
		t.Errorf("got %v", err)
	}
}

func isValue(err error) bool {
	_, ok := errors.AsType[*ValueError](err)
	return ok
}

// FuzzReplace wants of any file in place of a good one: an error is typed and
// writes nothing; and what was edited once is not edited again.
func FuzzReplace(f *testing.F) {
	names := sortedNames()
	for i, name := range names {
		f.Add(i, []byte(zoo()[name]), true, "1")
		f.Add(i, []byte("\r\n# "+zoo()[name]), false, "2")
	}
	f.Fuzz(func(t *testing.T, which int, data []byte, coherent bool, major string) {
		tree := zoo()
		tree[names[((which%len(names))+len(names))%len(names)]] = string(data)
		before := maps.Clone(tree)
		_, p := ants()
		p.CoherentDMA, p.Library.SoMajor = coherent, major
		p.ManPages = []ManPage{{3, "antdv_dig"}, {3, "antdv_nest"}}
		if _, err := Integrate(tree, p); err != nil {
			if _, ok := errors.AsType[*PlaceError](err); !ok && !isValue(err) {
				t.Fatalf("%T: %v", err, err)
			}
			if !maps.Equal(tree, before) {
				t.Fatal("an error leaves files changed")
			}
			return
		}
		once := maps.Clone(tree)
		if _, err := Integrate(tree, p); err != nil || !maps.Equal(tree, once) {
			t.Fatalf("a second time: %v\n%q\nto\n%q", err, once, tree)
		}
	})
}
