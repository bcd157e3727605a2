// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
)

func sourcesThatSay(texts ...string) sourceFiles {
	s := sourceFiles{"Makefile": []byte("all:\n")}
	for i, text := range texts {
		s["f"+strconv.Itoa(i)+".c"] = []byte("// the provider\n" + text + "\nint x;\n")
	}
	return s
}

// TestAddonLicence: each licence that a file has is in the package's, once.
func TestAddonLicence(t *testing.T) {
	const id = "SPDX-License-Identifier: "
	for _, tt := range []struct {
		name string
		says []string
		want string
	}{
		{"one", []string{"// " + id + "MIT"}, "MIT"},
		{"brackets around all", []string{"/* " + id + "((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */"}, "(GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause"},
		{"beside a simple one", []string{"/* " + id + "((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */", "# " + id + "MIT"}, "((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) AND MIT"},
		{"beside another choice", []string{"// " + id + "(GPL-2.0 WITH Linux-syscall-note) OR Linux-OpenIB", "// " + id + "GPL-2.0 OR BSD-3-Clause"}, "((GPL-2.0 WITH Linux-syscall-note) OR Linux-OpenIB) AND (GPL-2.0 OR BSD-3-Clause)"},
		{"brackets at both ends", []string{"// " + id + "((A) OR B) AND (C)"}, "((A) OR B) AND (C)"},
		{"brackets at both ends, beside", []string{"// " + id + "((A) OR B) AND (C)", "// " + id + "D"}, "(((A) OR B) AND (C)) AND D"},
		{"brackets at both ends in brackets", []string{"// " + id + "((A OR B) AND (C OR D))", "// " + id + "(E)"}, "((A OR B) AND (C OR D)) AND E"},
		{"doubled", []string{"// " + id + "(((A)) OR ((B AND C)))"}, "(A) OR (B AND C)"},
		{"only doubled", []string{"// " + id + "(((MIT)))"}, "MIT"},
		{"an exception", []string{"// " + id + "(A WITH x)", "// " + id + "B"}, "A WITH x AND B"},
		{"the same, written otherwise", []string{"// " + id + "(A or B)", "/* " + id + "A  OR\tB */", "<!-- " + id + "A OR B-->", "/* " + id + "((A Or B))*/"}, "A OR B"},
		{"several in one file", []string{"// " + id + "A OR B\n// " + id + "C"}, "(A OR B) AND C"},
		{"behind other comments", []string{"// x // " + id + "A\r", "(* " + id + "B *)", "/***  " + id + "C   ***/", "#[[ " + id + "D ]]", "# " + id + "E  #", "x(\"" + id + "F\\n\");", "{# " + id + "G #}", "x: '" + id + "H'", "y " + id + "\"I or J\""}, "A AND B AND C AND D AND E AND F AND G AND H AND (I OR J)"},
		{"a licence of one's own", []string{"// " + id + "DocumentRef-x:LicenseRef-y.z OR GPL-2.0+"}, "DocumentRef-x:LicenseRef-y.z OR GPL-2.0+"},
		{"words that SPDX has not", []string{"/* " + id + "GPL-2.0 or OpenIB.org BSD (MIT) See COPYING file */", "// " + id + "MIT"}, "(GPL-2.0 OR OpenIB.org BSD (MIT) See COPYING file) AND MIT"},
		{"a text about such lines", []string{"// " + id + "%s\n// " + id + "\n// `" + id + "`\n// find(\"" + id + "\")", "// " + id + "MIT"}, "MIT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sourcesThatSay(tt.says...).licence()
			if err != nil || got != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
			safeLicence(t, got)
		})
	}
}

