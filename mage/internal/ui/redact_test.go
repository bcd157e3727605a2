// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"Get http://user:p%40ss@proxy:3128/: refused": "Get http://***@proxy:3128/: refused",
		`Acquire::http::Proxy "HTTPS://token@h";`:     `Acquire::http::Proxy "HTTPS://***@h";`,
		"a http://u:p@h b https://v:q@i":              "a http://***@h b https://***@i",
		"http://u:p@ss@host/x@y":                      "http://***@host/x@y",
		"socks5h://u:p@h":                             "socks5h://***@h",
		"http://u:it's@h/ and 'http://u:p@h'":         "http://***@h/ and 'http://***@h'",
		"http://u:p[1]@h":                             "http://***@h",
		"http://u:pa/ss@h:1/a":                        "http://***@h:1/a",
		"http://h:3128/a@b http://h/a:b@c":            "http://h:3128/a@b http://h/a:b@c",
		"http://[::1]:80/a@b [http://h] [a@b]":        "http://[::1]:80/a@b [http://h] [a@b]",
		"https://github.com/a@b ssh://git@host":       "https://github.com/a@b ssh://git@host",
		"mail <a@b.c>":                                "mail <a@b.c>",
	} {
		if got := Redact(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

// A log gets its text in pieces that begin and end anywhere.
func TestLogKeepsNoPassword(t *testing.T) {
	const text = "x http://user:it's/secret@proxy/ y\nproxy=https://u:secret@h\nlast://word"
	for size := 1; size <= len(text); size++ {
		u := New(Options{Out: &strings.Builder{}, Err: &strings.Builder{}, LogDir: t.TempDir()})
		s := u.Stage("base", 1, 1)
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			if got, err := s.Log().Write([]byte(rest[:n])); got != n || err != nil {
				t.Fatalf("wrote %d of %d: %v", got, n, err)
			}
			rest = rest[n:]
		}
		s.Done()
		got, err := os.ReadFile(s.LogPath())
		if want := "x http://***@proxy/ y\nproxy=https://***@h\nlast://word"; err != nil || string(got) != want {
			t.Fatalf("pieces of %d: got %q, %v", size, got, err)
		}
	}
}

func TestErrorsShowNoPassword(t *testing.T) {
	var out strings.Builder
	u := New(Options{Out: &out, Err: &out})
	u.Error(errors.New("proxyconnect: http://user:secret@proxy:3128: refused"))
	if got := out.String(); strings.Contains(got, "secret") || !strings.Contains(got, "http://***@proxy:3128: refused") {
		t.Errorf("got %q", got)
	}
}
