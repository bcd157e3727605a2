// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

const suseSpec = `Name:           a
%define ant_so_major    1
%define verbs_so_major  1
%define wasp2_so_major  1
%define mad_major       5

%define  ant_lname    libant%{ant_so_major}
%define  verbs_lname  libibverbs%{verbs_so_major}
%define  wasp2_lname  libwasp2-%{wasp2_so_major}

%ifnarch s390
%define dma_coherent 1
%endif

%package devel
Requires:       %{verbs_lname} = %{version}-%{release}
%if 0%{?dma_coherent}
Requires:       %{ant_lname} = %{version}-%{release}
Requires:       %{wasp2_lname} = %{version}-%{release}
%endif

%package -n     libibverbs
Summary:        x
%if 0%{?dma_coherent}
Requires:       %{ant_lname} = %{version}-%{release}
Requires:       %{wasp2_lname} = %{version}-%{release}
%endif
Recommends:     y

%description -n libibverbs
- libant: A

%package -n %verbs_lname
Summary:        Verbs

%description -n %verbs_lname
Verbs.

%package -n %ant_lname
Summary:        ANT runtime library
Group:          System/Libraries

%description -n %ant_lname
Ant.

%package -n %wasp2_lname
Summary:        WASP2 runtime library

%description -n %wasp2_lname
Wasp.

%package -n mad%{mad_major}

%description -n mad%{mad_major}
Mad.

%build
%cmake -DCMAKE_INSTALL_MODPROBEDIR:PATH=%{_modprobedir}

@SCRIPTLETS@
%files
%if 0%{?dma_coherent}
%{_modprobedir}/ant.conf
%endif
%{_modprobedir}/truly.conf

%files devel
%{_includedir}/infiniband/*
%{_libdir}/lib*.so
%{_libdir}/pkgconfig/*.pc
%{_mandir}/man3/verbs_*
%if 0%{?dma_coherent}
%{_mandir}/man3/antdv*
%{_mandir}/man3/wasp2dv*
%endif

%files -n libibverbs
%{_libdir}/libibverbs/*.so

%files -n %verbs_lname
%{_libdir}/libibverbs*.so.*

%if 0%{?dma_coherent}
%files -n %ant_lname
%{_libdir}/libant*.so.*

%files -n %wasp2_lname
%{_libdir}/libwasp2*.so.*
%endif

%files utils
%{_bindir}/x
`

const (
	suseSections = "%post -n %verbs_lname -p /sbin/ldconfig\n%postun -n %verbs_lname -p /sbin/ldconfig\n\n" +
		"%post -n %ant_lname -p /sbin/ldconfig\n%postun -n %ant_lname -p /sbin/ldconfig\n\n" +
		"%post -n %wasp2_lname -p /sbin/ldconfig\n%postun -n %wasp2_lname -p /sbin/ldconfig\n"
	suseMacros = "%ldconfig_scriptlets -n %verbs_lname\n%ldconfig_scriptlets -n %ant_lname\n%ldconfig_scriptlets -n %wasp2_lname\n"
)

// suse returns the spec with scriptlets of one form or none.
func suse(scriptlets string) string {
	return strings.Replace(suseSpec, "@SCRIPTLETS@\n", scriptlets+"\n", 1)
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if strings.Count(text, p) != 1 {
			t.Errorf("%d times %q in:\n%s", strings.Count(text, p), p, text)
		}
	}
}

func TestAddSUSEPayload(t *testing.T) {
	p := crab()
	p.Files = append(p.Files, rpmspec.File{Dir: rpmspec.EtcModprobe, Name: "z.conf"})
	after, change := edited(t, suse(suseSections), func(s *rpmspec.Spec) error { return s.AddSUSEPayload(p) })
	if strings.Contains(change, "-") && strings.HasPrefix(change, "-") || strings.Contains(change, "\n-") {
		t.Errorf("something was taken out:\n%s", change)
	}
	need := "Requires:       %{ant_lname} = %{version}-%{release}\nRequires:       %{crab_lname} = %{version}-%{release}\nRequires:       %{wasp2_lname}"
	if strings.Count(after, need) != 2 {
		t.Errorf("requires:\n%s", after)
	}
	wantParts(t, after,
		"%define verbs_so_major  1\n%define crab_so_major   2\n%define wasp2_so_major  1\n",
		"libibverbs%{verbs_so_major}\n%define  crab_lname   libcrab%{crab_so_major}\n%define  wasp2_lname  ",
		"Ant.\n\n%package -n %crab_lname\nSummary:        CRAB runtime library\nGroup:          System/Libraries\n\n"+
			"%description -n %crab_lname\nThis package contains the crab runtime library.\n\n%package -n %wasp2_lname",
		"-p /sbin/ldconfig\n\n%post -n %crab_lname -p /sbin/ldconfig\n%postun -n %crab_lname -p /sbin/ldconfig\n\n%post -n %wasp2_lname",
		"libant*.so.*\n\n%files -n %crab_lname\n%{_libdir}/libcrab.so.*\n\n%files -n %wasp2_lname",
		"%{_mandir}/man3/antdv*\n%{_mandir}/man3/crabdv*\n%{_mandir}/man3/wasp2dv*\n%{_mandir}/man7/crabdv*\n%endif\n",
		"%{_modprobedir}/ant.conf\n%{_modprobedir}/crab.conf\n%endif\n",
		"truly.conf\n%if 0%{?dma_coherent}\n%{_prefix}/lib/udev/rules.d/70-crab.rules\n%{_libexecdir}/crab-setup\n"+
			"%config(noreplace) %{_sysconfdir}/modprobe.d/z.conf\n%endif\n\n%files devel")
}

