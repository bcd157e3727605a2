// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path/filepath"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// otherTarget returns the error for a command that builds a provider of another name than the
// manifest's. Plug-in or library, NAME.driver and verbs_provider_NAME must have the same name
// in rdma-core's CMake files; only the directory's may differ.
func (p *Provider) otherTarget(b *cmake.File, c *cmake.Command) *text.SourceError {
	name := p.Manifest.Name
	e := &text.SourceError{File: b.Name, Line: text.LineNumber(b.Data, c.Start), Want: c.Name + "(" + name}
	switch {
	case len(c.Args) == 0:
		e.Got = c.Name + "()"
	case nameForm.MatchString(c.Args[0].Text):
		got := c.Args[0].Text
		directory := ""
		if dir := p.directory(); dir != got {
			directory = fmt.Sprintf(" and \"directory: %s\"", dir)
		}
		e.Got = fmt.Sprintf("%s(%s (if this is intended: \"name: %s\"%s in %s)", c.Name, got, got, directory, ManifestName)
	default:
		e.Got = c.Name + "(" + edit.Quote(c.Args[0].Text)
	}
	return e
}

// directory is the name of the provider's directory in rdma-core: the manifest's directory, or
// else its present name if that is valid, or else the manifest's name.
func (p *Provider) directory() string {
	if p.Manifest.Directory != "" {
		return p.Manifest.Directory
	}
	if dir, err := filepath.Abs(p.Dir); err == nil && nameForm.MatchString(filepath.Base(dir)) {
		return filepath.Base(dir)
	}
	return p.Manifest.Name
}

// otherPkgConfig says that rdma_pkg_config() is for a library of another name.
func otherPkgConfig(b *cmake.File, c *cmake.Command, name string) error {
	found := c.Name + "()"
	if len(c.Args) > 0 {
		found = c.Name + "(" + edit.Quote(c.Args[0].Text)
	}
	return b.FailAt(c, c.Name+"("+name+" …", found)
}

// TargetName is the provider's name in its CMakeLists.txt files, "" if there are none or
// several.
func (p *Provider) TargetName() string {
	files, err := p.BuildFiles()
	if err != nil {
		return ""
	}
	name := ""
	for _, b := range files {
		for _, c := range b.Commands {
			if (c.Name != PluginCommand && c.Name != LibraryCommand) || len(c.Args) == 0 || c.Args[0].Text == name {
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
