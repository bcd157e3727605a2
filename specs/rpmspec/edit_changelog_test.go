// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"testing"
	"time"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

func entry() rpmspec.Changelog {
	return rpmspec.Changelog{
		// Still the 4th in New York, but the 5th in UTC.
		Date: time.Date(2024, 3, 4, 23, 30, 0, 0, time.FixedZone("", -5*3600)),
		Name: "Ann Other", Email: "ann@example.com", Version: "7.2-1", Items: []string{"Add a crab", "100% sideways"},
	}
}

const entryText = "* Tue Mar 05 2024 Ann Other <ann@example.com> - 7.2-1\n- Add a crab\n- 100%% sideways\n"

func TestAddChangelog(t *testing.T) {
	const older = "* Mon Mar 04 2024 X <x@y> - 1\n- a\n"
	for _, tt := range []struct{ name, text, want string }{
		{"none", "Name: a\n", "Name: a\n"},
		{"empty, at the end", "Name: a\n%changelog\n", "Name: a\n%changelog\n" + entryText},
		{"empty, no newline", "Name: a\n%changelog", "Name: a\n%changelog\n" + entryText[:len(entryText)-1]},
		{"empty, in the middle", "%changelog\n\n%files\n", "%changelog\n" + entryText + "\n\n%files\n"},
		{"older ones", "%changelog\n" + older, "%changelog\n" + entryText + "\n" + older},
		{"older ones behind a blank line", "%changelog\n\n" + older + "%files\n", "%changelog\n\n" + entryText + "\n" + older + "%files\n"},
		{
			"a newer one", "%changelog\n* Wed May  1 2024 X <x@y> - 1\n- a\n",
			"%changelog\n* Wed May 01 2024 Ann Other <ann@example.com> - 7.2-1\n- Add a crab\n- 100%% sideways\n\n* Wed May  1 2024 X <x@y> - 1\n- a\n",
		},
		{
			"a newer one with a time", "%changelog\n* Wed May  1 12:30:00 CEST 2024 X <x@y> - 1\n- a\n",
			"%changelog\n* Wed May 01 2024 Ann Other <ann@example.com> - 7.2-1\n- Add a crab\n- 100%% sideways\n\n* Wed May  1 12:30:00 CEST 2024 X <x@y> - 1\n- a\n",
		},
		{"a date that is none", "%changelog\n* some day\n", "%changelog\n" + entryText + "\n* some day\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := parse(t, tt.text)
			added, err := s.AddChangelog(entry())
			if err != nil || added != (tt.want != tt.text) {
				t.Fatalf("added %v, %v", added, err)
			}
			if got := string(s.Bytes()); got != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, tt.want)
			}
			again, err := s.AddChangelog(entry())
			if err != nil || again || string(s.Bytes()) != tt.want {
				t.Errorf("a second time: added %v, %v\n%s", again, err, s.Bytes())
			}
		})
	}
}

func TestAddChangelogRefuses(t *testing.T) {
	for name, change := range map[string]func(*rpmspec.Changelog){
		"no date":         func(e *rpmspec.Changelog) { e.Date = time.Time{} },
		"no name":         func(e *rpmspec.Changelog) { e.Name = "" },
		"name with line":  func(e *rpmspec.Changelog) { e.Name = "a\n%post" },
		"mail with angle": func(e *rpmspec.Changelog) { e.Email = "a>b" },
		"no version":      func(e *rpmspec.Changelog) { e.Version = " " },
		"no items":        func(e *rpmspec.Changelog) { e.Items = nil },
		"item with line":  func(e *rpmspec.Changelog) { e.Items = []string{"a", "b\n* c"} },
		"item going on":   func(e *rpmspec.Changelog) { e.Items = []string{`a\`} },
	} {
		t.Run(name, func(t *testing.T) {
			const text = "%changelog\n"
			s, e := parse(t, text), entry()
			change(&e)
			var v *rpmspec.ValueError
			if added, err := s.AddChangelog(e); added || !errors.As(err, &v) || string(s.Bytes()) != text {
				t.Errorf("added %v, %v, want a *ValueError", added, err)
			}
		})
	}
	_, err := parse(t, "%changelog\n%changelog\n").AddChangelog(entry())
	wantPlace(t, err, 2, "one section %changelog")
}
