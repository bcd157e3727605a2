// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// head and tail make a spec of a preamble and a %prep.
func patchSpec(preamble, prep string) string {
	return "Name: a\n" + preamble + "BuildRequires: b\n%description\nSource: not me\n%prep\n" + prep + "\n%build\n%setup\n%changelog\n"
}

func TestAddPatch(t *testing.T) {
	for _, tt := range []struct {
		name, preamble, prep string
		number               int
		want                 string // the inserted lines
		tag, apply           string // each with its neighbours
	}{
		{
			"plain", "Source: a.gz\n", "%setup\n", 0, "Patch0: p.patch\n%patch -P 0 -p1",
			"Source: a.gz|Patch0: p.patch|BuildRequires: b", "%setup|%patch -P 0 -p1|",
		},
		{
			"numbered", "Source: a.gz\nPatch1: x\nPatch3: y\n", "%setup -q -n z\n%patch1 -p1\n%patch -P3 -p1\n# done\n", 4, "Patch4: p.patch\n%patch -P 4 -p1",
			"Patch3: y|Patch4: p.patch|BuildRequires: b", "%patch -P3 -p1|%patch -P 4 -p1|# done",
		},
		{
			"without numbers", "Source: a.gz\nPatch: x\nPatch: y\n", "%setup\n%patch 0 -p1\n%patch 1 -p1\n", 2, "Patch2: p.patch\n%patch -P 2 -p1",
			"Patch: y|Patch2: p.patch|BuildRequires: b", "%patch 1 -p1|%patch -P 2 -p1|",
		},
		{
			"mixed numbers", "Patch7: x\nPatch: y\nSource1: s\n", "%setup\n", 9, "Patch9: p.patch\n%patch -P 9 -p1",
			"Source1: s|Patch9: p.patch|BuildRequires: b", "%setup|%patch -P 9 -p1|",
		},
		{
			"numbers out of order", "Source: a.gz\nPatch7: x\nPatch2: y\nPatch: z\n", "%setup\n", 9, "Patch9: p.patch\n%patch -P 9 -p1",
			"Patch: z|Patch9: p.patch|BuildRequires: b", "",
		},
		{
			"number after the highest", "Source: a.gz\nPatch7: x\nPatch2: y\nPatch: p.patch\n", "%setup\n", 8, "%patch -P 8 -p1",
			"", "%setup|%patch -P 8 -p1|",
		},
		{"autosetup", "Source: a.gz\nPatch0: x\n", "%autosetup -n z -p1\n", 1, "Patch1: p.patch", "Patch0: x|Patch1: p.patch|BuildRequires: b", ""},
		{"autosetup in braces, -p 1", "Source: a.gz\n", "%{autosetup\n -p 1}\n", 0, "Patch0: p.patch", "Source: a.gz|Patch0: p.patch|BuildRequires: b", ""},
		{"autosetup -N", "Source: a.gz\n", "%autosetup -N -p1\n", 0, "Patch0: p.patch\n%patch -P 0 -p1", "", "%autosetup -N -p1|%patch -P 0 -p1|"},
		{"autopatch", "Source: a.gz\n", "%setup\n%autopatch -p1\n", 0, "Patch0: p.patch", "", ""},
		{"autopatch up to 3", "Source: a.gz\nPatch3: x\n", "%setup\n%autopatch -p1 -M 3\n", 4, "Patch4: p.patch\n%patch -P 4 -p1", "", "%autopatch -p1 -M 3|%patch -P 4 -p1|"},
		{"autopatch from 3", "Source: a.gz\nPatch3: x\n", "%setup\n%autopatch -p1 -m3\n", 4, "Patch4: p.patch", "", ""},
		{"autopatch of some", "Source: a.gz\nPatch3: x\n", "%setup\n%autopatch -p1 3\n", 4, "Patch4: p.patch\n%patch -P 4 -p1", "", ""},
		{
			"conditional source", "Source: a.gz\n%if 1\n%if 2\nSource1: b\n%endif\n%else\n%endif\n", "%setup\n", 0, "Patch0: p.patch\n%patch -P 0 -p1",
			"%endif|Patch0: p.patch|BuildRequires: b", "",
		},
		{"conditional patch", "Source: a.gz\n", "%setup\n%ifarch s390\n%patch5 -p1\n%endif\n", 0, "Patch0: p.patch\n%patch -P 0 -p1", "", "%endif|%patch -P 0 -p1|"},
		{"continued setup", "Source: a.gz\n", "%setup -q \\\n  -n x\n", 0, "Patch0: p.patch\n%patch -P 0 -p1", "", "  -n x|%patch -P 0 -p1|"},
		{"two sources unpacked", "Source: a.gz\n", "%setup\n%setup -T -D -a 1\n", 0, "Patch0: p.patch\n%patch -P 0 -p1", "", "%setup -T -D -a 1|%patch -P 0 -p1|"},
		{"columns", "Source:         a.gz\n", "%setup\n", 0, "Patch0:         p.patch\n%patch -P 0 -p1", "", ""},
		{"columns behind a long tag", "Source1:  a.gz\nPatch10: x\nSource11:   a.gz\n", "%setup\n", 11, "Patch11:    p.patch\n%patch -P 11 -p1", "", ""},
		{"tab", "Source:\ta.gz\n", "%setup\n", 0, "Patch0:\tp.patch\n%patch -P 0 -p1", "", ""},
		{"macro over lines", "Source: a.gz\n%define x() %{expand:\nPatch9: no\n}\n", "%setup\n", 0, "Patch0: p.patch\n%patch -P 0 -p1", "Source: a.gz|Patch0: p.patch|%define x() %{expand:", ""},
		{"declared, not applied", "Source: a.gz\nPatch4: p.patch\n", "%setup\n", 4, "%patch -P 4 -p1", "", ""},
		{"list", "Source: a.gz\n%patchlist\nx\n# y\nz\n\n%package q\n", "%autosetup -p1\n", 2, "p.patch", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := patchSpec(tt.preamble, tt.prep)
			s := parse(t, text)
			for range 2 { // the second run must add nothing
				n, err := s.AddPatch("p.patch", "")
				if err != nil {
					t.Fatal(err)
				}
				if n != tt.number {
					t.Errorf("number %d, want %d", n, tt.number)
				}
				got := string(s.Bytes())
				if added := inserted(t, text, got); added != tt.want {
					t.Errorf("added:\n%s\nwant:\n%s", added, tt.want)
				}
				for _, c := range []string{tt.tag, tt.apply} {
					if _, line, ok := strings.Cut(c, "|"); ok {
						line, _, _ = strings.Cut(line, "|")
						if around := context(got, line); around != c {
							t.Errorf("it stands in %q, want %q", around, c)
						}
					}
				}
			}
		})
	}
}

func TestAddPatchRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line       int
		parts      []string
	}{
		{"no source", patchSpec("", "%setup\n"), 0, []string{"a Source tag", "none"}},
		{"no prep", "Source: a\n%build\n", 0, []string{"%prep", "none"}},
		{"two preps", "Source: a\n%prep\n%setup\n%prep\n", 4, []string{"one section %prep", "the first in line 2"}},
		{"no setup", patchSpec("Source: a\n", "tar xf a\n"), 6, []string{"%setup or %autosetup"}},
		{"autosetup without -p1", patchSpec("Source: a\n", "%autosetup -p0\n"), 7, []string{"%autosetup with -p1", "%autosetup -p0"}},
		{"autosetup, -p missing", patchSpec("Source: a\n", "%autosetup\n"), 7, []string{"%autosetup with -p1"}},
		{"conditional autosetup", patchSpec("Source: a\n", "%if 1\n%autosetup -p1\n%else\n%setup\n%endif\n"), 8, []string{"outside any conditional"}},
		{"macro as bound", patchSpec("Source: a\n", "%setup\n%autopatch -p1 -M %{last}\n"), 8, []string{"in digits", "%{last}"}},
		{"arguments behind the brace", patchSpec("Source: a\n", "%{autosetup} -p1\n"), 7, []string{"%autosetup with -p1"}},
		{"patch behind ours", patchSpec("Source: a\nPatch1: x\nPatch100: y\n", "%setup\n%autopatch -p1 -m 100\n%patch -P 1 -p1\n"), 11, []string{"after line 10: the provider's patch must", "%patch -P 1 -p1"}},
		{"autopatch behind ours", patchSpec("Source: a\nPatch1: x\n", "%setup\n%autopatch -p1 -m 2\n%autopatch -p1 -M 1\n"), 10, []string{"after line 9: the provider's patch must"}},
		{"unpacked again behind ours", patchSpec("Source: a\n", "%autosetup -p1\n%setup -q\n"), 8, []string{"after line 7: the provider's patch must"}},
		{"conditional list, by number", "Source: a\n%patchlist\nx\n%if 1\ny\n%endif\n%prep\n%setup\n%patch -P 0 -p1\n", 5, []string{"%patchlist", "by number", "%patch -P 0 -p1 in line 9"}},
		{"macro in a list, by number", "Source: a\n%patchlist\nx\n%{?z:y}\n%prep\n%setup\n%autopatch -p1 -M 7\n", 4, []string{"by number"}},
		{"conditional tag before a list", "Source: a\n%if 1\nPatch7: x\n%endif\n%patchlist\ny\n%prep\n%setup\n%patch -P 0 -p1\n", 3, []string{"by number"}},
		{"conditional list, not applied", "Source: a\n%patchlist\nx\n%if 1\ny\n%endif\n%prep\n%setup\n", 5, []string{"%patchlist", "neither"}},
		{"tag behind a list", "Source: a\n%patchlist\nx\n%package q\nPatch5: y\n%prep\n%autosetup -p1\n", 5, []string{"before the end of %patchlist"}},
		{"loop", patchSpec("Source: a\n", "%setup\nfor p in %{patches}; do\ndone\n"), 8, []string{"%patch, %autopatch or %autosetup", "%{patches}"}},
		{"conditional over sections", "%if 1\nSource: a\n%prep\n%setup\n%endif\n%build\n", 2, []string{"in the preamble", "another section"}},
		{"conditional over prep", "Source: a\n%prep\n%if 1\n%setup\n%build\n%endif\n", 4, []string{"in %prep", "another section"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, tt.text)
			_, err := s.AddPatch("p.patch", "")
			wantPlace(t, err, tt.line, tt.parts...)
			if got := string(s.Bytes()); got != tt.text {
				t.Errorf("a failed edit left:\n%s", got)
			}
		})
	}
	for _, file := range []string{"", "a b", "../p", "a/p", "p\n", "%p", "-p", "p\"", ".p"} {
		s := parse(t, small)
		var v *rpmspec.ValueError
		if _, err := s.AddPatch(file, ""); !errors.As(err, &v) {
			t.Errorf("AddPatch(%q): %v, want a *ValueError", file, err)
		}
	}
}

func TestLineEnds(t *testing.T) {
	edit := func(text string) string {
		s := parse(t, text)
		if _, err := s.AddPatch("p.patch", ""); err != nil {
			t.Fatal(err)
		}
		if err := s.AddProvider("crab", "Sideways"); err != nil {
			t.Fatal(err)
		}
		return string(s.Bytes())
	}
	unix := edit(small)
	if got := edit(strings.ReplaceAll(small, "\n", "\r\n")); got != strings.ReplaceAll(unix, "\n", "\r\n") {
		t.Errorf("CRLF becomes %q", got)
	}
	if got := edit("Name: a\r\n" + strings.TrimPrefix(small, "Name: gadget\n")); strings.Count(got, "\r") != 1 {
		t.Errorf("one CRLF becomes %q", got)
	}
	open := "Source: a\n%prep\n%setup"
	s := parse(t, open)
	if _, err := s.AddPatch("p.patch", ""); err != nil {
		t.Fatal(err)
	}
	if got, want := string(s.Bytes()), "Source: a\nPatch0: p.patch\n%prep\n%setup\n%patch -P 0 -p1"; got != want {
		t.Errorf("without a last newline: %q, want %q", got, want)
	}
}
