// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// small is a spec with every place that an edit looks for.
const small = `Name: gadget
Version: 7.2
Source: gadget-%{version}.tgz
# a comment

BuildRequires: gcc

%description
Things.

%package -n libibverbs
Summary: A library
Provides: libbee = %{version}-%{release}
Obsoletes: libbee < %{version}-%{release}
Provides: libsnail = %{version}-%{release}
Obsoletes: libsnail < %{version}-%{release}

%description -n libibverbs
Drivers:

- libbee: A fast one
- libsnail: A slow one

%prep
%setup

%build
make \
	all
`

func parse(t *testing.T, text string) *rpmspec.Spec {
	t.Helper()
	s, err := rpmspec.Parse("x.spec", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// inserted returns the lines of after that before does not have, each with its number.
// Everything else must be as it was.
func inserted(t *testing.T, before, after string) string {
	t.Helper()
	old := strings.SplitAfter(before, "\n")
	var out []string
	for _, l := range strings.SplitAfter(after, "\n") {
		if len(old) > 0 && old[0] == l {
			old = old[1:]
			continue
		}
		out = append(out, strings.TrimRight(l, "\r\n"))
	}
	if len(old) > 0 {
		t.Errorf("lost from %q on, in:\n%s", old[0], after)
	}
	return strings.Join(out, "\n")
}

// context returns a line of text with the lines around it.
func context(text, line string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	for i, l := range lines {
		if l == line && i > 0 && i+1 < len(lines) {
			return lines[i-1] + "|" + l + "|" + lines[i+1]
		}
	}
	return "no line " + line
}

func wantPlace(t *testing.T, err error, line int, parts ...string) {
	t.Helper()
	var p *rpmspec.PlaceError
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want a *PlaceError", err)
	}
	if p.Line != line || p.File != "x.spec" {
		t.Errorf("%v: in line %d, want %d", err, p.Line, line)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%v: want it to say %q", err, part)
		}
	}
}

func TestParseKeepsBytes(t *testing.T) {
	for _, text := range []string{
		"", "\n", small, strings.ReplaceAll(small, "\n", "\r\n"), strings.TrimSuffix(small, "\n"),
		"a\rb\r\n\r", "Name: \xff\xfe\n%description\n\x01\n", "%define x \\\n  %if \\\n  b\n",
	} {
		if got := string(parse(t, text).Bytes()); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line       int
		parts      []string
	}{
		{"if without end", "Name: a\n%if 1\n%if 2\n%endif\n", 2, []string{"an %endif", "end of the file"}},
		{"endif without if", "%if 1\n%endif\n%endif\n", 3, []string{"an %if", "%endif"}},
		{"else without if", "Name: a\n%else\n", 2, []string{"an %if", "%else"}},
		{"backslash at the end", "Name: a\n%setup \\", 2, []string{"a line after this backslash"}},
		{"open macro", "Name: a\n%define x %{expand:\n%if\n", 2, []string{"end of the macro"}},
		{"NUL byte", "Name: a\n%define dir a\x00b\n%prep\n", 2, []string{"text", "NUL"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rpmspec.Parse("x.spec", []byte(tt.text))
			wantPlace(t, err, tt.line, tt.parts...)
		})
	}
}

// TestConditionalInCommand has what upstream's own spec has: an %if after a backslash.
func TestConditionalInCommand(t *testing.T) {
	const text = "Source: a\n%prep\n%setup\nx \\\n%if 1\n  --one \\\n%endif\n%if 2\n y\n%else\n z\n%endif\n%build\n"
	s := parse(t, text)
	if _, err := s.AddPatch("p.patch", ""); err != nil {
		t.Fatal(err)
	}
	if got := inserted(t, text, string(s.Bytes())); got != "Patch0: p.patch\n%patch -P 0 -p1" {
		t.Errorf("added %q", got)
	}
	_, err := rpmspec.Parse("x.spec", []byte("x \\\n%if 1\n y\n"))
	wantPlace(t, err, 2, "an %endif")
	_, err = rpmspec.Parse("x.spec", []byte("%if 1 && \\\n  2\n%define x \\\n%if\n"))
	wantPlace(t, err, 1, "an %endif")
}

