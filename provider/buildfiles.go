// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// buildFile is one CMakeLists.txt of the provider.
type buildFile struct {
	dir  string // its folder, "." for the provider's own
	file string // as it was opened, for messages
	data []byte
	cmds []cmakeCommand // those that it runs, with the variables that it sets
	vars *cmakeVars     // as they are at its end
}

func (b *buildFile) fail(a cmakeArg, lookedFor, found string) error {
	return &PlaceError{File: b.file, Line: lineNumber(b.data, a.Start), LookedFor: lookedFor, Found: found}
}

// failAt is fail for the command as a whole.
func (b *buildFile) failAt(c *cmakeCommand, lookedFor, found string) error {
	return b.fail(cmakeArg{Start: c.Start}, lookedFor, found)
}

// path gives a file that the build file names, from the provider's folder.
func (b *buildFile) path(name string) string { return path.Join(b.dir, name) }

// buildFiles reads the provider's CMakeLists.txt: its own, those of the
// manifest's subdirectories, and those that these take in by add_subdirectory().
func (p *Provider) buildFiles() ([]buildFile, error) {
	var files []buildFile
	dirs := append([]string{"."}, p.Manifest.CMake.Subdirectories...)
	outer := make(map[string]*cmakeVars) // of the file that takes a folder in
	for i := 0; i < len(dirs); i++ {
		b, err := p.buildFile(path.Clean(dirs[i]), outer[dirs[i]])
		if err != nil {
			return nil, err
		}
		for k := range b.cmds {
			c := &b.cmds[k]
			if c.Name != "add_subdirectory" || len(c.Args) == 0 || strings.Contains(c.Args[0].Text, "$") {
				continue
			}
			dir := b.path(c.Args[0].Text)
			switch {
			case slices.Contains(dirs, dir):
				return nil, b.fail(c.Args[0], "each folder once, also where the manifest's cmake.subdirectories name it", dir+" again")
			case !p.has(path.Join(dir, cmakeName)):
				return nil, b.fail(c.Args[0], "a file "+path.Join(dir, cmakeName)+" of the provider", "none")
			}
			dirs, outer[dir] = append(dirs, dir), b.vars
		}
		files = append(files, b)
	}
	return files, nil
}

func (p *Provider) buildFile(dir string, outer *cmakeVars) (buildFile, error) {
	name := path.Join(dir, cmakeName)
	b := buildFile{dir: dir, file: filepath.Join(p.Dir, filepath.FromSlash(name))}
	data, ok := p.content(name)
	if !ok {
		want := "a file that calls rdma_provider() or rdma_shared_provider()"
		return b, &FileError{File: b.file, Want: want, Got: noSuchFile}
	}
	cmds, err := parseCMake(b.file, data)
	if err != nil {
		return b, err
	}
	b.data, b.vars = data, newCMakeVars(b.file, outer)
	b.cmds, err = b.vars.expand(cmds)
	return b, err
}

// content gives a file of the provider that goes into rdma-core.
func (p *Provider) content(name string) ([]byte, bool) {
	i, ok := slices.BinarySearchFunc(p.Files, name, func(f File, n string) int { return strings.Compare(f.Name, n) })
	if !ok {
		return nil, false
	}
	return p.Files[i].data, true
}

const (
	cmakePlugin = "rdma_provider"
	cmakeShared = "rdma_shared_provider"
)

var sourceName = regexp.MustCompile(`^[A-Za-z0-9_@+-][A-Za-z0-9_@+./-]*\.(c|h|map)$`)

// checkBuild checks that the provider's CMakeLists.txt make a provider of this
// name from files that are there, and takes from them what else they install.
func (p *Provider) checkBuild() error {
	files, err := p.buildFiles()
	if err != nil {
		return err
	}
	r := &buildReader{p: p}
	for i := range files {
		for k := range files[i].cmds {
			r.read(&files[i], &files[i].cmds[k])
		}
	}
	return r.finish(files[0].file)
}

// checkSources checks that the files which a command names will be in
// providers/NAME; the kernel headers will not: they go to kernel-headers/rdma.
func (p *Provider) checkSources(b *buildFile, c *cmakeCommand) []error {
	var errs []error
	for _, a := range c.Args {
		if sourceName.MatchString(a.Text) && !p.hasBuilt(b.path(a.Text)) {
			found := "none of that name that goes into " + p.Manifest.Folder()
			errs = append(errs, b.fail(a, "the file "+a.Text, found))
		}
	}
	return errs
}

// hasBuilt says whether a file will be in providers/NAME.
func (p *Provider) hasBuilt(name string) bool {
	return p.has(name) && !slices.Contains(p.Manifest.kernelHeaders(), name)
}

// wantProvider names the command that makes the provider.
func wantProvider(name string) string {
	return fmt.Sprintf("%s(%s … or %s(%s …", cmakePlugin, name, cmakeShared, name)
}
