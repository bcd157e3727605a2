// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

func el9() rpmspec.Macros {
	return rpmspec.Macros{
		Values: map[string]string{"rhel": "9", "el9": "1", "dist": ".el9"},
		Absent: []string{"fedora", "suse_version", "el8"}, Arch: "x86_64", RPM: "4.18",
	}
}

// TestConditions asks of each condition by a tag inside it.
func TestConditions(t *testing.T) {
	const unknown = "?"
	for _, tt := range []struct{ before, cond, want string }{
		{"", "%if 0%{?rhel}", "yes"},
		{"", "%if 0%{?fedora}", "no"},
		{"", "%if 0%{?rhel} >= 8 && 0%{?rhel} < 10", "yes"},
		{"", "%if (0%{?fedora} < 40 && 0%{?fedora} >= 32) || (0%{?rhel} >= 8 && 0%{?rhel} < 10)", "yes"},
		{"", "%if 0%{?fedora} >= 32 || \\\n 0%{?rhel} >= 9", "yes"},
		{"", "%if !0%{?fedora}", "yes"},
		{"", "%if ! (1 == 2) && 2 * 3 - 4 / 2 == 4", "yes"},
		{"", "%if -1 < 0", "yes"},
		{"", "%if 1 ? 0 : 1", "no"},
		{"", `%if 1 ? 0 : "x"`, unknown},
		{"", "%if 1 || 0 && 0", "no"}, // one precedence
		{"", "%if (3 && 5) == 5 && (0 || 7) == 7", "yes"},
		{"", `%if 1 || "x"`, unknown},
		{"", "%if 3 > 2 > 0", "yes"},
		{"", `%if -"x" == 0`, unknown},
		{"", `%if "%{?dist}" == ".el9"`, "yes"},
		{"", `%if "a" + "b" != "ab"`, "no"},
		{"", `%if "" || "x"`, "yes"},
		{"", "%if %{defined rhel} && %{undefined fedora}", "yes"},
		{"", "%if %{defined el8}", "no"},
		{"", "%if %[ 0%{?rhel} + 1 ] == 10", "yes"},
		{"", "%if 0%{?mystery}", unknown},
		{"", "%if 0%{!?mystery:1}", unknown},
		{"", "%if %{defined mystery}", unknown},
		{"", "%if %(test -f /x; echo $?)", unknown},
		{"", "%if %{lua: print(1)}", unknown},
		{"", "%if word == word", unknown},
		{"", "%if 1 ==", unknown},
		{"", "%if 1 / 0", unknown},
		{"", `%if 1 == "1"`, unknown},
		{"", "%if " + strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300), unknown},
		{"", "%ifarch x86_64 aarch64", "yes"},
		{"", "%ifarch %{arm} %{ix86}", "no"},
		{"", "%ifnarch s390 %{arm}", "yes"},
		{"", "%ifarch %{valgrind_arches}", unknown},
		{"%global them s390x x86_64\n", "%ifarch %{them}", "yes"},
		{"", "%ifos linux", "yes"},
		{"", "%if 0%{?_with_foo:1}", "no"},
		{"%bcond_with foo\n", "%if %{with foo}", "no"},
		{"%bcond_without foo\n", "%if %{with foo} && !%{without foo}", "yes"},
		{"%bcond foo 0%{?rhel}\n", "%if %{with foo}", "yes"},
		{"%bcond foo 0%{?mystery}\n", "%if %{with foo}", unknown},
		{"%define with_x %{?_with_x: 1} %{?!_with_x: %{?!_without_x: 1} %{?_without_x: 0}}\n", "%if %{with_x}", "yes"},
		{"%define a %{b}\n%define b 1\n", "%if %{a}", "yes"},
		{"%global b 0\n%global a %{b}\n%global b 1\n", "%if %{a}", "no"},
		{"%define a %{b}%{b}\n%define b %{a}%{a}\n", "%if %{a}", unknown},
		{"%global a 1\n%undefine a\n", "%if 0%{?a}", "no"},
		{"%{!?a: %global a 1}\n", "%if 0%{?a}", unknown},
		{"%global a 0\n%{!?a: %global a 1}\n", "%if 0%{?a}", "no"},
		{"%{!?fedora: %global a 1}\n", "%if 0%{?a}", "yes"},
		{"%global a() 1\n", "%if 0%{?a}", unknown},
		{"%global a 1 \\\n2\n", "%if 0%{?a}", unknown},
		{"%global a %{mystery}\n", "%if 0%{?a}", unknown},
		{"%if 0\n%global a 1\n%endif\n", "%if %{undefined a}", unknown}, // a may be from outside
		{"%global a 0\n%if 0%{?fedora}\n%global a 1\n%endif\n", "%if 0%{?a}", "no"},
		{"%global a 0\n%if 0%{?mystery}\n%global a 1\n%endif\n", "%if 0%{?a}", unknown},
		{"%if 0%{?fedora}\n%else\n%global a 1\n%endif\n", "%if 0%{?a}", "yes"},
		{"%if 0%{?fedora}\n%elif 0%{?rhel}\n%global a 1\n%else\n%global a 0\n%endif\n", "%if 0%{?a}", "yes"},
		{"%if 1\n%global a 1\n%elif 0%{?mystery}\n%global a 0\n%endif\n", "%if 0%{?a}", "yes"},
		{"%if 0%{?mystery}\n%global b 1\n%else\n%global a 0\n%endif\n", "%if 0%{?a}", unknown},
		{"%global a %%b\n", `%if "%{a}" == "x"`, unknown},
		{"%global a 1%%\n", `%if "%{a}" == "1%"`, "yes"},
	} {
		text := tt.before + tt.cond + "\nGroup: yes\n%else\nGroup: no\n%endif\n"
		got, ok, err := parse(t, text).Read(el9()).Tag("Group")
		if err != nil {
			got = unknown
			var p *rpmspec.PlaceError
			if !errors.As(err, &p) || !strings.Contains(err.Error(), "line ") {
				t.Errorf("%s: %v", text, err)
			}
		}
		if got != tt.want || !ok && got != unknown {
			t.Errorf("%q: got %s, %v, want %s", tt.before+tt.cond, got, err, tt.want)
		}
	}
}

