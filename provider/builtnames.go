// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"strings"
)

// builtSources are the files that CMake files name.
type builtSources struct {
	names   map[string]bool
	unclear bool // a file(GLOB), or a list that is not in these files: any may be among them
}

// newBuiltSources gives none.
func newBuiltSources() *builtSources { return &builtSources{names: map[string]bool{}} }

// has says whether a file is named, or may be.
func (b *builtSources) has(name string) bool { return b.unclear || b.names[name] }

// add takes in what a command names, of a file in the folder dir: each argument that can
// be a file is one.
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
