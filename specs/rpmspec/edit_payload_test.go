// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

const payloadSpec = `Name: a
%package -n libibverbs
Summary: x
Provides: libant = %{version}-%{release}
Obsoletes: libant < %{version}-%{release}

%description -n libibverbs
- libant: A

%build
%cmake -DCMAKE_INSTALL_UDEV_RULESDIR:PATH=%{_udevrulesdir} \
       -DCMAKE_INSTALL_LIBEXECDIR:PATH=%{_libexecdir}

%files
%dir %{_sysconfdir}/modprobe.d
%config(noreplace) %{_sysconfdir}/modprobe.d/ant.conf
%{_udevrulesdir}/../rename
%{_udevrulesdir}/60-bee.rules
%{_udevrulesdir}/90-wasp.rules
%{_mandir}/man7/gnat*

%files devel
%{_includedir}/infiniband/*
%{_libdir}/lib*.so
%{_libdir}/pkgconfig/*.pc
%{_mandir}/man3/antdv*
%{_mandir}/man3/verbs_*
%{_mandir}/man3/*_to_rate.*
%{_mandir}/man3/waspdv*
%{_mandir}/man7/antdv*
%{_mandir}/man7/waspdv*

%files -n libibverbs
%dir %{_libdir}/libibverbs
%{_libdir}/libant.so.*
%{_libdir}/libibverbs*.so.*
%{_libdir}/libibverbs/*.so
%{_libdir}/libwasp.so.*
%license COPYING

%files utils
%{_mandir}/man1/crabmeat*
%{_mandir}/man8/gnat.*
`

func crab() rpmspec.Payload {
	return rpmspec.Payload{
		Name: "crab", SoMajor: "2", Coherent: true, Headers: []string{"crabdv.h"}, PkgConfig: true,
		Pages: []rpmspec.Page{{Section: 3, Name: "crabdv_pinch"}, {Section: 7, Name: "crabdv"}, {Section: 3, Name: "crabdv_turn"}},
		Files: []rpmspec.File{
			{Dir: rpmspec.UdevRules, Name: "70-crab.rules"}, {Dir: rpmspec.Modprobe, Name: "crab.conf"}, {Dir: rpmspec.LibExec, Name: "crab-setup"},
		},
	}
}

// edited runs an edit twice, wants the second to change nothing, and gives the
// lines that the first added (+) and took out (-).
func edited(t *testing.T, text string, edit func(*rpmspec.Spec) error) (after, change string) {
	t.Helper()
	s := parse(t, text)
	if err := edit(s); err != nil {
		t.Fatal(err)
	}
	after = string(s.Bytes())
	if err := edit(s); err != nil || string(s.Bytes()) != after {
		t.Errorf("a second time: %v\n%s", err, s.Bytes())
	}
	return after, lineChange(text, after)
}

// lineChange compares two texts of which one is nearly the other: each new line
// with the line before it, each lost one.
func lineChange(before, after string) string {
	var out strings.Builder
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(a) > 0 && len(b) > 0 && a[0] == b[0]:
			a, b = a[1:], b[1:]
		case len(a) == 0 || len(b) > 0 && len(b) > len(a):
			out.WriteString("+" + b[0] + " <" + next(b[1:]) + "\n")
			b = b[1:]
		default:
			out.WriteString("-" + a[0] + "\n")
			a = a[1:]
		}
	}
	return out.String()
}

