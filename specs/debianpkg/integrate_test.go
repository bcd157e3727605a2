// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestLineEndsStay shows that a file with CRLF keeps it, and one without a last
// line end as well.
func TestLineEndsStay(t *testing.T) {
	plain := integrated(t, zoo(), dv())
	crlf, bare := zoo(), zoo()
	for name, data := range zoo() {
		crlf[name] = strings.ReplaceAll(data, "\n", "\r\n")
		bare[name] = strings.TrimSuffix(data, "\n")
	}
	integrated(t, crlf, dv())
	integrated(t, bare, dv())
	for name, data := range plain {
		if got := strings.ReplaceAll(crlf[name], "\r\n", "\n"); got != data || strings.Count(crlf[name], "\n") != strings.Count(crlf[name], "\r\n") {
			t.Errorf("%s with CRLF became\n%q", name, crlf[name])
		}
		if bare[name] != strings.TrimSuffix(data, "\n") {
			t.Errorf("%s without a last line end became\n%q", name, bare[name])
		}
	}
}

func TestErrorsComeAllAtOnce(t *testing.T) {
	tree := zoo()
	delete(tree, Control)
	tree[Symbols], tree[Overrides] = "", ""
	_, err := Integrate(tree, dv())
	place(t, err, Control, Symbols, Overrides)
	before := zoo()
	delete(before, Control)
	before[Symbols], before[Overrides] = "", ""
	if !maps.Equal(tree, before) {
		t.Error("something was written")
	}
}

// TestHostileValues holds what means something to make, sed, a shell, or the
// files' own syntax.
func TestHostileValues(t *testing.T) {
	for name, change := range map[string]func(*Provider){
		"name":        func(p *Provider) { p.Name = "a/d' x; sed 's" },
		"name lines":  func(p *Provider) { p.Name = "a\n b" },
		"empty":       func(p *Provider) { p.Name = "" },
		"description": func(p *Provider) { p.Description = "a\nPackage: b" },
		"control":     func(p *Provider) { p.Description = "a\x00" },
		"copyright":   func(p *Provider) { p.Copyright = []string{"a\n\nFiles: *"} },
		"holders":     func(p *Provider) { p.Holders = []string{"a\n b"} },
		"license":     func(p *Provider) { p.License = "a\nb" },
		"release":     func(p *Provider) { p.Release = "$(date)" },
		"installed":   func(p *Provider) { p.Installed = []Installed{{Modprobe, "../x"}} },
		"pattern":     func(p *Provider) { p.Installed = []Installed{{Modprobe, "x*"}} },
		"library":     func(p *Provider) { p.Library.Name = "a b" },
		"soname":      func(p *Provider) { p.Library.SoMajor = "*" },
		"node":        func(p *Provider) { p.Library.Nodes[0] = "A B" },
		"symbol":      func(p *Provider) { p.Library.Symbols[0].Name = "a@b" },
		"header":      func(p *Provider) { p.Library.Headers[0] = "../x.h" },
		"man page":    func(p *Provider) { p.ManPages[0].Name = "*" },
	} {
		p := dv()
		change(p)
		tree := zoo()
		var value *ValueError
		if _, err := Integrate(tree, p); !errors.As(err, &value) {
			t.Errorf("%s: got %v", name, err)
		}
		if !maps.Equal(tree, zoo()) {
			t.Errorf("%s: something was written", name)
		}
	}
}

func TestReadsNamesAllThatIsRead(t *testing.T) {
	p := dv()
	p.Installed = []Installed{{Modprobe, "crab.conf"}}
	tree := memory{}
	for name, text := range zoo() {
		if slices.Contains(Reads(), name) || ReadsAlso(name) {
			tree[name] = text
		}
	}
	integrated(t, tree, p)
}
