// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func entry() Changelog {
	return Changelog{
		Release: "56.1", Suffix: "+by.crab1", Name: "Sea", Email: "sea@shore.example",
		Date: time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC), Items: []string{"Add the crab provider: " + strings.Repeat("sideways ", 12) + "it goes."},
	}
}

func TestChangelog(t *testing.T) {
	out, version, already, err := AddChangelog(ChangeLog, []byte(zoo()[ChangeLog]), entry())
	if err != nil || already || version != "56.1-1+by.crab1" {
		t.Fatalf("%s %v: %v", version, already, err)
	}
	const wanted = "rdma-core (56.1-1+by.crab1) unstable; urgency=medium\n\n" +
		"  * Add the crab provider: sideways sideways sideways sideways sideways sideways\n" +
		"    sideways sideways sideways sideways sideways sideways it goes.\n\n" +
		" -- Sea <sea@shore.example>  Tue, 04 Mar 2025 05:06:07 +0000\n\n"
	if string(out) != wanted+zoo()[ChangeLog] {
		t.Errorf("got\n%s", out)
	}
	again, version, already, err := AddChangelog(ChangeLog, out, entry())
	if err != nil || !already || version != "56.1-1+by.crab1" || string(again) != string(out) {
		t.Errorf("a second time: %s %v: %v", version, already, err)
	}
}

func TestChangelogVersions(t *testing.T) {
	for _, tt := range []struct{ top, release, want string }{
		{"56.1-1", "56.1", "56.1-1+by.crab1"},
		{"56.1-2ubuntu3", "56.1", "56.1-2ubuntu3+by.crab1"},
		{"2:56.1-1", "56.1", "2:56.1-1+by.crab1"},
		{"55.0-3", "56.1", "56.1-1+by.crab1"},
		{"56.1", "56.1", "56.1+by.crab1"},
		{"56.1-1", "59.amzn0", "59.amzn0-1+by.crab1"},
		{"56.1-1", "56mlnx1", "56mlnx1-1+by.crab1"},
		{"56.1-1", "56.1+acme", "56.1+acme-1+by.crab1"},
	} {
		c := entry()
		c.Release = tt.release
		_, got, _, err := AddChangelog(ChangeLog, []byte(strings.Replace(zoo()[ChangeLog], "56.1-1", tt.top, 1)), c)
		if err != nil || got != tt.want {
			t.Errorf("%s on %s: got %s (%v), want %s", tt.release, tt.top, got, err, tt.want)
		}
	}
}

func TestChangelogDatesRise(t *testing.T) {
	c := entry()
	c.Date = time.Unix(0, 0)
	c.Distribution = "bookworm"
	out, _, _, err := AddChangelog(ChangeLog, []byte(zoo()[ChangeLog]), c)
	if err != nil || !strings.Contains(string(out), "Tue, 21 Jan 2025 11:51:00 +0000") || !strings.Contains(string(out), ") bookworm; ") {
		t.Errorf("%v in\n%s", err, out)
	}
}

func TestChangelogWithoutPlace(t *testing.T) {
	for _, text := range []string{"", "\n\n", "other (1) x; y\n", "  * item\n"} {
		_, _, _, err := AddChangelog(ChangeLog, []byte(text), entry())
		place(t, err, "debian/changelog")
	}
}

func TestChangelogRefuses(t *testing.T) {
	for name, change := range map[string]func(*Changelog){
		"suffix":       func(c *Changelog) { c.Suffix = "-2" },
		"suffix line":  func(c *Changelog) { c.Suffix = "+1\n" },
		"release":      func(c *Changelog) { c.Release = "56.1-1" },
		"underscore":   func(c *Changelog) { c.Release = "56.1_acme" },
		"name":         func(c *Changelog) { c.Name = "x\n" },
		"address":      func(c *Changelog) { c.Email = "x" },
		"distribution": func(c *Changelog) { c.Distribution = "a; b" },
		"item":         func(c *Changelog) { c.Items = []string{"a\n -- b"} },
	} {
		c := entry()
		change(&c)
		var value *ValueError
		if _, _, _, err := AddChangelog(ChangeLog, []byte(zoo()[ChangeLog]), c); !errors.As(err, &value) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
