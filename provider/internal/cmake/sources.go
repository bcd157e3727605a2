// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"path"
	"strings"
)

// Sources are the files that CMake files name.
type Sources struct {
	Names   map[string]bool
	Unclear bool // a file(GLOB), a name with a variable in it, or a list from elsewhere: any file may be named
}

// NewSources returns none.
func NewSources() *Sources { return &Sources{Names: map[string]bool{}} }

// Has reports whether a file is named, or may be.
func (s *Sources) Has(name string) bool { return s.Unclear || s.Names[name] }

// Add adds the files of a command in the directory dir: every argument that could be a file.
func (s *Sources) Add(dir string, c Command) {
	if c.Name == "file" && len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "GLOB") || c.Name == "aux_source_directory" {
		s.Unclear = true
	}
	for _, a := range c.Args {
		for item := range strings.SplitSeq(a.Text, ";") {
			for _, here := range []string{"${CMAKE_CURRENT_SOURCE_DIR}/", "${CMAKE_CURRENT_LIST_DIR}/"} {
				item = strings.TrimPrefix(item, here)
			}
			if path.Ext(item) == ".c" && strings.Contains(item, "${") && !strings.Contains(item, "BINARY_DIR}/") {
				s.Unclear = true
			}
			s.Names[path.Join(dir, item)] = true
		}
	}
}
