// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// TestBounds refuses what no spec has, with a message of a few lines' length. Each of
// these would take minutes or gigabytes.
func TestBounds(t *testing.T) {
	const tags = "Name: a\nSource: a.tgz\nPatch0: x\n%prep\n%setup\n"
	for _, tt := range []struct {
		name, text, want string
		line             int
	}{
		{"conditionals", tags + strings.Repeat("%if 1\n", 160_000) + strings.Repeat("%endif\n", 160_000), "at most 20000 lines", 20001},
		{"conditionals on few lines", tags + strings.Repeat("%if 1\n", 9000) + strings.Repeat("%endif\n", 9000), "up to 100 nested conditionals", 106},
		{"parentheses", tags + strings.Repeat("(", 2_000_000) + "\n", "lines of at most 65536 bytes", 6},
		{"parentheses in a condition", "%if " + strings.Repeat("(", 2_000_000) + "1" + strings.Repeat(")", 2_000_000) + "\n%endif\n", "lines of at most 65536 bytes", 1},
		{"shell in shell", tags + strings.Repeat("%(", 20_000) + strings.Repeat(")", 20_000) + "\n", "up to 100 nested macro brackets", 6},
		{"macros in macros", strings.Repeat("%{?x:\n", 200) + strings.Repeat("}", 200) + "\n" + tags, "up to 100 nested macro brackets", 101},
		{"a long macro", "%define x %{expand:\n" + strings.Repeat(strings.Repeat("a", 1000)+"\n", 100) + "}\n" + tags, "a macro of up to 65536 bytes", 1},
		{"bytes", "# " + strings.Repeat("a", 25<<20), "a spec of at most 4194304 bytes", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rpmspec.Parse("x.spec", []byte(tt.text))
			wantPlace(t, err, tt.line, tt.want)
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("a message of %d bytes", len(err.Error()))
			}
		})
	}
	// As much as no spec has is not yet too much.
	text := "Name: a\nSource: a.tgz\n" + strings.Repeat("%if 1\n", 100) + "Patch0: x\n" + strings.Repeat("%endif\n", 100) + "%prep\n%autosetup -p1\n"
	if p, err := parse(t, text).Read(el9()).Prep(); err != nil || steps(p) != "a.tgz; 0 x -p1" {
		t.Errorf("100 conditionals: %s, %v", steps(p), err)
	}
}

// TestQuotedIsCut: what a line has must not make a message as long as itself, and the
// reason after it stays.
func TestQuotedIsCut(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	const tags = "Name: a\nSource: a.tgz\nPatch0: x\n"
	for text, want := range map[string]string{
		tags + "%prep\n%setup\n%patch -P " + long + " -p1\n":                                  "a patch that is declared",
		tags + "%prep\n%setup\n%patch -P 0 -p1 -v " + long + "\n":                             "%patch has no option -v",
		tags + "%prep\n%setup\n%if 0%{?" + long + "}\n%patch -P 0 -p1\n%endif\n":              "its value is not known here",
		tags + "%prep\n%setup\n%if " + long + "\n%patch -P 0 -p1\n%endif\n":                   "not an expression",
		tags + "%prep\n%setup\npatch -p1 < " + long + "\n%patch -P 0 -p1\n":                   "%patch, %autopatch or %autosetup",
		"Name: a\nSource: " + long + "/\n%prep\n%setup\n":                                     "ends in a file name",
		"Name: a\nSource: %{" + long + "}\n%prep\n%setup\n":                                   "its value is not known here",
		tags + "%prep\n%autosetup -p1 -n " + long + "\n%setup -c " + long + "\n%patch -P 7\n": "without -c",
	} {
		_, err := parse(t, text).Read(el9()).Prep()
		var place *rpmspec.PlaceError
		if !errors.As(err, &place) || !strings.Contains(err.Error(), want) || len(err.Error()) > 500 {
			t.Errorf("want %q in a short message, got %.600v", want, err)
		}
	}
}

// TestLargestSpecs reads and edits specs of nearly as many lines as one may have, each made
// of what one step looks for. A step that went over the spec for each of its lines would
// not end before the tests' time is over.
func TestLargestSpecs(t *testing.T) {
	const n, files = 19_000, "%package -n libibverbs\n%files devel\n%{_libdir}/liba.so\n%{_includedir}/infiniband/a.h\n%files -n libibverbs\n%{_libdir}/liba.so.*\n"
	payload := rpmspec.Payload{Name: "fly", SoMajor: "1", Coherent: true, Headers: []string{"fly.h"}}
	replacing := payload
	replacing.Replaced = &rpmspec.Payload{Name: "fly", Headers: []string{"flyold.h"}}
	add := func(p rpmspec.Payload) func(*rpmspec.Spec) error {
		return func(s *rpmspec.Spec) error { return s.AddPayload(p) }
	}
	prep := func(s *rpmspec.Spec) error { _, err := s.Read(rpmspec.Macros{RPM: "4.18"}).Prep(); return err }
	lines := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(form, "#", strconv.Itoa(i)))
		}
		return b.String()
	}
	for name, tt := range map[string]struct {
		text string
		do   func(*rpmspec.Spec) error
	}{
		"files":          {files + "%files -n x\n" + lines(n, "%{_includedir}/infiniband/x#.h\n"), add(payload)},
		"files in devel": {strings.Replace(files, "%files -n", lines(n, "%{_includedir}/infiniband/x#.h\n")+"%files -n", 1), add(payload)},
		"replaced files": {files + "%files -n x\n" + lines(n, "%{_includedir}/infiniband/flyold.h\n"), add(replacing)},
		"releases":       {lines(n/2, "Release: %autorelease\n") + lines(n/2, "# x\n") + "%define autorelease() x\n", func(s *rpmspec.Spec) error { return s.AddReleaseSuffix(".x") }},
		"ninjas":         {lines(n, "%define x# ninja\n"), func(s *rpmspec.Spec) error { _, err := s.ConfigureWhereNinjaRuns(); return err }},
		"patches":        {"Source: a\n" + lines(n, "Patch#: p\n") + "%prep\n%setup\n%autopatch -p1 -m 0" + strings.Repeat(" -v", n) + "\n", prep},
		"numbers":        {"Source: a\n" + lines(9000, "Patch#: p\n") + "%prep\n%setup\n%autopatch -p1" + lines(9000, " #") + "\n", prep},
	} {
		if err := tt.do(parse(t, "Name: a\n"+tt.text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