const rhelStyle = `Name: rdma-core
Version: 56.1
Release: 3%{?dist}
Source: https://example.com/v%{version}/%{name}-%{version}.tar.gz
Source1: helper
Patch3: three.patch
Patch9998: 9998-fedora.patch
Patch9999: https://example.com/x/9999-rhel.patch

%prep
%setup -q
# a comment: %patch7
%patch3 -p1 -b .three
%if 0%{?fedora}
%patch9998 -p1
%endif
%if 0%{?rhel}
%patch -P 9999 -p2 -E -R
%endif
cp %{SOURCE1} .

%build
make
`

func steps(p rpmspec.Prep) string {
	out := []string{p.Source}
	for _, s := range p.Patches {
		step := fmt.Sprintf("%d %s -p%d", s.Number, s.File, s.Strip)
		if s.Reverse {
			step += " -R"
		}
		if s.RemoveEmpty {
			step += " -E"
		}
		out = append(out, step)
	}
	for _, c := range p.Commands {
		out = append(out, fmt.Sprintf("line %d %s", c.Line, c.Text))
	}
	return strings.Join(out, "; ")
}

func TestPrep(t *testing.T) {
	if p, err := parse(t, rhelStyle).Read(el9()).Prep(); err != nil || steps(p) != "rdma-core-56.1.tar.gz; 3 three.patch -p1; 9999 9999-rhel.patch -p2 -R -E" || p.Patches[0].Line != 13 {
		t.Errorf("got %s, %v", steps(p), err)
	}
	const tags = "Name: a\nVersion: 1\nSource0: %{name}-%{version}.tgz\nPatch5: five\nPatch: six\nPatch2: two\n"
	for _, tt := range []struct{ name, tags, prep, want string }{
		{"autosetup", tags, "%autosetup -v -p1", "a-1.tgz; 5 five -p1; 6 six -p1; 2 two -p1"},
		{"names", tags, "%autosetup -n %{name}-%{version} -p 0", "a-1.tgz; 5 five -p0; 6 six -p0; 2 two -p0"},
		{"git", tags, "%autosetup -S git -p1", "a-1.tgz; 5 five -p1; 6 six -p1; 2 two -p1"},
		{"none", tags, "%autosetup -N", "a-1.tgz"},
		{"none, then some", tags, "%autosetup -N\n%autopatch -p1 -M 5", "a-1.tgz; 5 five -p1; 2 two -p1"},
		{"autopatch with numbers", tags, "%autosetup -N -p1\n%autopatch -p1 2 5", "a-1.tgz; 2 two -p1; 5 five -p1"},
		{"patch with several", tags, "%setup -q\n%patch -P2 -P 6 -p1", "a-1.tgz; 2 two -p1; 6 six -p1"},
		{"patch with a number", tags, "%setup -qn x\n%patch 2 -p1", "a-1.tgz; 2 two -p1"},
		{"number behind a flag", tags, "%setup -q\n%autopatch -p1 -v 2", "a-1.tgz; 2 two -p1"},
		{"number behind a bundle", tags, "%setup -q\n%autopatch -vp1 2", "a-1.tgz; 2 two -p1"},
		{"number behind a bundle's value", tags, "%setup -q\n%autopatch -vp 1", "a-1.tgz; 5 five -p1; 6 six -p1; 2 two -p1"},
		{"reverse and a number", tags, "%setup -q\n%patch -R 2 -p1", "a-1.tgz; 2 two -p1 -R"},
		{"options in one word", tags, "%setup -q\n%patch5 -REp1", "a-1.tgz; 5 five -p1 -R -E"},
		{"option as a value", tags, "%setup -q\n%patch5 -p1 -b -R", "a-1.tgz; 5 five -p1"},
		{"-N in one word", tags, "%autosetup -vN", "a-1.tgz"},
		{"arguments by known macros", "%global n 5\n" + tags, "%setup -q %{?fedora:-T}\n%patch -P %{n} %{?rhel:-R} -p1", "a-1.tgz; 5 five -p1 -R"},
		{"a macro decides", tags + "%global hot 0\n%{?rhel:%global hot 1}\n", "%setup\n%if 0%{?hot}\n%patch -P 5 -p1\n%else\n%patch -P 2 -p1\n%endif", "a-1.tgz; 5 five -p1"},
		{"a version decides", tags, "%setup\n%if v\"%{version}\" >= v\"50\"\n%patch -P 5 -p1\n%else\n%patch -P 2 -p1\n%endif", "a-1.tgz; 2 two -p1"},
		{"patch without -p", tags, "%setup -q\n%patch5", "a-1.tgz; 5 five -p0"},
		{"setup twice", tags, "%setup\n%patch5 -p1\n%autosetup -p1", "a-1.tgz; 5 five -p1; 6 six -p1; 2 two -p1"},
		{"more sources", tags, "%setup -q\n%setup -q -T -D -a 1\n%patch5 -p1", "a-1.tgz; 5 five -p1; line 9 %setup -q -T -D -a 1"},
		{"not by setup itself", tags, "%setup -T -b 0\n%patch5 -p1", "a-1.tgz; 5 five -p1"},
		{"over several lines", tags, "%{autosetup\n  -p1}", "a-1.tgz; 5 five -p1; 6 six -p1; 2 two -p1"},
		{"commands", tags, "%setup -q\nsed -i s/a/b/ \\\n  x\nif true; then\n:\nfi\n%patch5 -p1\nrm -rf z", "a-1.tgz; 5 five -p1; line 9 sed -i s/a/b/ \\; line 11 if true; then; line 13 fi"},
		{"no patches", "Source: a\n", "%autosetup", "a"},
		{"list", "Source: a\n%patchlist\n# no\none\n%if 0%{?fedora}\ntwo\n%endif\nhttps://h/three#/four.patch\n", "%autosetup -p1", "a; 0 one -p1; 1 four.patch -p1"},
		{"sources listed", "Name: a\n%sourcelist\na.gz\nb.gz\n", "%setup", "a.gz"},
		{"undecided elsewhere", tags + "%if 0%{?mystery}\nSource7: q\n%endif\n", "%setup\n%if 0%{?mystery}\nx\n%endif\n", "a-1.tgz"},
		{"macro in a name", "%global x y\nName: a\nSource: a\nPatch0: %{name}-%{x}.patch\n", "%autosetup -p1", "a; 0 a-y.patch -p1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := parse(t, tt.tags+"%prep\n"+tt.prep+"\n%build\n").Read(el9()).Prep()
			if err != nil || steps(p) != tt.want {
				t.Errorf("got  %s, %v\nwant %s", steps(p), err, tt.want)
			}
		})
	}
}