func next(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

func TestAddPayload(t *testing.T) {
	_, got := edited(t, payloadSpec, func(s *rpmspec.Spec) error { return s.AddPayload(crab()) })
	want := `+%config(noreplace) %{_sysconfdir}/modprobe.d/crab.conf <%{_udevrulesdir}/../rename
+%{_udevrulesdir}/70-crab.rules <%{_udevrulesdir}/90-wasp.rules
+%{_libexecdir}/crab-setup <
+%{_mandir}/man3/crabdv* <%{_mandir}/man3/waspdv*
+%{_mandir}/man7/crabdv* <%{_mandir}/man7/waspdv*
+%{_libdir}/libcrab.so.* <%{_libdir}/libibverbs*.so.*
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	// The same with CRLF, and with macros that have no braces.
	after, _ := edited(t, strings.ReplaceAll(payloadSpec, "\n", "\r\n"), func(s *rpmspec.Spec) error { return s.AddPayload(crab()) })
	if strings.Count(after, "\n") != strings.Count(after, "\r\n") || !strings.Contains(after, "\r\n%{_libdir}/libcrab.so.*\r\n") {
		t.Errorf("got:\n%q", after)
	}
	bare := strings.ReplaceAll(payloadSpec, "%{_libdir}", "%_libdir")
	_, got = edited(t, bare, func(s *rpmspec.Spec) error { return s.AddPayload(crab()) })
	if !strings.Contains(got, "+%{_libdir}/libcrab.so.* <%_libdir/libibverbs*.so.*\n") || strings.Contains(got, "crab.so <") {
		t.Errorf("got:\n%s", got)
	}
}

// Headers, the link and the pkg-config file are named where no glob has them.
func TestAddPayloadWithoutGlobs(t *testing.T) {
	text := strings.NewReplacer("infiniband/*", "infiniband/verbs.h", "%{_libdir}/lib*.so\n", "%{_libdir}/libibverbs.so\n",
		"pkgconfig/*.pc", "pkgconfig/libibverbs.pc", "%{_libdir}/libant.so.*\n", "", "%{_libdir}/libwasp.so.*\n", "").Replace(payloadSpec)
	_, got := edited(t, text, func(s *rpmspec.Spec) error { return s.AddPayload(crab()) })
	for _, want := range []string{
		"+%{_includedir}/infiniband/crabdv.h <%{_includedir}/infiniband/verbs.h\n", "+%{_libdir}/libcrab.so <%{_libdir}/libibverbs.so\n",
		"+%{_libdir}/pkgconfig/libcrab.pc <%{_libdir}/pkgconfig/libibverbs.pc\n", "+%{_libdir}/libcrab.so.* <%{_libdir}/libibverbs*.so.*\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

func TestAddPayloadPages(t *testing.T) {
	tests := []struct {
		name  string
		pages []rpmspec.Page
		want  string
	}{
		{"covered", []rpmspec.Page{{3, "verbs_crab"}, {3, "crab_to_rate"}, {7, "gnat"}, {8, "gnat"}}, ""},
		{"words, not letters", []rpmspec.Page{{3, "crabdv_open"}, {3, "crabdv_oops"}}, "+man3/crabdv* <man3/waspdv*\n"},
		{"one page", []rpmspec.Page{{3, "crabdv_open"}}, "+man3/crabdv_open* <man3/waspdv*\n"},
		{"two words", []rpmspec.Page{{3, "crab_dv_open"}, {3, "crab_dv_oops"}, {3, "shell"}}, "+man3/crab_dv* <man3/shell*\n+man3/shell* <man3/waspdv*\n"},
		{"one glob has the other's", []rpmspec.Page{{3, "crabdv_a"}, {3, "crab"}}, "+man3/crab* <man3/waspdv*\n"},
		{"another's pages begin so", []rpmspec.Page{{1, "crab"}, {1, "crabs"}}, "+man1/crab.1* <man1/crabs*\n+man1/crabs* <\n"},
		{"a section that has none", []rpmspec.Page{{5, "crab"}}, "+man5/crab* <\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := rpmspec.Payload{Name: "crab", SoMajor: "1", Pages: tt.pages}
			text := strings.Replace(payloadSpec, "%{_libdir}/libant.so.*\n", "%{_libdir}/libant.so.*\n%{_libdir}/libcrab.so.*\n", 1)
			_, got := edited(t, text, func(s *rpmspec.Spec) error { return s.AddPayload(p) })
			if got = strings.ReplaceAll(got, "%{_mandir}/", ""); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
	// A plug-in's pages are with the plug-in.
	plugin := rpmspec.Payload{Name: "crab", Pages: []rpmspec.Page{{Section: 7, Name: "crab"}}}
	_, got := edited(t, payloadSpec, func(s *rpmspec.Spec) error { return s.AddPayload(plugin) })
	if got != "+%{_mandir}/man7/crab* <\n" {
		t.Errorf("got:\n%s", got)
	}
	after, _ := edited(t, payloadSpec, func(s *rpmspec.Spec) error { return s.AddPayload(plugin) })
	if !strings.Contains(after, "%license COPYING\n%{_mandir}/man7/crab*\n\n%files utils") {
		t.Errorf("got:\n%s", after)
	}
}

// What the release's own provider had and the new one has not.
func TestAddPayloadReplaces(t *testing.T) {
	text, _ := edited(t, payloadSpec, func(s *rpmspec.Spec) error { return s.AddPayload(crab()) })
	old, now := crab(), crab()
	old.Pages = append(old.Pages, rpmspec.Page{Section: 3, Name: "verbs_crab"}) // whose line is others' too
	now.Pages = []rpmspec.Page{{Section: 3, Name: "crabdv_pinch"}}
	now.Files = nil
	now.Replaced = &old
	_, got := edited(t, text, func(s *rpmspec.Spec) error { return s.AddPayload(now) })
	want := "-%config(noreplace) %{_sysconfdir}/modprobe.d/crab.conf\n-%{_udevrulesdir}/70-crab.rules\n-%{_libexecdir}/crab-setup\n-%{_mandir}/man7/crabdv*\n"
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	now.SoMajor = ""
	var place *rpmspec.PlaceError
	if err := parse(t, text).AddPayload(now); !errors.As(err, &place) {
		t.Errorf("got %v", err)
	}
	s := parse(t, "%description -n libibverbs\n- libant: A\n- libcrab: Old\n  and more\n- libwasp: W\n")
	for range 2 {
		if err := s.Describe("crab", "New 100%"); err != nil {
			t.Fatal(err)
		}
		if got := string(s.Bytes()); got != "%description -n libibverbs\n- libant: A\n- libcrab: New 100%%\n- libwasp: W\n" {
			t.Errorf("got:\n%s", got)
		}
	}
	if err := s.Describe("snail", "none"); err != nil {
		t.Error(err)
	}
}

// Files of the release's own provider that are not called after it, as ipathverbs'
// truescale.conf: a line with the name of one goes, a pattern that others fit stays.
func TestAddPayloadReplacesOtherNames(t *testing.T) {
	const lines = "%config(noreplace) %{_sysconfdir}/modprobe.d/shell.conf\n%{_libexecdir}/pinch-setup\n%{_mandir}/man7/pinch.7*\n"
	const stay = "%{_udevrulesdir}/70-*.rules\n%{_mandir}/man7/pin*\n"
	text := strings.Replace(payloadSpec, "%files\n", "%files\n"+lines+stay, 1)
	old, now := crab(), crab()
	old.Files = []rpmspec.File{{rpmspec.Modprobe, "shell.conf"}, {rpmspec.LibExec, "pinch-setup"}, {rpmspec.UdevRules, "70-shell.rules"}}
	old.Pages = []rpmspec.Page{{Section: 7, Name: "pinch"}}
	text, _ = edited(t, text, func(s *rpmspec.Spec) error { return s.AddPayload(old) })
	now.Files, now.Pages, now.Replaced = nil, nil, &old
	_, got := edited(t, text, func(s *rpmspec.Spec) error { return s.AddPayload(now) })
	if want := "-" + strings.ReplaceAll(strings.TrimSuffix(lines, "\n"), "\n", "\n-") + "\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// One line with two of the files is one line that goes.
func TestAddPayloadReplacesTwoInALine(t *testing.T) {
	old := rpmspec.Payload{Name: "fly", Files: []rpmspec.File{{rpmspec.LibExec, "fly-a"}, {rpmspec.LibExec, "fly-b"}}}
	text := strings.Replace(payloadSpec, "%files\n", "%files\n%{_libexecdir}/fly-a %{_libexecdir}/fly-b\n/usr/share/other\n", 1)
	_, got := edited(t, text, func(s *rpmspec.Spec) error { return s.AddPayload(rpmspec.Payload{Name: "fly", Replaced: &old}) })
	if want := "-%{_libexecdir}/fly-a %{_libexecdir}/fly-b\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestAddPayloadRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*rpmspec.Payload)
	}{
		{"name", func(p *rpmspec.Payload) { p.Name = "crab%{x}" }},
		{"number", func(p *rpmspec.Payload) { p.SoMajor = "1\n%post" }},
		{"header", func(p *rpmspec.Payload) { p.Headers = []string{"a b.h"} }},
		{"page", func(p *rpmspec.Payload) { p.Pages = []rpmspec.Page{{3, "crab*"}} }},
		{"section", func(p *rpmspec.Payload) { p.Pages = []rpmspec.Page{{0, "crab"}} }},
		{"file", func(p *rpmspec.Payload) { p.Files = []rpmspec.File{{rpmspec.Modprobe, "../crab.conf"}} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := crab()
			tt.change(&p)
			for _, edit := range []func(*rpmspec.Spec) error{
				func(s *rpmspec.Spec) error { return s.AddPayload(p) }, func(s *rpmspec.Spec) error { return s.AddSUSEPayload(p) },
			} {
				s := parse(t, payloadSpec)
				var value *rpmspec.ValueError
				if err := edit(s); !errors.As(err, &value) || string(s.Bytes()) != payloadSpec {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	for _, gone := range []string{"%files -n libibverbs", "%files devel", "%files\n"} {
		text := strings.Replace(payloadSpec, gone, "# gone\n", 1)
		s := parse(t, text)
		var place *rpmspec.PlaceError
		if err := s.AddPayload(crab()); !errors.As(err, &place) || string(s.Bytes()) != text {
			t.Errorf("%s: got %v", gone, err)
		}
	}
}
