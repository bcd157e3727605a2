// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

const ninjaPlain = "%define make_jobs ninja-build -v %{?_smp_mflags}\n" +
	"%define cmake_install DESTDIR=%{buildroot} ninja-build install\n"

const ninjaInFolder = "%define make_jobs ninja-build -C %{_vpath_builddir} -v\n" +
	"%define cmake_install DESTDIR=%{buildroot} ninja-build -C %{_vpath_builddir} install\n"

const switchLine = "%global __cmake_in_source_build 1\n"

func TestConfigureWhereNinjaRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after string }{
		"no folder anywhere": {
			before: "Name: x\n%if 0%{?rhel} >= 8\nBuildRequires: ninja-build\n" + ninjaPlain + "%else\nBuildRequires: make\n%endif\n",
			after: "Name: x\n%if 0%{?rhel} >= 8\nBuildRequires: ninja-build\n" + ninjaPlain + switchLine +
				"%else\nBuildRequires: make\n%endif\n",
		},
		"a folder on Fedora alone": {
			before: "%if 0%{?rhel} >= 8\n%if 0%{?fedora} >= 33\n" + ninjaInFolder + "%else\n" + ninjaPlain + "%endif\n%endif\n",
			after: "%if 0%{?rhel} >= 8\n%if 0%{?fedora} >= 33\n" + ninjaInFolder + "%else\n" + ninjaPlain + switchLine +
				"%endif\n%endif\n",
		},
		"a folder on EL too": {
			before: "%if 0%{?fedora} >= 33 || 0%{?rhel} >= 9\n" + ninjaInFolder + "%else\n" + ninjaPlain + "%endif\n",
			after:  "%if 0%{?fedora} >= 33 || 0%{?rhel} >= 9\n" + ninjaInFolder + "%else\n" + ninjaPlain + "%endif\n",
		},
		"CRLF": {
			before: strings.ReplaceAll(ninjaPlain, "\n", "\r\n"),
			after:  strings.ReplaceAll(ninjaPlain+switchLine, "\n", "\r\n"),
		},
		"set by the spec": {before: switchLine + ninjaPlain, after: switchLine + ninjaPlain},
		"no ninja":        {before: "%define make_jobs make\n", after: "%define make_jobs make\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := rpmspec.Parse("x.spec", []byte(c.before))
			if err != nil {
				t.Fatal(err)
			}
			changed, err := spec.ConfigureWhereNinjaRuns()
			if err != nil {
				t.Fatal(err)
			}
			if got := string(spec.Bytes()); got != c.after || changed != (c.before != c.after) {
				t.Errorf("changed %v:\n%s\nwant:\n%s", changed, got, c.after)
			}
			again, err := spec.ConfigureWhereNinjaRuns()
			if err != nil || again {
				t.Errorf("a second time: changed %v, %v", again, err)
			}
		})
	}
}
