// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// list makes a spec with these lines in the libibverbs package and its description.
func list(pkg, description string) string {
	return "Name: a\n%package -n libibverbs-utils\nProvides: libzoo = %{version}-%{release}\n" +
		"%package -n libibverbs\nSummary: x\n" + pkg + "Requires: y\n\n%description -n libibverbs\nDrivers:\n\n" + description +
		"\n%description -n libibverbs-utils\n- libzoo: no\n%files\n"
}

func pair(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString("Provides: lib" + n + " = %{version}-%{release}\nObsoletes: lib" + n + " < %{version}-%{release}\n")
	}
	return b.String()
}

const newPair = "Provides: libcrab = %{version}-%{release}\nObsoletes: libcrab < %{version}-%{release}\n"

func TestAddProvider(t *testing.T) {
	for _, tt := range []struct {
		name, pkg, description   string
		wantPkg, wantDescription string
	}{
		{"between", pair("bee", "snail"), "- libbee: B\n- libsnail: S\n", pair("bee", "crab", "snail"), "- libbee: B\n- libcrab: Sideways\n- libsnail: S\n"},
		{"first", pair("dove"), "- libdove: D\n", pair("crab", "dove"), "- libcrab: Sideways\n- libdove: D\n"},
		{"last", pair("ant", "bee"), "- libant: A\n", pair("ant", "bee", "crab"), "- libant: A\n- libcrab: Sideways\n"},
		{"not sorted", pair("bee", "ape", "dove", "cow"), "- libbee: B\n", pair("bee", "ape", "crab", "dove", "cow"), "- libbee: B\n- libcrab: Sideways\n"},
		{"a prefix sorts first", pair("crab2"), "- libcra: c\n- libcrab_2: c\n", pair("crab", "crab2"), "- libcra: c\n- libcrab: Sideways\n- libcrab_2: c\n"},
		{"items of several lines", pair("bee"), "- libbee: B\n  and more\n\nThe end.\n", pair("bee", "crab"), "- libbee: B\n  and more\n- libcrab: Sideways\n\nThe end.\n"},
		{
			"conditional entries", "%if 1\n" + pair("ant") + "%endif\n%ifarch x\n" + pair("ape") + "%else\n" + pair("dove") + "%endif\n", "- libant: A\n",
			"%if 1\n" + pair("ant") + "%endif\n" + newPair + "%ifarch x\n" + pair("ape") + "%else\n" + pair("dove") + "%endif\n", "- libant: A\n- libcrab: Sideways\n",
		},
		{"conditional last", "%if 1\n" + pair("ant") + "%endif\n", "- libant: A\n", "%if 1\n" + pair("ant") + "%endif\n" + newPair, "- libant: A\n- libcrab: Sideways\n"},
		{
			"columns", "Provides:       libant = %{version}-%{release}\n", "- libant: A\n",
			"Provides:       libant = %{version}-%{release}\nProvides:       libcrab = %{version}-%{release}\nObsoletes:      libcrab < %{version}-%{release}\n", "- libant: A\n- libcrab: Sideways\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, list(tt.pkg, tt.description))
			for range 2 {
				if err := s.AddProvider("crab", "Sideways"); err != nil {
					t.Fatal(err)
				}
				if got, want := string(s.Bytes()), list(tt.wantPkg, tt.wantDescription); got != want {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			}
			s = parse(t, list(tt.pkg, tt.description))
			if err := s.AddSUSEProvider("crab", "Sideways"); err != nil {
				t.Fatal(err)
			}
			if got, want := string(s.Bytes()), list(tt.pkg, tt.wantDescription); got != want {
				t.Errorf("SUSE: got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestAddProviderEscapes(t *testing.T) {
	s := parse(t, small)
	if err := s.AddProvider("crab", " 100% %{fast} "); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(s.Bytes()), "\n- libcrab: 100%% %%{fast}\n") {
		t.Errorf("got:\n%s", s.Bytes())
	}
	before := string(s.Bytes())
	if err := s.AddProvider("crab", "100% %{fast}"); err != nil || string(s.Bytes()) != before {
		t.Errorf("a second time: %v\n%s", err, s.Bytes())
	}
}

func TestAddProviderRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line       int
		parts      []string
	}{
		{"no package", "Name: a\n%description -n libibverbs\n- libant: A\n", 0, []string{"%package -n libibverbs", "none"}},
		{"two packages", list(pair("ant"), "- libant: A\n") + "%package -nlibibverbs\n", 18, []string{"one section", "2 of them, the first in line 4"}},
		{"no pairs", list("Provides: libant = 1\n", "- libant: A\n"), 4, []string{"Provides: libNAME", "none"}},
		{"half a pair", list("Provides: libcrab = %{version}-%{release}\n", "- libant: A\n"), 6, []string{"an Obsoletes of libcrab"}},
		{"no description", strings.ReplaceAll(list(pair("ant"), ""), "%description -n libibverbs\n", "%description other\n"), 0, []string{"%description -n libibverbs", "none"}},
		{"no items", list(pair("ant"), "* libant: A\n"), 10, []string{"- libNAME: text", "none"}},
		{"another description", list(pair("ant"), "- libcrab: Forwards\n"), 13, []string{"- libcrab: Sideways", "- libcrab: Forwards"}},
		{"conditional over sections", "%if 1\n%package -n libibverbs\n%if 1\n" + pair("ant") + "%description -n libibverbs\n%endif\n- libant: A\n%endif\n", 4, []string{"a list within one section"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, tt.text)
			wantPlace(t, s.AddProvider("crab", "Sideways"), tt.line, tt.parts...)
			if got := string(s.Bytes()); got != tt.text {
				t.Errorf("a failed edit left:\n%s", got)
			}
		})
	}
	for _, v := range [][2]string{
		{"", "x"},
		{"a b", "x"},
		{"a\n", "x"},
		{"a%", "x"},
		{"..", "x"},
		{"-n", "x"},
		{"a", ""},
		{"a", " "},
		{"a", "x\ny"},
		{"a", "x\ry"},
		{"a", "x\x00"},
		{"a", "x\ty"},
		{"a", "x\\"},
		{"a", "x\u2028y"},
		{"a", "x\u202ey"},
		{"a", "\xff"},
	} {
		for name, add := range map[string]func(*rpmspec.Spec, string, string) error{"": (*rpmspec.Spec).AddProvider, "SUSE": (*rpmspec.Spec).AddSUSEProvider} {
			s := parse(t, small)
			var e *rpmspec.ValueError
			if err := add(s, v[0], v[1]); !errors.As(err, &e) || string(s.Bytes()) != small {
				t.Errorf("Add%sProvider(%q): %v, want a *ValueError", name, v, err)
			}
		}
	}
}
