// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// rpms are those of EL 8, 9 and 10, and those of Debian 12 and 13.
var rpms = []rpmspec.RPM{"4.14.3", "4.16.1.3", "4.18.0", "4.19.1.1", "4.20.1"}

// TestVersions reads one %prep after the other as each rpm does. A result that begins with
// "!" is what that rpm's refusal has to say.
func TestVersions(t *testing.T) {
	const (
		tags  = "Name: a\nVersion: 1\nSource0: a.tgz\nPatch0: zero\nPatch1: one\nPatch2: two\n"
		all   = "0 zero -p1; 1 one -p1; 2 two -p1"
		zero  = "0 zero -p1"
		one   = "1 one -p1"
		start = "!only recognised at the start of a line"
		none  = "!%patch needs a number from rpm 4.19 on"
		noTag = "!none without a number, which rpm 4.14.3 uses without -P"
	)
	same := func(want string) [5]string { return [5]string{want, want, want, want, want} }
	for _, tt := range []struct {
		name, tags, prep string
		want             [5]string
	}{
		{"autosetup", tags, "%autosetup -p1 1", same(all)},
		{"autopatch with a number", tags, "%setup\n%autopatch -p1 1", [5]string{all, all, one, one, one}},
		{"autopatch with a number and a bound", tags, "%setup\n%autopatch -p1 -m 2 1", [5]string{"2 two -p1", "2 two -p1", one, one, one}},
		{"autopatch with a word", tags, "%setup\n%autopatch -p1 x", [5]string{all, all, "!number \"x\"", "!number \"x\"", "!number \"x\""}},
		{"autopatch that is quiet", tags, "%setup\n%autopatch -q -p1", [5]string{"!has no option -q", "!has no option -q", "!has no option -q", "!has no option -q", all}},
		{"patch with a word", tags, "%setup\n%patch 1 -p1", [5]string{noTag, "0 zero -p1; 1 one -p1", one, one, one}},
		{"patch with a word, no Patch0", strings.ReplaceAll(tags, "Patch0", "Patch7"), "%setup\n%patch 1 -p1", [5]string{noTag, "!none with the number 0, which rpm 4.16.1.3 uses", one, one, one}},
		{"patch with a word, a patch without a number", "Source: a.tgz\nPatch1: one\nPatch: x\n", "%setup\n%patch 1 -p1", [5]string{"2147483647 x -p1; 1 one -p1", "!none with the number 0", one, one, one}},
		{"bare patch", tags, "%setup\n%patch -p1", [5]string{noTag, zero, zero, none, none}},
		{"bare patch, a patch without a number", "Source: a.tgz\nPatch: x\n", "%setup\n%patch -p1", [5]string{"2147483647 x -p1", "0 x -p1", "0 x -p1", none, none}},
		{"patch0, a patch without a number", "Source: a.tgz\nPatch: x\n", "%setup\n%patch0 -p1", [5]string{"!number \"0\"", "0 x -p1", "0 x -p1", "0 x -p1", "!%patchN is not a macro from rpm 4.20 on"}},
		{"patch -P", tags, "%setup\n%patch -P 1 -p1", same(one)},
		{"patch -P of two, and a word", tags, "%setup\n%patch -P2 -P 1 -p1 0", same("2 two -p1; 1 one -p1; 0 zero -p1")},
		{"patch -P behind a tab", tags, "%setup\n%patch\t-P1 -p1", [5]string{noTag, "0 zero -p1; 1 one -p1", one, one, one}},
		{"patch -P in one word", tags, "%setup\n%patch -RP1 -p1", [5]string{noTag, "0 zero -p1 -R; 1 one -p1 -R", one + " -R", one + " -R", one + " -R"}},
		{"patchN", tags, "%setup\n%patch1 -p1", [5]string{one, one, one, one, "!%patchN is not a macro"}},
		{"patchN and others", tags, "%setup\n%patch1 -P 2 -p1 0", [5]string{"1 one -p1; 2 two -p1; 0 zero -p1", "1 one -p1; 2 two -p1; 0 zero -p1", "1 one -p1; 2 two -p1; 0 zero -p1", "1 one -p1; 2 two -p1; 0 zero -p1", "!%patchN is not a macro"}},
		{"patch of a word that is no number", tags, "%setup\n%patch -P1 -p1 one", same(`!number "one"`)},
		{"patch in UTC", tags, "%setup\n%patch -P 1 -p1 -Z", [5]string{"!%patch has no option -Z", one, one, one, one}},
		{"patch with an option of autopatch", tags, "%setup\n%patch -P 1 -p1 -v", same("!%patch has no option -v")},
		{"indented patch", tags, "%setup\n  %patch -P 1 -p1", [5]string{start, start, start, start, one}},
		{"patch in braces", tags, "%setup\n%{patch -P 1 -p1}", [5]string{start, start, start, start, one}},
		{"arguments behind the brace", tags, "%{autosetup} -p1", same("!the arguments end with the brace")},
		{"indented setup", tags, "\t%setup -q", [5]string{start, start, start, start, ""}},
		{"indented autosetup", tags, "  %autosetup -p1", same(all)},
		{"backslash", tags, "%autosetup \\\n -p1", same("!the arguments end with the line")},
		{"setup without a folder", tags, "%setup -C", [5]string{"!%setup has no option -C", "!%setup has no option -C", "!%setup has no option -C", "!%setup has no option -C", ""}},
		{"autosetup that is quiet", tags, "%autosetup -q -p1", same("!%autosetup has no option -q")},
		{"elif, not read", tags, "%setup\n%if 0%{?fedora}\n%patch -P 0 -p1\n%elif 1\n%patch -P 1 -p1\n%else\n%patch -P 2 -p1\n%endif", [5]string{"2 two -p1", one, one, one, one}},
		{"elif, read", tags, "%setup\n%if 0%{?rhel}\n%patch -P 0 -p1\n%elif 1\n%patch -P 1 -p1\n%endif", [5]string{"!%elif is known from rpm 4.15 on", zero, zero, zero, zero}},
		{"elifarch", tags, "%setup\n%ifarch x86_64\n%elifarch x86_64\n%endif\n%patch -P 0 -p1", [5]string{"!%elifarch is known", zero, zero, zero, zero}},
		{"elifos", tags, "%setup\n%ifos linux\n%elifos linux\n%endif\n%patch -P 0 -p1", [5]string{"!%elifos is known", zero, zero, zero, zero}},
		{"patchlist", "Source: a.tgz\n%patchlist\nx\ny\n", "%autosetup -p1", [5]string{"!the section is known from rpm 4.15 on", "0 x -p1; 1 y -p1", "0 x -p1; 1 y -p1", "0 x -p1; 1 y -p1", "0 x -p1; 1 y -p1"}},
		{"sourcelist", "Name: a\n%sourcelist\na.tgz\n", "%setup", [5]string{"!the section is known from rpm 4.15 on", "", "", "", ""}},
		{"buildrequires", "Source: a.tgz\n%generate_buildrequires\n", "%setup", [5]string{"!the section is known from rpm 4.15 on", "", "", "", ""}},
		{"conf", "Source: a.tgz\n%conf\n", "%setup", [5]string{"!the section is known from rpm 4.18 on", "!the section is known from rpm 4.18 on", "", "", ""}},
		{"conf for others", "Source: a.tgz\n%if 0%{?fedora}\n%conf\n%endif\n", "%setup", same("")},
		{"preuntrans", "Source: a.tgz\n%preuntrans\n", "%setup", [5]string{"!from rpm 4.19 on", "!from rpm 4.19 on", "!from rpm 4.19 on", "", ""}},
		{"two patches without a number", "Source: a.tgz\nPatch: x\nPatch: y\n", "%autosetup -p1", [5]string{"!of which there can be one up to rpm 4.14", "0 x -p1; 1 y -p1", "0 x -p1; 1 y -p1", "0 x -p1; 1 y -p1", "0 x -p1; 1 y -p1"}},
		{"a patch behind others", "Source: a.tgz\nPatch5: x\nPatch2: y\nPatch: z\n", "%autosetup -p1", [5]string{"5 x -p1; 2 y -p1; 2147483647 z -p1", "5 x -p1; 2 y -p1; 6 z -p1", "5 x -p1; 2 y -p1; 6 z -p1", "5 x -p1; 2 y -p1; 6 z -p1", "5 x -p1; 2 y -p1; 6 z -p1"}},
		{"the same number twice", "Source: a.tgz\nPatch1: x\nPatch01: y\n", "%autosetup -p1", same("!patch 1 is already in line 2")},
		{"the source twice", "Source: a.tgz\nSource0: b.tgz\n", "%setup", same("!source 0 is already in line 1")},
		{"a source behind others", "Source1: b.tgz\nSource: a.tgz\n", "%setup", [5]string{"", "!a Source or Source0 tag", "!a Source or Source0 tag", "!a Source or Source0 tag", "!a Source or Source0 tag"}},
		{"a source behind one that is undecided", "%if 0%{?mystery}\nSource1: b.tgz\n%endif\nSource: a.tgz\n", "%setup", [5]string{"", "!that the distro's macros decide", "!that the distro's macros decide", "!that the distro's macros decide", "!that the distro's macros decide"}},
		{"bcond", "%bcond x 0\n" + tags, "%setup", [5]string{"!%bcond is known from rpm 4.17.1 on", "", "", "", ""}},
		{"dnl", "%dnl x\n" + tags, "%setup", [5]string{"!%dnl is known from rpm 4.15 on", "", "", "", ""}},
		{"condition over lines", tags, "%setup\n%if 0 || \\\n 1\n%endif\n%patch -P 0 -p1", [5]string{"!from rpm 4.15 on", zero, zero, zero, zero}},
		{"expression", "%if %[ 1 + 1 ] == 2\n%endif\n" + tags, "%setup", [5]string{"!%[...] is known from rpm 4.16 on", "", "", "", ""}},
		{"versions", "%if v\"2\" > v\"1\"\n%endif\n" + tags, "%setup", [5]string{`!v"2" is known from rpm 4.16 on`, "", "", "", ""}},
		{"ternary", "%if 1 ? 1 : 0\n%endif\n" + tags, "%setup", [5]string{"!the operator ? is known from rpm 4.16 on", "", "", "", ""}},
		{"texts", "%if \"a\" && \"b\"\n%endif\n" + tags, "%setup", [5]string{"!&& between texts is known from rpm 4.16 on", "", "", "", ""}},
		{"not a text", "%if !\"a\"\n%endif\n" + tags, "%setup", [5]string{"!! before a text is known from rpm 4.16 on", "", "", "", ""}},
		{"in an arm that is not read", "%if 0\n%if 1 ? 1 : 0\n%endif\n%endif\n" + tags, "%setup", same("")},
		{"words", "%if a == a\n%global n 1\n%else\n%global n 2\n%endif\n" + tags, "%setup\n%patch -P %{n} -p1", [5]string{one, "!%{n}", "!%{n}", "!%{n}", "!%{n}"}},
	} {
		for i, rpm := range rpms {
			t.Run(tt.name+"/"+string(rpm), func(t *testing.T) {
				m := el9()
				m.RPM = rpm
				p, err := parse(t, tt.tags+"%prep\n"+tt.prep+"\n%build\n").Read(m).Prep()
				want, refused := strings.CutPrefix(tt.want[i], "!")
				switch {
				case refused && (err == nil || !strings.Contains(err.Error(), want)):
					t.Errorf("got %s, %v, want an error with %q", steps(p), err, want)
				case !refused && (err != nil || strings.TrimPrefix(strings.TrimPrefix(steps(p), "a.tgz"), "; ") != want):
					t.Errorf("got %s, %v, want %s", steps(p), err, want)
				}
			})
		}
	}
}