// TestAddonLicenceMistakes: what cannot be read as a whole is not left out.
func TestAddonLicenceMistakes(t *testing.T) {
	for said, want := range map[string]string{
		"(GPL-2.0 OR":            "want a licence on both sides of OR",
		"(GPL-2.0 OR MIT":        "unbalanced brackets",
		"GPL-2.0 OR MIT)":        "unbalanced brackets",
		"GPL-2.0 OR MIT) AND (B": "unbalanced brackets",
		"A AND OR B":             "want a licence on both sides of AND",
		"AND B":                  "want a licence on both sides of AND",
		"(OR B)":                 "want a licence on both sides of OR",
		"A () OR B":              "empty brackets",
		"GPL-2.0, MIT":           "invalid characters",
		"GPL-2.0/MIT":            "invalid characters",
		"GPL-2.0 or fly's own":   "invalid characters",
		"MIT]":                   "invalid characters",
		"MIT %{lua:x}":           "invalid characters",
		"MIT\u00a0OR\u2028X":     "invalid characters",
		"MIT\x1b[31m":            "invalid characters",
		"MIT $(touch x)":         "invalid characters",
	} {
		s := sourcesThatSay("// SPDX-License-Identifier: MIT", "// SPDX-License-Identifier: "+said)
		pr := &provider.Provider{Dir: "fly"}
		licence, err := licenceOf(pr, s)
		wrong, ok := errors.AsType[*provider.SourceError](err)
		if !ok || licence != "" {
			t.Errorf("%q: got %q, %v", said, licence, err)
			continue
		}
		if wrong.Line != 2 || wrong.File != filepath.Join("fly", "f1.c") || !strings.HasSuffix(wrong.Got, want) {
			t.Errorf("%q: %v, want %s", said, wrong, want)
		}
	}
}

// TestAddonLicenceOfManifest: where no file says it, the manifest does, by
// Debian's names.
func TestAddonLicenceOfManifest(t *testing.T) {
	for said, want := range map[string]string{
		"BSD-MIT or GPL-2":                "Linux-OpenIB OR GPL-2.0-only",
		"GPL-2+":                          "GPL-2.0-or-later",
		"GPL-2 or BSD-2-clause":           "GPL-2.0-only OR BSD-2-Clause",
		"BSD-3-clause and (MIT or GPL-2)": "BSD-3-Clause AND (MIT OR GPL-2.0-only)",
		"CPL-1.0 or CC0":                  "CPL-1.0 OR CC0-1.0",
		"Fly-1.0":                         "Fly-1.0",
	} {
		pr := &provider.Provider{Dir: "fly", Manifest: provider.Manifest{License: said}}
		got, err := licenceOf(pr, sourcesThatSay("/* See COPYING file */", "// SPDX-License-Identifier: %{lua:x}"))
		if err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", said, got, err, want)
		}
		safeLicence(t, got)
		if got, err = licenceOf(pr, sourcesThatSay("// SPDX-License-Identifier: ISC")); err != nil || got != "ISC" {
			t.Errorf("where a file says it: %q, %v", got, err)
		}
	}
	for _, said := range []string{"", "GPL-2 (or BSD-MIT", "GPL-2 or", "%{x}", "GPL-2\nX: y"} {
		pr := &provider.Provider{Dir: "fly", Manifest: provider.Manifest{License: said}}
		_, err := licenceOf(pr, sourcesThatSay("x"))
		if wrong, ok := errors.AsType[*provider.SourceError](err); !ok || wrong.File != filepath.Join("fly", provider.ManifestName) {
			t.Errorf("%q: %v", said, err)
		}
	}
}

// safeLicence holds a licence against what RPM takes for text.
func safeLicence(t *testing.T, licence string) {
	t.Helper()
	depth := 0
	for _, c := range licence {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 || licence == "" || !licenceText.MatchString(licence) || strings.Contains(licence, "\t") {
		t.Errorf("%q is no text for RPM", licence)
	}
}

func FuzzAddonLicence(f *testing.F) {
	for _, text := range []string{
		"((A) OR B) AND (C)", "(A WITH x) OR B */", "((A or B)) -->", "((--or B)) -->", "A OR", "(A)) OR (B", "GPL-2.0 or OpenIB.org BSD (MIT) See COPYING file", "%{x}",
	} {
		f.Add("// SPDX-License-Identifier: "+text, "# SPDX-License-Identifier: MIT")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		s := sourcesThatSay(a, b)
		got, err := s.licence()
		if err != nil {
			if _, ok := errors.AsType[*provider.SourceError](err); !ok && !errors.Is(err, errNoLicence) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		safeLicence(t, got)
		again, err := sourcesThatSay("// SPDX-License-Identifier: " + got).licence()
		if err != nil || again != got {
			t.Fatalf("%q is read as %q, %v", got, again, err)
		}
	})
}
