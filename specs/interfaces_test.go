// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/resnics/verbsmith/specs"
)

// TestInterfacesData asserts what the project relies on in interfaces.yaml.
func TestInterfacesData(t *testing.T) {
	r, err := specs.LoadReleases(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	l, err := specs.LoadInterfaces(os.DirFS("."), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range r.Names() {
		n := 0
		for _, i := range l.List {
			if i.Has(version) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is in %d interfaces, want 1", version, n)
		}
	}
	private := func(version string) int {
		for _, i := range l.List {
			if i.Has(version) {
				return i.PrivateABI
			}
		}
		return 0
	}
	for version, want := range map[string]int{
		"32.14": 25, "33.0": 33, "34.0": 34, "35.0": 34, "56.1": 34, "57.0": 57, "58.2": 57, "59.0": 59, "63.1": 59, "64.0": 64, "65.0": 65,
		"31.0": 0,
	} {
		if got := private(version); got != want {
			t.Errorf("%s has the private ABI %d, want %d", version, got, want)
		}
	}
}

// TestInterfacesFor: a change in a function is one to who calls it.
func TestInterfacesFor(t *testing.T) {
	l := specs.Interfaces{List: []specs.Interface{
		{PrivateABI: 3, From: "1.0", Below: "2.0", Layout: "a"},
		{PrivateABI: 3, From: "2.0", Below: "4.0", Layout: "a", Changed: []string{"f", "g"}},
		{PrivateABI: 3, From: "4.0", Below: "5.0", Layout: "b"},
		{PrivateABI: 4, From: "5.0", Below: "6.0", Layout: "b"},
	}}
	show := func(list []specs.Interface) string {
		var out []string
		for _, i := range list {
			out = append(out, fmt.Sprintf("%s-%s", i.From, i.Below))
		}
		return strings.Join(out, " ")
	}
	if got, want := show(l.For(func(string) bool { return false })), "1.0-4.0 4.0-5.0 5.0-6.0"; got != want {
		t.Errorf("to who calls nothing: %s, want %s", got, want)
	}
	if got, want := show(l.For(func(f string) bool { return f == "g" })), "1.0-2.0 2.0-4.0 4.0-5.0 5.0-6.0"; got != want {
		t.Errorf("to who calls g: %s, want %s", got, want)
	}
	if l.List[0].Below != "2.0" {
		t.Error("the list itself was changed")
	}
}

func TestInterfaceMistakes(t *testing.T) {
	const text = `interfaces:
  - {privateABI: 3, from: "2.0", below: "2.0", layout: 0123456789abcdef}
  - {privateABI: 3, from: "3.0", below: "4.0", layout: 0123456789abcdef}
  - {privateABI: 3, from: "4.0", below: "5.0", layout: 0123456789abcdef, changed: [f]}
`
	const want = `specs/interfaces.yaml:2:41: interfaces[0].below: want a release after 2.0, got 2.0
specs/interfaces.yaml:3:5: interfaces[1]: want what differs from the previous interface, got the same private ABI and layout
specs/interfaces.yaml:3:27: interfaces[1].from: want 2.0, where the previous one ends, got 3.0`
	_, err := specs.LoadInterfaces(fstest.MapFS{"interfaces.yaml": {Data: []byte(text)}}, &specs.Releases{})
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := specs.LoadInterfaces(fstest.MapFS{}, &specs.Releases{}); err == nil {
		t.Error("no file is no mistake")
	}
}