func TestTag(t *testing.T) {
	inside := "%if 1 && \\\n%description\n%define x %{expand: {a}\nGroup: no\n}\nGroup: yes\n%endif\n"
	if got, _ := parse(t, inside).Tag("Group"); got != "yes" {
		t.Errorf("behind a condition and a macro of two lines: Group is %q", got)
	}
	s := parse(t, "NAME :\t gadget  \n%if 1\nSource0: a\n%else\nSource0: b\n%endif\nRequires(post): c\n%define x \\\nVersion: 9\nVersion: 7\n%description\nGroup: none\n")
	for name, want := range map[string]string{"name": "gadget", "Source": "a", "SOURCE0": "a", "requires": "c", "version": "7", "Group": "", "Patch": ""} {
		got, ok := s.Tag(name)
		if got != want || ok != (want != "") {
			t.Errorf("Tag(%s) = %q, %v, want %q", name, got, ok, want)
		}
	}
}

func TestSourceFile(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		vars       map[string]string
		want       string
	}{
		{"plain", small, nil, "gadget-7.2.tgz"},
		{"vars win", small, map[string]string{"version": "8"}, "gadget-8.tgz"},
		{"url", "Name: g\nVersion: 1\nURL: https://h/x\nSource0: %{url}/releases/v%{version}/%name-%{version}.tar.gz\n", nil, "g-1.tar.gz"},
		{"fragment", "Name: g\nSource: https://h/archive/v1.tar.gz#/%{name}-1.tar.gz\n", nil, "g-1.tar.gz"},
		{"define", "%define rel 3\n%global full 1.%{rel}%{git}\n%define git %{nil}\nSource: a-%{full}.tar.gz\n", nil, "a-1.3.tar.gz"},
		{"tests", "%define git x\nSource: a%{?git:-%{git}}.tar.gz\n", nil, "a-x.tar.gz"},
		{"optional", "%define git x\nSource: a%{?git}%{?no}%{!?no:1}%{!?git:2}%{?git:3}.tar.gz\n", nil, "ax13.tar.gz"},
		{"same twice", "%if 1\nSource: a.gz\n%else\nSource0: a.gz\n%endif\n", nil, "a.gz"},
		{"percent", "Source: a%%.gz\n", nil, ""},
		{"unknown", "Source: a-%{what}.gz\n", nil, ""},
		{"endless", "%define a %{b}%{b}\n%define b %{a}%{a}\nSource: %{a}.gz\n", nil, ""},
		{"shell", "Source: %(echo a).gz\n", nil, ""},
		{"none", "Name: a\n", nil, ""},
		{"two", "%if 1\nSource: a.gz\n%else\nSource: b.gz\n%endif\n", nil, ""},
		{"climbs", "Source: a/..\n", nil, ""},
		{"several lines", "%define v 1\\\n2\nSource: a-%{v}.gz\n", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parse(t, tt.text).SourceFile(tt.vars)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Fatalf("got %q, %v, want %q", got, err, tt.want)
			}
			var p *rpmspec.PlaceError
			if err != nil && !errors.As(err, &p) {
				t.Errorf("got %v, want a *PlaceError", err)
			}
		})
	}
}

// A Version that is written out is the tree's; one of macros is rpm's business.
func TestCheckVersion(t *testing.T) {
	for version, want := range map[string]string{"66.0": "", "65.0": "x.spec:2: want Version: 66.0, as in there, got 65.0", "%{v}": "", "65.0~git": ""} {
		s, err := rpmspec.Parse("x.spec", []byte("Name: x\nVersion:  "+version+"\n%description\nVersion: 1.0\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := s.CheckVersion("66.0", "there"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", version, got, want)
		}
	}
}
