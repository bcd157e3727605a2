// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strings"
	"testing"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

func TestAddReleaseSuffix(t *testing.T) {
	const auto = "%define autorelease(e:s:pb:n) %{lua: print(3)}%{?dist}\n"
	for _, tt := range []struct{ before, after, changelog string }{
		{"Release: 3%{?dist}", "Release: 3%{?dist}.rib1", "1-3.rib1"},
		{"Release:\t1%{?dist}.2  ", "Release:\t1%{?dist}.2.rib1  ", "1-1.2.rib1"},
		{"Release: 3", "Release: 3.rib1", "1-3.rib1"},
		{"Release: 3.rib12", "Release: 3.rib12.rib1", "1-3.rib12.rib1"}, // has it, not at its end
		{"Release: 3.rib1%{?dist}", "Release: 3.rib1%{?dist}.rib1", "1-3.rib1.rib1"},
		{"%global baserelease 4\nRelease: %{baserelease}%{?dist}", "%global baserelease 4\nRelease: %{baserelease}%{?dist}.rib1", "1-4.rib1"},
		{"Release: 0.3.rc1%{?dist}", "Release: 0.3.rc1%{?dist}.rib1", "1-0.3.rc1.rib1"},
		{"Release: %{mystery}", "Release: %{mystery}.rib1", "1"},
		{"%if 0%{?fedora}\nRelease: 1\n%else\nRelease: 2\n%endif", "%if 0%{?fedora}\nRelease: 1.rib1\n%else\nRelease: 2.rib1\n%endif", "1-2.rib1"},
		{auto + "Release: %autorelease", auto + "Release: %{autorelease}.rib1", "1"},
		{auto + "Release: %autorelease -b 3", auto + "Release: %{autorelease -b 3}.rib1", "1"},
		{auto + "Release: %{autorelease}", auto + "Release: %{autorelease}.rib1", "1"},
	} {
		text := "Version: 1\r\n" + tt.before + "\n%description\nRelease: no\n"
		want := "Version: 1\r\n" + tt.after + "\n%description\nRelease: no\n"
		s := parse(t, text)
		for range 2 { // a second time changes nothing
			if err := s.AddReleaseSuffix(".rib1"); err != nil || string(s.Bytes()) != want {
				t.Errorf("%s: got %q, %v", tt.before, s.Bytes(), err)
			}
		}
		if got, err := s.Read(el9()).ReleaseVersion(); err != nil || got != tt.changelog {
			t.Errorf("%s: changelog %q, %v, want %q", tt.before, got, err, tt.changelog)
		}
	}
	for text, want := range map[string]string{
		"Version: 1\n":                           "a Release tag",
		"Release:\n":                             "a Release with a value",
		"Release: 1%{?dist:\n.x}\n":              "a Release on one line",
		"Release: 1\n%{?rhel:Release: 2}\n":      "not inside a macro",
		"Release: %autorelease\n":                "which it does not define",
		"Release: %{autorelease -e asan}\n":      "which it does not define",
		auto + "Release: %autorelease_special\n": "a suffix can be appended to",
	} {
		s := parse(t, text)
		var p *rpmspec.PlaceError
		if err := s.AddReleaseSuffix(".rib1"); !errors.As(err, &p) || !strings.Contains(err.Error(), want) || string(s.Bytes()) != text {
			t.Errorf("%q: got %v", text, err)
		}
	}
	for text, want := range map[string]string{"Release: 1\n": "a Version tag", "Version: 1\n": "a Release tag", "%if 0%{?x}\nVersion: 1\n%endif\n": "conditionals"} {
		if _, err := parse(t, text).Read(el9()).ReleaseVersion(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestCheckSuffix(t *testing.T) {
	for _, suffix := range []string{".rib1", "_vendor.2", "+x", ".r", ".a" + strings.Repeat("b", 60)} {
		if err := rpmspec.CheckSuffix(suffix); err != nil {
			t.Errorf("%q: %v", suffix, err)
		}
	}
	for suffix, want := range map[string]string{
		"": "is empty", "rib1": "does not start with", ".1": "starts with a digit", "._1": "", ".r~1": "a tilde", "^rib": "", ".r-1": "an invalid character",
		".r 1": "", ".%{x}": "", ".r\n%post": "", ".é": "", "..a": "", ".": "", ".$(id)": "", ".a" + strings.Repeat("b", 70): "",
	} {
		var s *rpmspec.SuffixError
		if err := rpmspec.CheckSuffix(suffix); !errors.As(err, &s) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ".rib1") {
			t.Errorf("%q: got %v", suffix, err)
		}
	}
	if err := parse(t, "Release: 1\n").AddReleaseSuffix(".1"); err == nil {
		t.Error("a suffix that is none was added")
	}
}

// TestSuffixOrder asks rpm's order of versions: what has the suffix upgrades the
// distro's own build, and is upgraded by whatever the distro makes next.
func TestSuffixOrder(t *testing.T) {
	for own, next := range map[string][]string{
		"3.el9":         {"4.el9", "3.el9.1", "3.el9_4", "3.el9_4.1", "10.el9", "3.el10"},
		"3.el8":         {"4.el8", "3.el8_10", "3.el8.1"},
		"1.el9.2":       {"1.el9.3", "1.el9.2.1", "2.el9", "1.el9.10"},
		"3.fc40":        {"4.fc40", "3.fc40.1", "3.fc41"},
		"3":             {"4", "3.1", "10"},
		"3.oe2203":      {"4.oe2203", "3.oe2203.1"},
		"0.3.rc1.el9":   {"0.4.rc2.el9", "1.el9", "0.3.rc1.el9.1"},
		"150400.6.1":    {"150400.6.2", "150400.7.1", "150400.6.1.1"},
		"3.el9.standin": {"4.el9.standin", "3.el9.standin.1"},
	} {
		for _, suffix := range []string{".rib1", "_vendor.2", "+x9", ".a"} {
			ours := own + suffix
			if rpmutils.Vercmp(ours, own) <= 0 {
				t.Errorf("%s does not upgrade %s", ours, own)
			}
			for _, n := range next {
				if rpmutils.Vercmp(n, ours) <= 0 {
					t.Errorf("%s does not upgrade %s", n, ours)
				}
			}
		}
	}
	// What CheckSuffix refuses would not do.
	if rpmutils.Vercmp("3.el9.1", "3.el9.1") != 0 || rpmutils.Vercmp("3.el9~rib1", "3.el9") >= 0 {
		t.Error("a number or a tilde would do as a suffix")
	}
	// A second counter of ours upgrades the first.
	if rpmutils.Vercmp("3.el9.rib2", "3.el9.rib1") <= 0 || rpmutils.Vercmp("3.el9.rib10", "3.el9.rib9") <= 0 {
		t.Error("a suffix with a higher number does not upgrade")
	}
}
