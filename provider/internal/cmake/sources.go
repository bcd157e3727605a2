// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"path"
	"strings"
)

// Sources are the files that CMake files name.
type Sources struct {
	Names   map[string]bool
	Unclear bool // a file(GLOB), or a list that is not in these files: any may be among them
}

// NewSources returns none.
func NewSources() *Sources { return &Sources{Names: map[string]bool{}} }

// Has reports whether a file is named, or may be.
func (s *Sources) Has(name string) bool { return s.Unclear || s.Names[name] }

// Add takes in what a command names, of a file in the directory dir: each argument that can
// be a file is one.
func (s *Sources) Add(dir string, c Command) {
	if c.Name == "file" && len(c.Args) > 0 && strings.HasPrefix(c.Args[0].Text, "GLOB") || c.Name == "aux_source_directory" {
		s.Unclear = true
	}
	for _, a := range c.Args {
		for item := range strings.SplitSeq(a.Text, ";") {
			item = strings.TrimPrefix(item, "${CMAKE_CURRENT_SOURCE_DIR}/")
			s.Names[path.Join(dir, item)] = true
		}
	}
}