func TestPrepRefuses(t *testing.T) {
	const tags = "Name: a\nVersion: 1\nSource0: a.tgz\nPatch5: five\n"
	for _, tt := range []struct {
		name, tags, prep string
		line             int
		parts            []string
	}{
		{"undecided", tags, "%setup\n%if 0%{?mystery}\n%patch5 -p1\n%endif", 8, []string{"that the distro's macros decide", "line 7: %if 0%{?mystery}", "its value is not known here"}},
		{"undecided declaration", tags + "%if 0%{?mystery}\nPatch6: six\n%endif\n", "%autosetup -p1", 6, []string{"line 5"}},
		{"in shell", tags, "%setup\nif test -f x; then\n%patch5 -p1\nfi", 8, []string{"shell's if"}},
		{"in a loop", tags, "%setup\nfor i in 1 2; do\n  %patch5 -p1\ndone", 8, []string{"shell's if"}},
		{"by itself", tags, "%setup\npatch -p1 < %{PATCH5}", 7, []string{"%patch, %autopatch or %autosetup"}},
		{"by git", tags, "%setup\ngit am %{patches}", 7, []string{"%patch, %autopatch or %autosetup"}},
		{"by git apply", tags, "%setup\ncat x | git apply -", 7, []string{"%patch, %autopatch or %autosetup"}},
		{"no number", tags, "%setup\n%patch7 -p1", 7, []string{"a patch that is declared", `"7"`}},
		{"number by macro", tags, "%setup\n%patch -P %{x} -p1", 7, []string{"a patch that is declared"}},
		{"no strip", tags, "%autosetup", 6, []string{"with -p and a number"}},
		{"odd strip", tags, "%setup\n%patch5 -px", 7, []string{"-p and a number"}},
		{"folder", tags, "%setup -c", 6, []string{"without -c"}},
		{"folder in one word", tags, "%setup -qc", 6, []string{"without -c"}},
		{"elsewhere", tags, "%setup\n%patch5 -p1 -d x", 7, []string{"without -d"}},
		{"nothing unpacked", tags, "%setup -q -T", 6, []string{"unpacks Source0"}},
		{"unpacked into itself", tags, "%setup -q\n%setup -q -D", 7, []string{"unpacks Source0 once"}},
		{"no setup", tags, "tar xf a", 5, []string{"%setup or %autosetup"}},
		{"arguments by a macro", tags, "%setup -q %{?mystery:-T}\n%patch5 -p1", 6, []string{"written out", "%{?mystery:-T}"}},
		{"range", tags, "%setup\n%autopatch -p1 -m %{x}", 7, []string{"patch numbers in digits"}},
		{"no source", "Name: a\n", "%setup", 0, []string{"a Source or Source0 tag"}},
		{"unknown source", "Source: %{commit}.tar.gz\n", "%setup", 1, []string{"%{commit}"}},
		{"source climbs", "Source: a/..\n", "%setup", 1, []string{"ends in a file name"}},
		{"patch climbs", "Source: a\nPatch0: b/\n", "%autosetup -p1", 2, []string{"ends in a file name"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse(t, tt.tags+"%prep\n"+tt.prep+"\n%build\n").Read(el9()).Prep()
			wantPlace(t, err, tt.line, tt.parts...)
		})
	}
	_, err := parse(t, "Source: a\n").Read(el9()).Prep()
	wantPlace(t, err, 0, "a section %prep")
	noArch := el9()
	noArch.Arch = ""
	_, _, err = parse(t, "%ifarch x\nGroup: a\n%endif\n").Read(noArch).Tag("Group")
	wantPlace(t, err, 2, "architecture is not known")
}

