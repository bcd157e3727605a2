// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// group is the arm of a condition that is read: "yes", "no", or "?" where it is not
// decided.
func group(t *testing.T, before, cond string) string {
	t.Helper()
	text := before + cond + "\nGroup: yes\n%else\nGroup: no\n%endif\n"
	got, ok, err := parse(t, text).Read(el9()).Tag("Group")
	var p *rpmspec.PlaceError
	switch {
	case errors.As(err, &p) && p.Line > 0:
		return "?"
	case err != nil || !ok:
		t.Errorf("%q: %q, %v, %v", text, got, ok, err)
	}
	return got
}

// TestConditionalDefinitions defines a macro inside others, and asks for it.
func TestConditionalDefinitions(t *testing.T) {
	for before, want := range map[string]string{
		"%global hot 0\n%{?rhel:%global hot 1}\n":                          "yes",
		"%global hot 0\n%{?rhel: %define hot 1 }\n":                        "yes",
		"%global hot 0\n%{?!fedora:%global hot 1}\n":                       "yes",
		"%global hot 0\n%{!?fedora:%global hot 1}\n":                       "yes",
		"%global hot 0\n%{!?rhel:%global hot 1}\n":                         "no",
		"%global hot 0\n%{?fedora:%global hot 1}\n":                        "no",
		"%global hot 0\n%{?mystery:%global hot 1}\n":                       "?",
		"%global hot 0\n%{!?mystery:%global hot 1}\n":                      "?",
		"%global hot 1\n%{?rhel:%undefine hot}\n":                          "no",
		"%global hot 0\n%{?rhel:%{!?fedora:%global hot 1}}\n":              "yes",
		"%{?rhel:%global hot 1}%{!?rhel:%global hot 0}\n":                  "yes",
		"%{!?rhel:%global hot 1} %{?rhel:%global hot 0}\n":                 "no",
		"%global hot 0\n%{?rhel:\n%global hot 1\n}\n":                      "yes",
		"%global hot 0\n%{?fedora:\n%global hot 1\n}\n":                    "no",
		"%global hot 0\n%{?rhel:\n%global hot 1\n%global other 1\n}\n":     "?",
		"%global hot 0\n%{expand:%global hot 1}\n":                         "?",
		"%global hot 0\n# %global hot 1\n":                                 "?", // rpm expands macros in comments
		"%global hot 0\n# %%global hot 1\n":                                "no",
		"%global hot 0\n%{lua: rpm.define(\"hot 1\")}\n":                   "?",
		"%global hot 0\nRequires: a %{?rhel:%global hot 1}\n":              "?",
		"%define set() %global hot 1\n%global hot 0\n%set\n":               "?",
		"%global hot {1}\n":                                                "?",
		"%{?rhel:%bcond_without x}\n%global hot %{with x}\n":               "yes",
		"%{?mystery:%bcond_without x}\n%global hot %{with x}\n":            "?",
		"%if 0%{?mystery}\n%{?rhel:%global hot 1}\n%endif\n":               "?",
		"%global hot 0\n%if 0%{?fedora}\n%{?rhel:%global hot 1}\n%endif\n": "no",
	} {
		if got := group(t, before, "%if 0%{?hot}"); got != want {
			t.Errorf("%q: got %s, want %s", before, got, want)
		}
	}
}

func TestVersionComparisons(t *testing.T) {
	const version = "Version: 56.1\n"
	for cond, want := range map[string]string{
		`%if v"%{version}" >= v"50"`:      "yes",
		`%if v"%{version}" >= v"9"`:       "yes",
		`%if v"56.1~rc1" < v"%{version}"`: "yes",
		`%if v"%{version}" < v"56.01"`:    "no",
		`%if v"56.1" == v"%{version}"`:    "yes",
		`%if v"%{version}" > "50"`:        "?",
		`%if v"%{version}" > 50`:          "?",
		`%if v"1" + v"2" == v"12"`:        "?",
		`%if v"1" * 2`:                    "?",
		`%if v"" < v"1"`:                  "?",
		`%if v"1-1" < v"1-2"`:             "?", // with a release
		`%if v"1:1" < v"2"`:               "?", // with an epoch
		`%if v"1^git" < v"1"`:             "?", // not in EL 8's order
		`%if v"%{mystery}" < v"1"`:        "?",
	} {
		if got := group(t, version, cond); got != want {
			t.Errorf("%q: got %s, want %s", cond, got, want)
		}
	}
}

