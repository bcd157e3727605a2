// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// onePackage is the spec of a distro that has all of it in one package, as
// openEuler has.
const onePackage = `Name: a
%package devel
Summary: x

%package help
Summary: x

%description
All.

%files
%dir %{_libdir}/libibverbs
%{_libdir}/libant.so.*
%{_libdir}/libibverbs*.so.*
%{_libdir}/libibverbs/*.so
%{_libdir}/libwasp.so.*
%license COPYING

%files devel
%{_includedir}/infiniband/*
%{_libdir}/lib*.so
%{_libdir}/pkgconfig/*.pc

%files help
%{_mandir}/*
`

func TestAddPayloadToOnePackage(t *testing.T) {
	library := rpmspec.Payload{
		Name: "crab", SoMajor: "2", Headers: []string{"crabdv.h"}, PkgConfig: true,
		Pages: []rpmspec.Page{{Section: 3, Name: "crabdv_pinch"}, {Section: 7, Name: "crabdv"}},
	}
	plugin := rpmspec.Payload{Name: "crab", Pages: []rpmspec.Page{{Section: 7, Name: "crab"}}}
	noMan := strings.Replace(onePackage, "%{_mandir}/*", "%doc README", 1)
	for _, tt := range []struct {
		name, text string
		payload    rpmspec.Payload
		want       string
	}{
		{"library", onePackage, library, "+%{_libdir}/libcrab.so.* <%{_libdir}/libibverbs*.so.*\n"},
		{"library that a glob has", strings.Replace(onePackage, "libant.so.*", "lib*.so.*", 1), library, ""},
		{"plug-in with a page", onePackage, plugin, ""},
		{"folders of pages by a pattern", strings.Replace(onePackage, "%{_mandir}/*", "%{_mandir}/man*", 1), plugin, ""},
		{"page that nothing takes", noMan, plugin, "+%{_mandir}/man7/crab* <\n"},
		{"the folders alone", strings.Replace(onePackage, "%{_mandir}/*", "%dir %{_mandir}/*", 1), plugin, "+%{_mandir}/man7/crab* <\n"},
		// One package has all pages, and libibverbs is there as well: the page is in one of them.
		{"libibverbs beside all pages", onePackage + "\n%package -n libibverbs\nSummary: x\n\n%files -n libibverbs\n%doc y\n", plugin, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after, got := edited(t, tt.text, func(s *rpmspec.Spec) error { return s.AddPayload(tt.payload) })
			if got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			_, main, _ := strings.Cut(after, "%files\n")
			main, _, _ = strings.Cut(main, "%files devel")
			if added := strings.TrimPrefix(tt.want, "+"); added != "" && !strings.Contains(main, strings.Fields(added)[0]) {
				t.Errorf("not in the main %%files:\n%s", after)
			}
		})
	}
	// A package without its %files is not a distro of that kind.
	text := onePackage + "\n%package -n libibverbs\nSummary: x\n"
	var place *rpmspec.PlaceError
	if err := parse(t, text).AddPayload(library); !errors.As(err, &place) || !strings.Contains(err.Error(), "%files -n libibverbs") {
		t.Errorf("got %v", err)
	}
}
