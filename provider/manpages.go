// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// ManPage is an installed manual page.
type ManPage struct {
	Section int    // 3
	Name    string // "manadv_init_obj"
}

// ManPages returns the provider's manual pages, with or without a library: rdma_man_pages() and
// rdma_alias_man_pages() of all its directories, in order.
func (p *Provider) ManPages() []ManPage { return slices.Clone(p.manPages) }

// PageSources reports whether there are pages in Markdown, for pandoc, and in reStructuredText,
// for rst2man. No release has these prebuilt.
func (p *Provider) PageSources() (markdown, rst bool) { return p.markdown, p.rst }

// manForm is NAME.SECTION; buildlib/rdma_man.cmake takes .md, .in.rst or .in
// off the name of a source.
var manForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_.+-]*)\.([1-9])$`)

func manSource(name string) string {
	for _, suffix := range []string{".md", ".in.rst", ".in"} {
		if bare, ok := strings.CutSuffix(name, suffix); ok {
			return bare
		}
	}
	return name
}

func (r *buildReader) manPages(b *cmake.File, c *cmake.Command) error {
	var errs []error
	for _, a := range c.Args {
		err := r.manPage(b, a, path.Base(manSource(a.Text)))
		if err == nil && !r.p.hasBuilt(b.Path(a.Text)) {
			err = b.Fail(a, "the file "+a.Text, "no such file to install in "+r.p.Manifest.Folder())
		}
		errs = append(errs, err)
		r.p.markdown = r.p.markdown || strings.HasSuffix(a.Text, ".md")
		r.p.rst = r.p.rst || strings.HasSuffix(a.Text, ".rst")
	}
	return errors.Join(errs...)
}

// manAliases reads pairs: a page, and another name for it.
func (r *buildReader) manAliases(b *cmake.File, c *cmake.Command) error {
	if len(c.Args)%2 != 0 {
		return b.FailAt(c, "pairs of a page and an alias", strconv.Itoa(len(c.Args))+" names")
	}
	var errs []error
	for i := 0; i+1 < len(c.Args); i += 2 {
		from, to := manForm.FindStringSubmatch(c.Args[i].Text), manForm.FindStringSubmatch(c.Args[i+1].Text)
		if from != nil && to != nil && from[2] != to[2] {
			errs = append(errs, b.Fail(c.Args[i+1], "an alias of section "+from[2], to[0]))
			continue
		}
		errs = append(errs, r.manPage(b, c.Args[i+1], c.Args[i+1].Text))
	}
	return errors.Join(errs...)
}

func (r *buildReader) manPage(b *cmake.File, a cmake.Arg, installed string) error {
	m := manForm.FindStringSubmatch(installed)
	if m == nil {
		return b.Fail(a, "a page NAME.SECTION, or a variable set() here", fmt.Sprintf("%q", a.Text))
	}
	page := ManPage{Section: int(m[2][0] - '0'), Name: m[1]}
	if !slices.Contains(r.p.manPages, page) { // it may be in both branches of an if()
		r.p.manPages = append(r.p.manPages, page)
	}
	return nil
}