// TestRefusalNames has the line and the version of rpm.
func TestRefusalNames(t *testing.T) {
	m := el9()
	m.RPM = "4.19.1.1"
	_, err := parse(t, "Source: a.tgz\nPatch0: x\n%prep\n%setup\n%patch -p1\n").Read(m).Prep()
	wantPlace(t, err, 5, "a line that rpm 4.19.1.1 understands", "%patch -p1: %patch needs a number")
	m.RPM = "4.14.3"
	r := parse(t, "%if 1\n%elif 1\n%endif\n%conf\n").Read(m)
	wantPlace(t, r.Refused(), 2, "rpm 4.14.3 understands", "%elif 1: %elif is known from rpm 4.15 on")
}

// TestPatchIsLastIn adds our patch where an rpm's reading of %autopatch decides whether
// it is applied: in every version once, and last.
func TestPatchIsLastIn(t *testing.T) {
	const tags = "Name: a\nVersion: 1\nSource0: a.tgz\nPatch0: zero\nPatch1: one\n"
	for prep, want := range map[string][5]string{
		"%setup\n%autopatch -p1 1":      {"", "", "%patch -P 2 -p1", "%patch -P 2 -p1", "%patch -P 2 -p1"},
		"%setup\n%autopatch -p1 -M 1 1": {"%patch -P 2 -p1", "%patch -P 2 -p1", "%patch -P 2 -p1", "%patch -P 2 -p1", "%patch -P 2 -p1"},
		"%autosetup -p1 1":              {},
	} {
		for i, rpm := range rpms {
			text := tags + "%prep\n" + prep + "\n%build\n"
			s := parse(t, text)
			if n, err := s.AddPatch("our.patch", rpm); n != 2 || err != nil {
				t.Fatalf("%s: %d, %v", prep, n, err)
			}
			lines := strings.TrimSuffix("Patch2: our.patch\n"+want[i], "\n")
			if got := inserted(t, text, string(s.Bytes())); got != lines {
				t.Errorf("%s, rpm %s: added %q, want %q", prep, rpm, got, lines)
			}
			m := el9()
			m.RPM = rpm
			p, err := s.Read(m).Prep()
			if err != nil || strings.Count(steps(p), "our.patch") != 1 || !strings.HasSuffix(steps(p), "; 2 our.patch -p1") {
				t.Errorf("%s, rpm %s: gives %s, %v", prep, rpm, steps(p), err)
			}
		}
	}
}
