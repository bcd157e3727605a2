// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// buildFiles reads the provider's CMakeLists.txt: its own, those of the
// manifest's subdirectories, and those that these take in by add_subdirectory().
func (p *Provider) buildFiles() ([]*buildFile, error) {
	var files []*buildFile
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

func (p *Provider) buildFile(dir string, outer *cmakeVars) (*buildFile, error) {
	name := path.Join(dir, cmakeName)
	data, ok := p.content(name)
	if !ok {
		want := "a file that calls rdma_provider() or rdma_shared_provider()"
		return nil, &FileError{File: p.pathOf(name), Want: want, Got: noSuchFile}
	}
	return readBuildFile(dir, p.pathOf(name), data, outer)
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

// readBuilt collects every argument of every command that can name a file, by
// the folder of its CMakeLists.txt.
func (p *Provider) readBuilt() *builtSources {
	_, has := p.content(cmakeName)
	b := newBuiltSources()
	b.unclear = !has
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