// TestVersionInConditional uses %{version} after a tag of which conditionals give two.
func TestVersionInConditional(t *testing.T) {
	const two = "%if 0%{?fedora}\nVersion: 50\n%else\nVersion: 56\n%endif\n"
	for before, want := range map[string]string{
		two: "yes", "%global v %{version}\n" + two: "yes",
		"Version: 56\n%{?rhel:Version: 50}\n":                         "?",
		"%if 0%{?mystery}\nVersion: 50\n%else\nVersion: 56\n%endif\n": "?",
		"%if 0%{?mystery}\nVersion: 56\n%else\nVersion: 56\n%endif\n": "yes",
	} {
		if got := group(t, before, "%if %{version} == 56"); got != want {
			t.Errorf("%q: got %s, want %s", before, got, want)
		}
	}
}

// TestTagsInMacros has sources, patches and a release inside macros.
func TestTagsInMacros(t *testing.T) {
	const tags = "Name: a\nVersion: 1\nRelease: 1\n"
	for _, tt := range []struct{ tags, want string }{
		{"Source: a\nPatch0: zero\n%{?rhel:Patch1: one.patch}\n%{?fedora:Patch2: two.patch}\nPatch: next\n", "a; 0 zero -p1; 1 one.patch -p1; 2 next -p1"},
		{"Source: a\n%{?rhel:%{!?fedora:Patch: one-%{name}}}\n", "a; 0 one-a -p1"},
		{"%{!?rhel:Source0: b}\n%{?rhel:Source0: a}\n", "a"},
		{"Source: a\n%{?mystery:Source1: y}\n%{?mystery:BuildRequires: z}\n", "a"},
		{"Source: a\n%global one Patch4: four\n%{one}\n", "a; 4 four -p1"},
		{"Source: a\n%{?rhel:\nPatch1: one\n}\n", "a; 1 one -p1"},
		{"Source: a\n%{?fedora:\nPatch1: one\nPatch2: two\n}\n", "a"},
		{"Source: a\n%patchlist\n%{name}-x.patch\n%{?fedora:two}\n%{?rhel:three}\n%global x y\n", "a; 0 a-x.patch -p1; 1 three -p1"},
	} {
		p, err := parse(t, tags+tt.tags+"%prep\n%autosetup -p1\n").Read(el9()).Prep()
		if err != nil || steps(p) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.tags, steps(p), err, tt.want)
		}
	}
	for _, tt := range []struct{ tags, want string }{
		{"Source: a\n%{?mystery:Patch1: one.patch}\n", "its value is not known here"},
		{"%{?mystery:Source: b}\nSource: a\n", "its value is not known here"},
		{"%if 0%{?mystery}\n%{?rhel:Patch1: one.patch}\n%endif\nSource: a\n", "that the distro's macros decide"},
		{"%{?rhel:\nPatch1: one\nPatch2: two\n}\nSource: a\n", "one tag in a macro"},
		{"%{lua: print(\"Patch1: one\")}\nSource: a\n", "with parameters"},
		{"Source: a\n%patchlist\n%{?mystery:one}\n", "its value is not known here"},
	} {
		_, err := parse(t, tags+tt.tags+"%prep\n%autosetup -p1\n").Read(el9()).Prep()
		var p *rpmspec.PlaceError
		if !errors.As(err, &p) {
			t.Errorf("%s: got %v", tt.tags, err)
			continue
		}
		wantPlace(t, err, p.Line, tt.want)
		if p.Line < 4 {
			t.Errorf("%s: line %d", tt.tags, p.Line)
		}
	}
}
