// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
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
		{"conditionals", tags + strings.Repeat("%if 1\n", 160_000) + strings.Repeat("%endif\n", 160_000), "up to 20000 lines", 20001},
		{"conditionals on few lines", tags + strings.Repeat("%if 1\n", 9000) + strings.Repeat("%endif\n", 9000), "up to 100 conditionals inside of each other", 106},
		{"parentheses", tags + strings.Repeat("(", 2_000_000) + "\n", "lines of up to 65536 bytes", 6},
		{"parentheses in a condition", "%if " + strings.Repeat("(", 2_000_000) + "1" + strings.Repeat(")", 2_000_000) + "\n%endif\n", "lines of up to 65536 bytes", 1},
		{"shell in shell", tags + strings.Repeat("%(", 20_000) + strings.Repeat(")", 20_000) + "\n", "up to 100 brackets of macros", 6},
		{"macros in macros", strings.Repeat("%{?x:\n", 200) + strings.Repeat("}", 200) + "\n" + tags, "up to 100 brackets of macros", 101},
		{"a long macro", "%define x %{expand:\n" + strings.Repeat(strings.Repeat("a", 1000)+"\n", 100) + "}\n" + tags, "a macro of up to 65536 bytes", 1},
		{"bytes", "# " + strings.Repeat("a", 25<<20), "a spec of up to 4194304 bytes", 0},
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

// TestQuotedIsCut: what a line has is no reason for a message of its length, and the
// reason behind it stays.
func TestQuotedIsCut(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	const tags = "Name: a\nSource: a.tgz\nPatch0: x\n"
	for text, want := range map[string]string{
		tags + "%prep\n%setup\n%patch -P " + long + " -p1\n":                                  "a patch that is declared",
		tags + "%prep\n%setup\n%patch -P 0 -p1 -v " + long + "\n":                             "%patch has no option -v",
		tags + "%prep\n%setup\n%if 0%{?" + long + "}\n%patch -P 0 -p1\n%endif\n":              "its value is not known here",
		tags + "%prep\n%setup\n%if " + long + "\n%patch -P 0 -p1\n%endif\n":                   "no expression",
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
