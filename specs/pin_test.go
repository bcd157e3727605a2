// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// A pin is two lines of a distro's file; nothing else in it changes.
func TestPinDistro(t *testing.T) {
	text, err := os.ReadFile("distros/rocky9.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const first, second = "sha256:" + hex0, "sha256:" + "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	plain := strings.NewReplacer("digest: "+first+"\n", "", `pinned: "2026-01-02"`+"\n", "").Replace(string(text))
	pinned, err := specs.PinDistro("specs/distros/rocky9.yaml", []byte(plain), first, "2026-01-02")
	if err != nil {
		t.Fatal(err)
	}
	image := "image: rockylinux/rockylinux:9\n"
	want := strings.Replace(plain, image, image+"digest: "+first+"\n"+`pinned: "2026-01-02"`+"\n", 1)
	if string(pinned) != want {
		t.Errorf("got\n%s", pinned)
	}
	again, err := specs.PinDistro("specs/distros/rocky9.yaml", pinned, second, "2026-03-04")
	if want := strings.NewReplacer(first, second, "2026-01-02", "2026-03-04").Replace(want); err != nil || string(again) != want {
		t.Errorf("%v, got\n%s", err, again)
	}
	if specs.DistroFile("rocky9") != "distros/rocky9.yaml" {
		t.Error(specs.DistroFile("rocky9"))
	}
}

// Each way to write a field keeps its comments and line ends; what cannot be changed by line says what to write.
func TestPinDistroOfAnyForm(t *testing.T) {
	const digest, date = "sha256:" + hex0, "2026-01-02"
	const head = "name: a\ntitle: A\nel: 9\ndist: .el9\nrpm: 4.16.1.3\nstandin: bookworm\nstandinRPM: 4.18.0\n"
	old := "sha256:" + strings.Repeat("f", 64)
	for _, tt := range []struct{ what, text, want string }{
		{"comments", head + "image: r/i:9 # ours\n# theirs\n", head + "image: r/i:9 # ours\ndigest: " + digest + "\npinned: \"" + date + "\"\n# theirs\n"},
		{"a digest by hand", head + "digest: '" + old + "' # seen\nimage: r/i:9\n", head + "digest: " + digest + " # seen\npinned: \"" + date + "\"\nimage: r/i:9\n"},
		{"no last line end", head + "image: r/i:9", head + "image: r/i:9\ndigest: " + digest + "\npinned: \"" + date + "\"\n"},
		{"line ends of another system", strings.ReplaceAll(head+"image: r/i:9\n", "\n", "\r\n"), strings.ReplaceAll(head+"image: r/i:9\ndigest: "+digest+"\npinned: \""+date+"\"\n", "\n", "\r\n")},
		{"one line", "{name: a, title: A, el: 9, dist: .el9, rpm: 4.16.1.3, standin: bookworm, standinRPM: 4.18.0, image: 'r/i:9'}\n", ""},
		{"a folded value", head + "image: r/i:9\ndigest: >-\n  " + old + "\n", ""},
		{"an escaped value", head + "image: r/i:9\ndigest: \"\\x73" + old[1:] + "\"\n", ""},
		{"a value on its own line", head + "image: r/i:9\ndigest:\n  " + old + "\n", head + "image: r/i:9\ndigest:\n  " + digest + "\npinned: \"" + date + "\"\n"},
	} {
		got, err := specs.PinDistro("specs/distros/a.yaml", []byte(tt.text), digest, date)
		if tt.want == "" {
			if wrong, ok := errors.AsType[*specs.PinError](err); !ok || !strings.Contains(wrong.Error(), "specs/distros/a.yaml") || !strings.Contains(wrong.Error(), digest) {
				t.Errorf("%s: got %v", tt.what, err)
			}
			continue
		}
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", tt.what, err, got, tt.want)
		}
	}
	_, err := specs.PinDistro("specs/distros/a.yaml", []byte("name: b\n"), digest, date)
	if len(strictyaml.Mistakes(err)) == 0 {
		t.Errorf("a wrong file: %v", err)
	}
	_, err = specs.PinDistro("specs/distros/a.yaml", []byte(head+"image: r/i:9\npinned: \"2026-01-02\"\n"), digest, date)
	if err == nil || !strings.Contains(err.Error(), "pinned: want the digest") {
		t.Errorf("a date alone: %v", err)
	}
}
