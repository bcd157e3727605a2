// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"maps"
	"slices"
	"testing"
)

// FuzzIntegrate wants of any file in place of a good one: an error is typed and
// writes nothing; what was edited once is not edited again; and nothing that was
// there is lost.
func FuzzIntegrate(f *testing.F) {
	names := slices.Sorted(maps.Keys(zoo()))
	for i, name := range names {
		f.Add(i, []byte(zoo()[name]), true)
		f.Add(i, []byte("\r\n# "+zoo()[name]), false)
		f.Add(i, []byte(""), true)
	}
	f.Fuzz(func(t *testing.T, which int, data []byte, library bool) {
		tree := zoo()
		name := names[((which%len(names))+len(names))%len(names)]
		tree[name] = string(data)
		before := maps.Clone(tree)
		p := crab()
		if library {
			p = dv()
			p.Installed = []Installed{{Modprobe, "crab.conf"}}
		}
		if _, err := Integrate(tree, p); err != nil {
			var place *PlaceError
			var value *ValueError
			if !errors.As(err, &place) && !errors.As(err, &value) {
				t.Fatalf("%T: %v", err, err)
			}
			if !maps.Equal(tree, before) {
				t.Fatal("an error leaves files changed")
			}
			return
		}
		once := maps.Clone(tree)
		edits, err := Integrate(tree, p)
		if err != nil {
			t.Fatalf("a second time: %v\n%q", err, once[name])
		}
		for _, e := range edits {
			if !e.Already {
				t.Errorf("a second time changes %s (%s)\n%q\nto\n%q", e.File, e.What, once[e.File], tree[e.File])
			}
		}
		for file, text := range once {
			if len(text) < len(before[file])-8 { // a field may lose blanks
				t.Errorf("%s has lost something: %q became %q", file, before[file], text)
			}
		}
	})
}

// FuzzChangelog wants of any changelog: a typed error, or an entry before what
// was there.
func FuzzChangelog(f *testing.F) {
	f.Add([]byte(zoo()[ChangeLog]), "+by.crab1")
	f.Add([]byte("rdma-core (1) a; b\r\n -- x <y>  Tue, 21 Jan 2025 12:50:59 +0100\r\n"), "~1")
	f.Add([]byte("\n"), "")
	f.Fuzz(func(t *testing.T, data []byte, suffix string) {
		c := entry()
		c.Suffix = suffix
		out, version, already, err := AddChangelog(ChangeLog, data, c)
		if err != nil {
			var place *PlaceError
			var value *ValueError
			if !errors.As(err, &place) && !errors.As(err, &value) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if !already && len(out) <= len(data) {
			t.Fatalf("no entry in %q", out)
		}
		again, second, already, err := AddChangelog(ChangeLog, out, c)
		if err != nil || suffix != "" && (!already || second != version || string(again) != string(out)) {
			t.Fatalf("a second time: %v, %q then %q\n%q", err, version, second, out)
		}
	})
}