// TestPatchIsLast puts a patch into every style: it is the last one that %prep applies.
func TestPatchIsLast(t *testing.T) {
	const tags = "Name: a\nVersion: 1\nSource0: a.tgz\nPatch5: five\nPatch2: two\n"
	for _, tt := range []struct{ tags, prep, want string }{
		{tags, "%autosetup -p1", "6 our.patch -p1"},
		{tags, "%autosetup -v -S git -p1 -n x", "6 our.patch -p1"},
		{tags, "%autosetup -N\n%autopatch -p1", "6 our.patch -p1"},
		{tags, "%autosetup -N\n%autopatch -p1 -M 4\n%patch -P 5 -p1", "6 our.patch -p1"},
		{tags, "%setup -q\n%patch5 -p1\n%patch2 -p1", "6 our.patch -p1"},
		{tags, "%setup -q -n x", "6 our.patch -p1"},
		{tags, "%setup\n%autosetup -v -p1", "6 our.patch -p1"},
		{tags, "%setup\n%autopatch -p1 -v 2", "6 our.patch -p1"},
		{tags, "%autosetup -N\n%autopatch -p1 -m 3 -M 5\n%patch -P 2 -p1", "6 our.patch -p1"},
		{tags, "%autosetup -p1\n%setup -q -T -D", "6 our.patch -p1"},
		{tags + "%{?rhel:Patch7: seven}\n", "%autosetup -p1", "8 our.patch -p1"},
		{tags + "%{?fedora:Patch7: seven}\n", "%setup\n%patch5 -p1", "8 our.patch -p1"},
		{"Name: a\nSource0: a.tgz\n%patchlist\none\n%if 0%{?fedora}\ntwo\n%endif\n", "%autosetup -p1", "1 our.patch -p1"},
		{"Name: a\nSource0: a.tgz\n%patchlist\none\n%{name}.patch\n", "%autosetup -p1", "2 our.patch -p1"},
		{"Name: a\nSource0: a.tgz\nPatch8: x\n%patchlist\none\n", "%setup\n%patch -P 9 -p1", "10 our.patch -p1"},
		{tags + "%if 0%{?fedora}\nPatch9: nine\n%endif\n", "%setup -q\n%if 0%{?fedora}\n%patch9 -p1\n%endif", "10 our.patch -p1"},
		{"Name: a\nSource0: a.tgz\n%patchlist\none\n", "%autosetup -p1", "1 our.patch -p1"},
	} {
		s := parse(t, tt.tags+"%prep\n"+tt.prep+"\n%build\n")
		if _, err := s.AddPatch("our.patch", ""); err != nil {
			t.Errorf("%s: %v", tt.prep, err)
			continue
		}
		p, err := s.Read(el9()).Prep()
		if err != nil || !strings.HasSuffix(steps(p), "; "+tt.want) {
			t.Errorf("%s\ngives %s, %v", s.Bytes(), steps(p), err)
		}
	}
	s := parse(t, rhelStyle)
	if n, err := s.AddPatch("our.patch", ""); err != nil || n != 10000 {
		t.Fatalf("%d, %v", n, err)
	}
	if got := inserted(t, rhelStyle, string(s.Bytes())); got != "Patch10000: our.patch\n%patch -P 10000 -p1" {
		t.Errorf("added %q", got)
	}
	p, err := s.Read(el9()).Prep()
	if err != nil || !strings.HasSuffix(steps(p), "; 10000 our.patch -p1") {
		t.Errorf("gives %s, %v", steps(p), err)
	}
}
