// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"testing"
)

func TestBuildRequires(t *testing.T) {
	for text, want := range map[string]bool{
		"BuildRequires: pandoc\n":                                                          true,
		"buildrequires:pandoc >= 2\n":                                                      true,
		"BuildRequires: gcc, pandoc\n":                                                     true,
		"BuildRequires: (pandoc or pandoc-cli)\n":                                          true,
		"%package x\nBuildRequires: pandoc\n":                                              true,
		"%if 0%{?rhel} == 9\nBuildRequires: pandoc\n%endif\n":                              true,
		"%{?rhel:BuildRequires: pandoc}\n":                                                 true,
		"%global tool pandoc\nBuildRequires: %{tool}\n":                                    true,
		"%if 0%{?rhel} == 8\nBuildRequires: pandoc\n%endif\n":                              false,
		"%if 0%{?mystery}\nBuildRequires: pandoc\n%endif\n":                                false,
		"%{?fedora:BuildRequires: pandoc}\n":                                               false,
		"Requires: pandoc\n":                                                               false,
		"BuildRequires: pandoc-cli\n":                                                      false,
		"%description\nBuildRequires: pandoc\n":                                            false,
		"# BuildRequires: pandoc\n%define x \\\nBuildRequires: pandoc\nBuildRequires: a\n": false,
	} {
		if got := parse(t, text).Read(el9()).BuildRequires("pandoc"); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
