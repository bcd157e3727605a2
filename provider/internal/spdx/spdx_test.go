// SPDX-License-Identifier: Apache-2.0

package spdx

import (
	"strings"
	"testing"
)

func TestLicenceTerms(t *testing.T) {
	for said, want := range map[string]string{
		"GPL-2.0 OR BSD-2-Clause":                             "BSD-2-clause or GPL-2",
		"(GPL-2.0-only OR Linux-OpenIB)":                      "BSD-MIT or GPL-2",
		"GPL-2.0 or OpenIB.org BSD (MIT) See COPYING file":    "BSD-MIT or GPL-2",
		"((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)": "BSD-3-clause or GPL-2",
		"GPL-2.0-or-later":                                    "GPL-2+",
		"MIT AND (A OR B)":                                    "A and MIT or B and MIT",
		"A or B, and C":                                       "A and C or B and C",
		"A OR A AND B":                                        "A",
		"(A OR B) AND (A OR C)":                               "A or B and C",
		"BSD-MIT or GPL-2":                                    "BSD-MIT or GPL-2",
		"":                                                    "", "A B": "", "A OR": "", "(A": "", "A)": "", "A WITH": "", "A, B": "", "%{x}": "",
		strings.Repeat("(", 50) + "A": "",
	} {
		terms, err := Parse(said)
		if got := terms.String(); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: got %q, %v; want %q", said, got, err, want)
		}
	}
	var many []string
	for range 12 {
		many = append(many, "(A"+strings.Repeat("x", len(many))+" OR B"+strings.Repeat("y", len(many))+")")
	}
	if terms, err := Parse(strings.Join(many, " AND ")); err == nil {
		t.Errorf("a choice of %d", len(terms))
	}
}
