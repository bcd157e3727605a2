// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

// archived is a release's files in memory.
type archived map[string]string

func (a archived) ReadFile(name string) ([]byte, error) {
	data, ok := a[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(data), nil
}

func (a archived) WriteFile(name string, data []byte) error {
	a[name] = string(data)
	return nil
}

func (a archived) List(dir string) ([]string, error) {
	var names []string
	for name := range a {
		if strings.HasPrefix(name, dir+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// archive reads a release's packaging, providers and top CMakeLists.txt.
func archive(t *testing.T, tag string) archived {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", releasetest.UpstreamClone(t), "archive", tag, "debian", "providers", "CMakeLists.txt").Output()
	if err != nil {
		t.Fatalf("git archive %s: %v", tag, err)
	}
	tree := archived{}
	for r := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return tree
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		tree[h.Name] = string(data)
	}
}

// asReleased gives a release's own provider as one that replaces it, with what
// its debian/ says of it; ok is false where it says nothing.
func asReleased(t *testing.T, tree archived, name string) (p *debianpkg.Provider, ok bool) {
	t.Helper()
	old, err := provider.InRelease(tree, name)
	if err != nil || old == nil {
		t.Logf("%s: %v", name, err)
		return nil, false
	}
	item := regexp.MustCompile(`(?m)^  - ` + name + `: (.*(?:\n    .*)*)`).FindStringSubmatch(tree[debianpkg.Control])
	para := regexp.MustCompile(`(?m)^Files: providers/` + name + `/\*\n(?: +.*\n)*Copyright: (.*(?:\n +.*)*)\nLicense: (.*)`).
		FindStringSubmatch(tree[debianpkg.Copyright])
	if item == nil || para == nil {
		return nil, false
	}
	p = debianReplacing(old, old, "99")
	p.Description = strings.Join(strings.Fields(item[1]), " ")
	for l := range strings.SplitSeq(para[1], "\n") {
		p.Copyright = append(p.Copyright, strings.TrimSpace(l))
	}
	p.Copyright = slices.DeleteFunc(p.Copyright, func(s string) bool { return s == "" })
	p.License = para[2]
	_, coherent, _ := strings.Cut(tree["CMakeLists.txt"], "if (HAVE_COHERENT_DMA)\nadd_sub")
	coherent, _, _ = strings.Cut(coherent, "endif()")
	p.CoherentDMA = strings.Contains(coherent, "directory(providers/"+name+")")
	return p, true
}

// providerNames lists the folders of a release's providers.
func providerNames(tree archived) []string {
	names := map[string]bool{}
	for name := range tree {
		if parts := strings.Split(name, "/"); parts[0] == "providers" {
			names[parts[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// TestDebianReplacing puts providers in the place of the releases' own: the same
// changes nothing but what upstream forgot, and of one with another header and
// symbol no line stays that is about files which are gone.
func TestDebianReplacing(t *testing.T) {
	forgot := []string{"v56.1 hns debian/control", "v64.0 hns debian/control", "v64.0 ionic debian/control"}
	for _, tag := range []string{"v43.0", "v56.1", "v64.0"} {
		tree := archive(t, tag)
		for _, name := range providerNames(tree) {
			p, ok := asReleased(t, tree, name)
			if !ok {
				t.Errorf("%s: %s is not described", tag, name)
				continue
			}
			same := maps.Clone(tree)
			if _, err := debianpkg.Integrate(same, p); err != nil {
				t.Errorf("%s %s: %v", tag, name, err)
				continue
			}
			for file, text := range same {
				if text != tree[file] && !slices.Contains(forgot, tag+" "+name+" "+file) {
					t.Errorf("%s %s: the same changes %s:\n%s", tag, name, file, text)
				}
			}
			replaceBySmaller(t, tag, tree, *p)
		}
	}
}

// replaceBySmaller puts a provider in the place of the release's own that has
// one header and one symbol, if a library is there, and nothing else.
func replaceBySmaller(t *testing.T, tag string, tree archived, p debianpkg.Provider) {
	t.Helper()
	p.Description, p.Copyright = "Another one", []string{"2026, Others"}
	p.ManPages, p.Installed, p.Files = nil, nil, nil
	if p.Library != nil {
		l := *p.Library
		l.Headers, l.Nodes = []string{p.Name + "dv2.h"}, []string{"NEW_1.0"}
		l.Symbols = []debianpkg.Symbol{{Name: p.Name + "dv_new", Node: "NEW_1.0"}}
		p.Library = &l
	}
	now := maps.Clone(tree)
	if _, err := debianpkg.Integrate(now, &p); err != nil {
		t.Errorf("%s %s: %v", tag, p.Name, err)
		return
	}
	gone := []string{"man3/" + p.Name, "man7/" + p.Name, " " + p.Name + "dv_init", strings.ToUpper(p.Name) + "_1", "providers/" + p.Name + "/man"}
	if p.Replaced.Library != nil {
		gone = append(gone, p.Replaced.Library.Headers...)
	}
	for _, f := range p.Replaced.Installed {
		gone = append(gone, "/"+f.Name)
	}
	for file, text := range now {
		if !slices.Contains(debianpkg.Reads(), file) && !debianpkg.ReadsAlso(file) {
			continue
		}
		for _, word := range gone {
			if strings.Contains(text, word) {
				t.Errorf("%s %s: %s still says %q", tag, p.Name, file, word)
			}
		}
	}
	once := maps.Clone(now)
	if _, err := debianpkg.Integrate(now, &p); err != nil || !maps.Equal(once, now) {
		t.Errorf("%s %s: a second time: %v", tag, p.Name, err)
	}
}
