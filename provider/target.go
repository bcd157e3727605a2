// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"

	"github.com/resnics/verbsmith/specs/edit"
)

// otherTarget says that a command makes a provider of another name than the manifest's.
// The name is that of the plug-in or library, of NAME.driver and of verbs_provider_NAME,
// which rdma-core's CMake files expect of one provider to be one; the directory alone may
// be called otherwise.
func otherTarget(b *buildFile, c *cmakeCommand, name string) *SourceError {
	e := &SourceError{File: b.file, Line: lineNumber(b.data, c.Start), Want: c.Name + "(" + name}
	switch {
	case len(c.Args) == 0:
		e.Got = c.Name + "()"
	case nameForm.MatchString(c.Args[0].Text):
		got := c.Args[0].Text
		e.Got = fmt.Sprintf("%s(%s (if it is meant: \"name: %s\" and \"directory: %s\" in %s)", c.Name, got, got, name, ManifestName)
	default:
		e.Got = c.Name + "(" + edit.Quote(c.Args[0].Text)
	}
	return e
}

// targetName is the name that the provider's CMakeLists.txt give it, "" where they give
// none, or several.
func (p *Provider) targetName() string {
	files, err := p.buildFiles()
	if err != nil {
		return ""
	}
	name := ""
	for _, b := range files {
		for _, c := range b.cmds {
			if (c.Name != cmakePlugin && c.Name != cmakeShared) || len(c.Args) == 0 || c.Args[0].Text == name {
				continue
			}
			if name != "" || !nameForm.MatchString(c.Args[0].Text) {
				return ""
			}
			name = c.Args[0].Text
		}
	}
	return name
}
