// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// BuildFiles reads the provider's CMakeLists.txt files: its own, those of the manifest's
// subdirectories, and those that these add with add_subdirectory().
func (p *Provider) BuildFiles() ([]*cmake.File, error) {
	var files []*cmake.File
	dirs := append([]string{"."}, p.Manifest.CMake.Subdirectories...)
	outer := make(map[string]*cmake.Vars) // of the file that adds a directory
	for i := 0; i < len(dirs); i++ {
		b, err := p.buildFile(path.Clean(dirs[i]), outer[dirs[i]])
		if err != nil {
			return nil, err
		}
		for k := range b.Commands {
			cmd := &b.Commands[k]
			if cmd.Name != "add_subdirectory" || len(cmd.Args) == 0 || strings.Contains(cmd.Args[0].Text, "$") {
				continue
			}
			dir := b.Path(cmd.Args[0].Text)
			switch {
			case slices.Contains(dirs, dir):
				return nil, b.Fail(cmd.Args[0], "each directory once, also in the manifest's cmake.subdirectories", dir+" again")
			case !p.Has(path.Join(dir, cmake.FileName)):
				return nil, b.Fail(cmd.Args[0], "a file "+path.Join(dir, cmake.FileName)+" of the provider", "none")
			}
			dirs, outer[dir] = append(dirs, dir), b.Vars
		}
		files = append(files, b)
	}
	return files, nil
}

func (p *Provider) buildFile(dir string, outer *cmake.Vars) (*cmake.File, error) {
	name := path.Join(dir, cmake.FileName)
	data, ok := p.Content(name)
	if !ok {
		want := "a file that calls rdma_provider() or rdma_shared_provider()"
		return nil, &FileError{File: p.Path(name), Want: want, Got: noSuchFile}
	}
	return cmake.Read(dir, p.Path(name), data, outer)
}

// Content returns the content of a provider file that goes into rdma-core.
func (p *Provider) Content(name string) ([]byte, bool) {
	i, ok := slices.BinarySearchFunc(p.Files, name, func(f File, n string) int { return strings.Compare(f.Name, n) })
	if !ok {
		return nil, false
	}
	return p.Files[i].data, true
}

// The commands of rdma-core that build a provider: a plug-in, or one with a library of its own.
const (
	PluginCommand  = "rdma_provider"
	LibraryCommand = "rdma_shared_provider"
)

var sourceName = regexp.MustCompile(`^[A-Za-z0-9_@+-][A-Za-z0-9_@+./-]*\.(c|h|map)$`)

// checkSources checks that the files of a command will be in providers/NAME, or are made by the build. Kernel headers
// will not: they go to kernel-headers/rdma.
func (p *Provider) checkSources(b *cmake.File, cmd *cmake.Command) []error {
	var errs []error
	for _, a := range cmd.Args {
		if sourceName.MatchString(a.Text) && !p.hasBuilt(b.Path(a.Text)) && !makes(b, a.Text) {
			found := "no such file to install in " + p.Manifest.Folder()
			errs = append(errs, b.Fail(a, "the file "+a.Text, found))
		}
	}
	return errs
}

// makes reports whether a command can make the file. CMake looks for a source without a directory where it builds, too.
func makes(b *cmake.File, name string) bool {
	return slices.ContainsFunc(b.Commands, func(cmd cmake.Command) bool {
		switch cmd.Name {
		case "add_custom_command", "configure_file", "file":
			return slices.ContainsFunc(cmd.Args, func(a cmake.Arg) bool {
				return strings.TrimPrefix(strings.TrimPrefix(a.Text, "${CMAKE_CURRENT_BINARY_DIR}/"), "./") == name
			})
		}
		return false
	})
}

// hasBuilt reports whether a file will be in providers/NAME.
func (p *Provider) hasBuilt(name string) bool {
	return p.Has(name) && !slices.Contains(p.Manifest.KernelHeaders(), name)
}

// wantProvider names the command that makes the provider.
func wantProvider(name string) string {
	return fmt.Sprintf("%s(%s … or %s(%s …", PluginCommand, name, LibraryCommand, name)
}

// Built collects all command arguments that can name a file, by the directory of their
// CMakeLists.txt.
func (p *Provider) Built() *cmake.Sources {
	_, has := p.Content(cmake.FileName)
	b := cmake.NewSources()
	b.Unclear = !has
	for _, f := range p.Files {
		base := path.Base(f.Name)
		if base != cmake.FileName && path.Ext(base) != ".cmake" {
			continue
		}
		cmds, err := cmake.Parse(p.Path(f.Name), f.data)
		if err != nil {
			b.Unclear = true // and reported elsewhere
			continue
		}
		for _, c := range cmds {
			b.Add(path.Dir(f.Name), c)
		}
	}
	return b
}

// Sources scans every .c and .h file of the provider. It stops when ctx ends.
func (p *Provider) Sources(ctx context.Context) (*c.Sources, []error) {
	s := c.NewSources()
	var errs []error
	for _, file := range p.Files {
		if ext := filepath.Ext(file.Name); ext != ".c" && ext != ".h" {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return s, append(errs, err)
		}
		if err := s.Add(file.Name, p.Path(file.Name), file.data); err != nil {
			errs = append(errs, err)
		}
	}
	return s, errs
}
