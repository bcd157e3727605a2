// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestHeaderSurvivesGitAm has git am make a commit of the patch and compares what
// it understood.
func TestHeaderSurvivesGitAm(t *testing.T) {
	tests := []struct{ name, from, subject, body string }{
		{"plain", "Rib <rib@resnics.example>", "add rib", "One.\n\nTwo: 3\n"},
		{"no body", "Rib <rib@resnics.example>", "add rib", ""},
		{"beyond ASCII", "Jörg 张三 <j@resnics.example>", "提供者 rib — naïve", "Über\n\t中文\n"},
		{"special characters in the name", `Doe, J. "x" (rib) <j@resnics.example>`, `quotes "and" \ 100%s <x>`, "%s %d\n"},
		{"special beyond ASCII", "Müller, A. B <a@resnics.example>", "=x= _y_", "--\nnot a signature\n"},
		{"a long subject", "Rib <rib@resnics.example>", strings.Repeat("wörd ", 60) + "end", strings.Repeat("x", 2000)},
		{"a body with headers", "Rib <rib@resnics.example>", "add rib", "Text.\nFrom: x\nSubject: y\nSigned-off-by: Rib <rib@resnics.example>"},
	}
	before, after := tree{"a": "1\n"}, tree{"a": "2\n"}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := header()
			h.From, h.Subject, h.Body = tt.from, tt.subject, tt.body
			patch, _, err := Diff(t.Context(), before.write(t), after.write(t), h)
			if err != nil {
				t.Fatal(err)
			}
			if head, _, _ := strings.Cut(string(patch), "\n\n"); !isASCII(head) {
				t.Errorf("a header is not ASCII:\n%s", head)
			}
			repo := t.TempDir()
			am(t, repo, before, patch)
			got := git(t, repo, "log", "-1", "--format=%an <%ae>%n%aI%n%s%n%b")
			want := strings.Join([]string{tt.from, "2024-02-03T03:05:06Z", tt.subject, strings.TrimSpace(tt.body)}, "\n")
			got = strings.Replace(got, "+00:00", "Z", 1)
			if strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("git am understood\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// am commits before in a new repository and applies the patch with git am.
func am(t *testing.T, repo string, before tree, patch []byte) {
	t.Helper()
	git(t, repo, "init", "-q")
	before.writeTo(t, repo)
	git(t, repo, "add", "-A", "-f", ".")
	git(t, repo, "commit", "-q", "-m", "before")
	file := filepath.Join(t.TempDir(), "patch")
	if err := os.WriteFile(file, patch, 0o600); err != nil {
		t.Fatal(err)
	}
	git(t, repo, "am", "-q", "--keep-cr", file)
}

func TestHeaderRefuses(t *testing.T) {
	tests := []struct {
		field  string
		mangle func(*Header)
	}{
		{"From", func(h *Header) { h.From = "" }},
		{"From", func(h *Header) { h.From = "no address" }},
		{"From", func(h *Header) { h.From = "two <a@b.c> <d@e.f>" }},
		{"From", func(h *Header) { h.From = "line\nSubject: x <a@b.c>" }},
		{"From", func(h *Header) { h.From = "bad \xff <a@b.c>" }},
		{"Subject", func(h *Header) { h.Subject = " " }},
		{"Subject", func(h *Header) { h.Subject = "two\nlines" }},
		{"Subject", func(h *Header) { h.Subject = "=?utf-8?q?x?=" }},
		{"Subject", func(h *Header) { h.Subject = "escape \x1b[0m" }},
		{"Date", func(h *Header) { h.Date = time.Time{} }},
		{"Commit", func(h *Header) { h.Commit = "v56.1" }},
		{"Commit", func(h *Header) { h.Commit = strings.Repeat("A", 40) }},
		{"Tag", func(h *Header) { h.Tag = "v56.1\n---" }},
		{"Body", func(h *Header) { h.Body = "x\n---\ny" }},
		{"Body", func(h *Header) { h.Body = "x\ndiff --git a/x b/x" }},
		{"Body", func(h *Header) { h.Body = "x\nIndex: y" }},
		{"Body", func(h *Header) { h.Body = "x\nFrom 1234 Mon Sep 17 00:00:00 2001" }},
		{"Body", func(h *Header) { h.Body = "Subject: another" }},
		{"Body", func(h *Header) { h.Body = "x\ry" }},
		{"Body", func(h *Header) { h.Body = "x\x00" }},
		{"Body", func(h *Header) { h.Body = "x\xff" }},
	}
	for _, tt := range tests {
		h := header()
		tt.mangle(&h)
		_, err := h.message()
		var refused *HeaderError
		if !errors.As(err, &refused) || refused.Field != tt.field {
			t.Errorf("%s, header %+v: error %v", tt.field, h, err)
		}
	}
}

func TestHeaderSaysHowTheBodyIsEncoded(t *testing.T) {
	for body, want := range map[string]bool{"plain": false, "über": true} {
		h := header()
		h.Body = body
		text, err := h.message()
		if err != nil || strings.Contains(text, "\nContent-Type: text/plain; charset=UTF-8\n") != want {
			t.Errorf("body %q: error %v\n%s", body, err, text)
		}
	}
}

func TestHeaderNamesReleaseAndCommitOnce(t *testing.T) {
	h := header()
	h.Tag, h.Commit = "v56.1", strings.Repeat("a1", 20)
	h.Body = "Why.\n\nRelease: v56.1"
	text, err := h.message()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"\nRelease: v56.1\n", "\nCommit: " + h.Commit + "\n"} {
		if n := strings.Count(text, line); n != 1 {
			t.Errorf("%q is there %d times:\n%s", line, n, text)
		}
	}
	if !strings.HasPrefix(text, "From "+h.Commit+" Mon Sep 17 00:00:00 2001\n") {
		t.Errorf("first line: %.80q", text)
	}
}
