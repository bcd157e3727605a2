// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"slices"
	"strings"
)

// builtSources are the files that the provider's CMake files name.
type builtSources struct {
	names   map[string]bool
	unclear bool // a file(GLOB), or a list that is not in these files: any may be among them
}

func (b *builtSources) has(name string) bool { return b.unclear || b.names[name] }

// readBuilt collects every argument of every command that can name a file, by
// the folder of its CMakeLists.txt.
func (p *Provider) readBuilt() *builtSources {
	_, has := p.content(cmakeName)
	b := &builtSources{names: map[string]bool{}, unclear: !has || p.doubts(fieldCMake)}
	for _, f := range p.Files {
		base := path.Base(f.Name)
		if base != cmakeName && path.Ext(base) != ".cmake" {
			continue
		}
		cmds, err := parseCMake(p.pathOf(f.Name), f.data)
		if err != nil {
			b.unclear = true // and told elsewhere
			continue
		}
		for _, c := range cmds {
			b.add(path.Dir(f.Name), c)
		}
	}
	return b
}

func (b *builtSources) add(dir string, c cmakeCommand) {
	if c.Name == "file" && len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "GLOB") || c.Name == "aux_source_directory" {
		b.unclear = true
	}
	for _, a := range c.Args {
		for item := range strings.SplitSeq(a.Text, ";") {
			item = strings.TrimPrefix(item, "${CMAKE_CURRENT_SOURCE_DIR}/")
			b.names[path.Join(dir, item)] = true
		}
	}
}

// checkBuilt warns of .c files that no list names and no other source includes:
// they travel into rdma-core and are not compiled there.
func (p *Provider) checkBuilt(a *Answer, c *cSources, built *builtSources) {
	for _, f := range c.files {
		if p.doubts(fieldPrivate) || !strings.HasSuffix(f.name, ".c") || built.has(f.name) || c.includes(path.Base(f.name)) {
			continue
		}
		want := "a source that " + cmakeName + " names, or a pattern of privateFiles that keeps it out"
		a.warn(&SourceError{File: f.path, Line: 1, Want: want, Got: "a file that nothing compiles"})
	}
}

// includes says whether a file includes one of that name.
func (c *cSources) includes(base string) bool {
	return slices.ContainsFunc(c.files, func(f *cFile) bool {
		return slices.ContainsFunc(f.toks, func(t cToken) bool {
			return isInclude(t) && (strings.Contains(t.Text, `"`+base+`"`) || strings.Contains(t.Text, "/"+base+`"`))
		})
	})
}
