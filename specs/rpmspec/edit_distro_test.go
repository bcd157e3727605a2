// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"testing"
	"time"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

func TestAddToDistro(t *testing.T) {
	const list = "%description -n libibverbs\nThings:\n- libmlx5: A fast one\n- librxe: A slow one\n"
	both := rpmspec.DistroEdits{Provides: true, Description: true}
	for _, tt := range []struct {
		name, text, want string
		edits            rpmspec.DistroEdits
	}{
		{
			"as upstream", "Name: x\n%package -n libibverbs\nProvides: libmlx5 = %{version}-%{release}\nObsoletes: libmlx5 < %{version}-%{release}\n" + list,
			"Provides: librib = %{version}-%{release}\nObsoletes: librib < %{version}-%{release}\n- librib: A crab", both,
		},
		{
			"with an epoch", "Name: x\n%package -n libibverbs\nProvides:  libmlx5 = %{epoch}:%{version}-%{release}\nObsoletes: libmlx5 < %{epoch}:%{version}-%{release}\n" + list,
			"Provides:  librib = %{epoch}:%{version}-%{release}\nObsoletes: librib < %{epoch}:%{version}-%{release}\n- librib: A crab", both,
		},
		{
			"all in one package",
			"Name: x\nProvides:       libibmad = %{version}-%{release}\nObsoletes:      libibmad < %{version}-%{release}\n" +
				"Provides:       libmlx5 = %{version}-%{release}\nObsoletes:      libmlx5 < %{version}-%{release}\n" +
				"Provides:       librxe = %{version}-%{release}\nObsoletes:      librxe < %{version}-%{release}\n%description\nAll.\n",
			"Provides:       librib = %{version}-%{release}\nObsoletes:      librib < %{version}-%{release}",
			rpmspec.DistroEdits{Provides: true},
		},
		{"no pairs", "Name: x\nProvides: libibmad = %{version}-%{release}\nObsoletes: libibmad < %{version}-%{release}\n%package -n libibverbs\n" + list, "- librib: A crab", rpmspec.DistroEdits{Description: true}},
		{"provides only", "Name: x\n%package -n libibverbs\nProvides: libmlx5 = %{version}-%{release}\n" + list, "- librib: A crab", rpmspec.DistroEdits{Description: true}},
		{"nothing", "Name: x\n%package -n libibverbs\n%description -n libibverbs\nDrivers.\n", "", rpmspec.DistroEdits{}},
		{"no libibverbs", "Name: x\n%description\nDrivers.\n", "", rpmspec.DistroEdits{}},
		{"translated", "Name: x\n%description -n libibverbs -l pl\nProsto.\n" + list, "- librib: A crab", rpmspec.DistroEdits{Description: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, tt.text)
			for range 2 { // a second time changes nothing
				if done, err := s.AddToDistro("rib", "A crab"); err != nil || done != tt.edits {
					t.Fatalf("%+v, %v", done, err)
				}
				if got := inserted(t, tt.text, string(s.Bytes())); got != tt.want {
					t.Errorf("added %q", got)
				}
			}
		})
	}
	s := parse(t, "%description -n libibverbs\n- librib: Another crab\n")
	if done, err := s.AddToDistro("rib", "A crab"); err != nil || !done.Description {
		t.Errorf("a list that has it: %v", err)
	}
	var v *rpmspec.ValueError
	if _, err := s.AddToDistro("rib", "a\nb"); !errors.As(err, &v) {
		t.Errorf("got %v", err)
	}
}

func TestPacks(t *testing.T) {
	const module, driver = "%{_libdir}/libibverbs/*.so\n", "%config(noreplace) %{_sysconfdir}/libibverbs.d/*.driver\n"
	for _, tt := range []struct {
		name, text, missing string
	}{
		{"upstream", "%files -n libibverbs\n" + module + driver, ""},
		{"in conditionals, with attributes", "%files\n%attr(0755, root, root) " + module + "%if 0\n" + driver + "%endif\n", ""},
		{"folders", "%files\n%{_libdir}/libibverbs\n%{_sysconfdir}/libibverbs.d/\n", ""},
		{"all", "%files\n%{_libdir}/*\n%{_sysconfdir}/*\n", ""},
		{"abi", "%files\n%{_libdir}/libibverbs/lib*-%{ibv_abi}.so\n" + driver, ""},
		{"list", "%files -f list\n", ""},
		{"by name", "%files\n%{_libdir}/libibverbs/libmlx5-rdmav*.so\n" + driver, "libibverbs/librib-rdmav34.so"},
		{"devel's", "%files\n%{_libdir}/lib*.so\n%{_bindir}/*\n" + driver, "libibverbs/librib-rdmav34.so"},
		{"driver by name", "%files\n" + module + "%{_sysconfdir}/libibverbs.d/mlx5.driver\n", "libibverbs.d/rib.driver"},
		{"the folder itself only", "%files\n%dir %{_libdir}/libibverbs\n" + driver, "libibverbs/librib-rdmav34.so"},
		{"commented", "%files\n#" + module + driver, "libibverbs/librib-rdmav34.so"},
		{"excluded", "%files\n%exclude " + module + driver, "libibverbs/librib-rdmav34.so"},
	} {
		err := parse(t, "Name: x\n"+tt.text).Packs("rib")
		if tt.missing == "" && err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if tt.missing != "" {
			wantPlace(t, err, 2, tt.missing)
		}
	}
}

func TestNewestChange(t *testing.T) {
	s := parse(t, "%changelog\n* Tue May  9 2023 X <x@y> - 1\n- a\n* Wed May 10 2023 X <x@y> - 1\n- a\n* some day\n")
	if day, ok := s.NewestChange(); !ok || !day.Equal(time.Date(2023, 5, 10, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("got %v, %v", day, ok)
	}
	if day, ok := parse(t, "Name: a\n%changelog\n").NewestChange(); ok {
		t.Errorf("got %v of none", day)
	}
}
