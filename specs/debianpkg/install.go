// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/sortedlist"
)

// installed is a line of a .install file, and its files.
type installed struct {
	pattern string
	files   []string
}

const (
	libdirPattern = "usr/lib/*/"
	anyLibdir     = "usr/lib/multiarch/" // stands for the directory of any architecture
	includes      = "usr/include/infiniband/"
	manFolder     = "usr/share/man/man"
)

func inLibdir(pattern string, files ...string) installed {
	for i, f := range files {
		files[i] = anyLibdir + f
	}
	return installed{pattern: libdirPattern + pattern, files: files}
}

// runtimeFiles are a provider's files in ibverbs-providers: first those that existing patterns
// match in every release from v32.0 on.
func runtimeFiles(p *Provider) []installed {
	const etc = "etc/libibverbs.d/"
	list := []installed{
		{pattern: etc, files: []string{etc + p.Name + ".driver"}},
		inLibdir("libibverbs/lib*-rdmav*.so", "libibverbs/lib"+p.Name+"-rdmav34.so"),
	}
	list = append(list, libraryFiles(p)...)
	return append(list, manPages(p.pages(false))...)
}

// pages returns the man pages for developers, or the others. As in upstream, all pages of a
// library are for developers; a plug-in's are in the plug-in's package.
func (p *Provider) pages(development bool) []ManPage {
	const functions = 3
	var out []ManPage
	for _, m := range p.ManPages {
		if (p.Library != nil || m.Section == functions) == development {
			out = append(out, m)
		}
	}
	return out
}

// libraryFiles are the run-time files of programs that are linked to the library.
func libraryFiles(p *Provider) []installed {
	l := p.Library
	if l == nil {
		return nil
	}
	return []installed{inLibdir("lib"+l.Name+".so.*", l.soname(), l.soname()+".0."+p.Release)}
}

// developmentFiles are a provider's files in libibverbs-dev.
func developmentFiles(p *Provider) []installed {
	l := p.Library
	pages := manPages(p.pages(true))
	if l == nil {
		return append([]installed{inLibdir("lib*-rdmav*.a", "lib"+p.Name+"-rdmav34.a")}, pages...)
	}
	var list []installed
	for _, h := range l.Headers {
		list = append(list, installed{pattern: includes + h, files: []string{includes + h}})
	}
	lib := "lib" + l.Name
	list = append(list, inLibdir(lib+".a", lib+".a"), inLibdir(lib+".so", lib+".so"))
	if l.PkgConfig {
		list = append(list, inLibdir("pkgconfig/"+lib+".pc", "pkgconfig/"+lib+".pc"))
	}
	return append(list, pages...)
}

// manPages groups pages of one section with a common prefix up to an underscore, like upstream:
// manadv_*.3. If the pattern could match another's pages, editInstall names each.
func manPages(pages []ManPage) []installed {
	bySection := map[int][]string{}
	var sections []int
	for _, p := range pages {
		if bySection[p.Section] == nil {
			sections = append(sections, p.Section)
		}
		bySection[p.Section] = append(bySection[p.Section], p.Name)
	}
	var list []installed
	for _, s := range sections {
		folder, suffix := manFolder+strconv.Itoa(s)+"/", "."+strconv.Itoa(s)
		names := bySection[s]
		pages := installed{files: make([]string, len(names))}
		for i, n := range names {
			pages.files[i] = folder + n + suffix
		}
		if prefix := commonPrefix(names); len(names) > 1 && prefix != "" {
			pages.pattern = folder + prefix + "*" + suffix
			list = append(list, pages)
			continue
		}
		list = append(list, pages.each()...)
	}
	return list
}

// each names each file.
func (w installed) each() []installed {
	list := make([]installed, len(w.files))
	for i, f := range w.files {
		list[i] = installed{pattern: f, files: []string{f}}
	}
	return list
}

// commonPrefix is the common prefix of all names, up to its last underscore.
func commonPrefix(names []string) string {
	prefix := names[0]
	for _, n := range names[1:] {
		for !strings.HasPrefix(n, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return prefix[:strings.LastIndexByte(prefix, '_')+1]
}

// editInstall adds lines to a .install file for files that none of its lines matches yet.
func editInstall(file string, data []byte, wanted []installed) ([]byte, bool, error) {
	t := split(data)
	already := true
	for _, w := range wanted {
		lines, sources := installLines(t)
		if len(lines) == 0 {
			return nil, false, &PlaceError{File: file, LookedFor: "lines with files to install", Found: "none"}
		}
		if !slices.ContainsFunc(w.files, func(f string) bool { return !taken(sources, f) }) {
			continue
		}
		already = false
		keys := make([]string, len(lines))
		for i, n := range lines {
			keys[i] = sources[i][0]
			if keys[i] == w.pattern {
				found := "a line of that pattern that does not include " + strings.Join(w.files, ", ")
				return nil, false, &PlaceError{File: file, Line: n + 1, LookedFor: "a place for " + w.pattern, Found: found}
			}
		}
		pos, at := sortedlist.Place(keys, w.pattern, sortedlist.ByBytes), lines[0]
		if pos > 0 {
			at = lines[pos-1] + 1
		}
		t = t.insert(at, w.pattern)
	}
	return t.bytes(), already, nil
}

// installLines returns the lines that are not comments, and the patterns of each: the last of
// several words is the destination.
func installLines(t text) (lines []int, sources [][]string) {
	for i, l := range t {
		fields := strings.Fields(l.s)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) > 1 {
			fields = fields[:len(fields)-1]
		}
		lines, sources = append(lines, i), append(sources, fields)
	}
	return lines, sources
}

// taken reports whether one of the lines takes a file.
func taken(sources [][]string, file string) bool {
	return slices.ContainsFunc(sources, func(patterns []string) bool { return takesAny(patterns, file) })
}

func takesAny(patterns []string, file string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return takes(p, file) })
}
