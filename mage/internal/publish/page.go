// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bytes"
	_ "embed" // the template
	"fmt"
	"html/template"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

//go:embed page.html
var pageTemplate string

// pageView is what the page shows.
type pageView struct {
	Index

	Owner        string
	Fingerprint  string // in groups
	Spoiled      bool   // something was released in spite of a reason
	Repositories []repositoryView
}

type repositoryView struct {
	Title, File, Keyring string
	Install              string
	Debian               bool
	Builds               []buildView
}

type buildView struct {
	Build

	Folder   string
	Packages []Package // without debugging data and sources
	Others   int
}

// page is index.html: for whom the packages are, and how to install them.
func (x Index) page(owner string) ([]byte, error) {
	view := pageView{Index: x, Owner: owner, Fingerprint: grouped(x.Key)}
	for _, repository := range x.Repositories() {
		builds := x.of(repository)
		slices.SortStableFunc(builds, func(a, b Build) int { return -pkgfile.CompareEVR(a.Release, b.Release) })
		r := repositoryView{
			Title: builds[0].Title, File: x.clientFile(repository), Debian: builds[0].Kind.Debian(),
			Keyring: keyringFolder + "/" + x.Name + ".asc", Install: strings.Join(installed(builds[0]), " "),
		}
		for _, b := range builds {
			v := buildView{Build: b, Folder: b.folder()}
			for _, p := range b.Packages {
				if p.Source() || isDebug(p) {
					v.Others++
					continue
				}
				v.Packages = append(v.Packages, p)
			}
			view.Spoiled = view.Spoiled || len(b.Allowed) > 0
			r.Builds = append(r.Builds, v)
		}
		view.Repositories = append(view.Repositories, r)
	}
	tmpl, err := template.New(PageFile).Funcs(template.FuncMap{"base": path.Base, "join": strings.Join}).Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("read the template of the page: %w", err)
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, view); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return out.Bytes(), nil
}

// grouped is a fingerprint in groups of four, as people compare it.
func grouped(fingerprint string) string {
	const group = 4
	return strings.Join(slices.Collect(func(yield func(string) bool) {
		for chunk := range slices.Chunk([]byte(fingerprint), group) {
			if !yield(string(chunk)) {
				return
			}
		}
	}), " ")
}

func isDebug(p Package) bool {
	return pkgfile.IsDebugRPM(p.Name) || strings.HasSuffix(p.Name, "-dbgsym") || strings.HasSuffix(p.Name, "-dbg")
}

// installed are the packages that have the provider and the tools that show its device.
func installed(b Build) []string {
	wanted := []string{"libibverbs", "libibverbs-utils", "ibverbs-providers", "ibverbs-utils"}
	var names []string
	for _, p := range b.Packages {
		if p.Source() || isDebug(p) {
			continue
		}
		if b.Kind.Addon() || slices.Contains(wanted, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// kindTitle says what a kind of packages is.
func kindTitle(kind artifact.Kind) string {
	if kind.Addon() {
		return "the provider alone, next to the distribution's libibverbs"
	}
	return "rdma-core with the provider in it"
}

// About says what a build is.
func (b Build) About() string { return kindTitle(b.Kind) }