// Without coherent DMA all of it stands outside the conditions; the last in
// each list; with the other forms of scriptlets.
func TestAddSUSEPayloadOutside(t *testing.T) {
	p := crab()
	p.Name, p.Coherent, p.Files = "zebra2", false, nil
	for i := range p.Pages {
		p.Pages[i].Name = strings.Replace(p.Pages[i].Name, "crab", "zebra", 1)
	}
	for _, form := range []struct{ text, want string }{
		{suseMacros, "%ldconfig_scriptlets -n %wasp2_lname\n%ldconfig_scriptlets -n %zebra2_lname\n"},
		{"%ldconfig_scriptlets -n %verbs_lname\n", "%ldconfig_scriptlets -n %verbs_lname\n%ldconfig_scriptlets -n %zebra2_lname\n"},
		{"", "rpm's file triggers"},
		{suseSections, "%postun -n %wasp2_lname -p /sbin/ldconfig\n\n%post -n %zebra2_lname -p /sbin/ldconfig\n%postun -n %zebra2_lname -p /sbin/ldconfig\n"},
	} {
		after, _ := edited(t, suse(form.text), func(s *rpmspec.Spec) error { return s.AddSUSEPayload(p) })
		if form.text != "" {
			wantParts(t, after, form.want)
		} else if strings.Contains(after, "ldconfig") {
			t.Errorf("scriptlets from nothing:\n%s", after)
		}
		wantParts(t, after,
			"%define wasp2_so_major  1\n%define zebra2_so_major 2\n", "%define  zebra2_lname libzebra2-%{zebra2_so_major}\n",
			"Requires:       %{verbs_lname} = %{version}-%{release}\nRequires:       %{zebra2_lname} = %{version}-%{release}\n%if 0%{?dma_coherent}\n",
			"Summary:        x\nRequires:       %{zebra2_lname} = %{version}-%{release}\n%if 0%{?dma_coherent}\n",
			"Wasp.\n\n%package -n %zebra2_lname\n",
			"libibverbs*.so.*\n\n%files -n %zebra2_lname\n%{_libdir}/libzebra2.so.*\n\n%if 0%{?dma_coherent}\n%files -n %ant_lname",
			"%{_mandir}/man3/wasp2dv*\n%endif\n%{_mandir}/man3/zebradv*\n%{_mandir}/man7/zebradv*\n\n%files -n libibverbs")
	}
}

func TestAddSUSEPayloadFormOfFiles(t *testing.T) {
	text := strings.NewReplacer("%files -n %ant_lname\n", "%files -n %ant_lname\n%defattr(-,root,root)\n",
		"%files -n %wasp2_lname\n", "%files -n %wasp2_lname\n%defattr(-,root,root)\n").Replace(suse(suseMacros))
	after, _ := edited(t, text, func(s *rpmspec.Spec) error { return s.AddSUSEPayload(crab()) })
	wantParts(t, after, "%files -n %crab_lname\n%defattr(-,root,root)\n%{_libdir}/libcrab.so.*\n")
	text = strings.Replace(suse(suseMacros), "%files -n %wasp2_lname\n", "%files -n %wasp2_lname\n%defattr(-,root,root)\n", 1)
	after, _ = edited(t, text, func(s *rpmspec.Spec) error { return s.AddSUSEPayload(crab()) })
	wantParts(t, after, "%files -n %crab_lname\n%{_libdir}/libcrab.so.*\n")
	// What stands after %else is not for coherent DMA.
	text = strings.Replace(suse(suseMacros), "%{_modprobedir}/ant.conf\n%endif\n", "%else\n%{_modprobedir}/ant.conf\n%endif\n", 1)
	after, _ = edited(t, text, func(s *rpmspec.Spec) error { return s.AddSUSEPayload(crab()) })
	wantParts(t, after, "%{_modprobedir}/truly.conf\n%if 0%{?dma_coherent}\n%{_prefix}/lib/udev/rules.d/70-crab.rules\n%{_modprobedir}/crab.conf\n")
}

func TestAddSUSEPayloadReplaces(t *testing.T) {
	text, _ := edited(t, suse(suseMacros), func(s *rpmspec.Spec) error { return s.AddSUSEPayload(crab()) })
	p := crab()
	p.SoMajor = "3"
	var place *rpmspec.PlaceError
	if err := parse(t, text).AddSUSEPayload(p); !errors.As(err, &place) || !strings.Contains(err.Error(), "crab_so_major 3") {
		t.Errorf("got %v", err)
	}
	old := crab()
	p.Replaced = &old
	_, change := edited(t, text, func(s *rpmspec.Spec) error { return s.AddSUSEPayload(p) })
	if change != "-%define crab_so_major   2\n+%define crab_so_major   3 <%define wasp2_so_major  1\n" {
		t.Errorf("got:\n%s", change)
	}
}

func TestAddSUSEPayloadRefuses(t *testing.T) {
	for name, change := range map[string][2]string{
		"no numbers":      {"_so_major ", "_so_number "},
		"no names":        {"_lname ", "_name "},
		"no devel":        {"%package devel", "%package other"},
		"nothing needed":  {"Requires: ", "Needs: "},
		"no files":        {"%files -n %", "%files -n x"},
		"other scriptlet": {"%post -n %verbs_lname -p /sbin/ldconfig", "%post -n %verbs_lname\n/sbin/ldconfig"},
	} {
		text := strings.ReplaceAll(suse(suseSections), change[0], change[1])
		s := parse(t, text)
		var place *rpmspec.PlaceError
		if err := s.AddSUSEPayload(crab()); !errors.As(err, &place) || string(s.Bytes()) != text {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
