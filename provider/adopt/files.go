// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// readFiles reads the directory's files. Of a driver that is alone, those that do not belong to it become private: a repository has
// more than rdma-core takes. In a tree all belong to it.
func (r *reader) readFiles(ctx context.Context) error {
	errRead := r.draft.ReadFiles(ctx)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	r.built = r.p.Built()
	r.p.Manifest.CMake.Subdirectories = r.subdirectories()
	var refused []string
	var errs []error
	for _, err := range parts(errRead) {
		name := r.nameOf(err)
		if r.Tree != "" || name == "" || name == "." || r.belongs(name) {
			errs = append(errs, err)
			continue
		}
		refused = append(refused, name)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	var err error
	if r.files, err = r.p.BuildFiles(); err != nil {
		return err
	}
	if r.Tree == "" {
		r.leaveOut(ctx, refused)
	}
	return nil
}

func parts(err error) []error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range many.Unwrap() {
			all = append(all, parts(one)...)
		}
		return all
	}
	return []error{err}
}

// nameOf is the file of the directory that an error is about.
func (r *reader) nameOf(err error) string {
	file := ""
	if e, ok := errors.AsType[*provider.FileError](err); ok {
		file = e.File
	} else if e, ok := errors.AsType[*provider.SourceError](err); ok {
		file = e.File
	} else if e, ok := errors.AsType[*provider.LimitError](err); ok {
		file = e.File
	}
	name, err := filepath.Rel(r.p.Dir, file)
	if err != nil || file == "" {
		return ""
	}
	return filepath.ToSlash(name)
}

// belongs reports whether a file is a source, or one that a CMakeLists.txt names.
func (r *reader) belongs(name string) bool {
	return r.built.Names[name] || provider.NewFile(name, 0, nil).Kind() != provider.KindOther
}

// subdirectories are those with a CMakeLists.txt of their own that the top one of rdma-core adds: as the tree's does, or, of a driver
// that is alone, those that install something and that no other file adds.
func (r *reader) subdirectories() []string {
	if r.tree != nil {
		var dirs []string
		inside := providersDir + "/" + filepath.Base(r.Driver.Driver) + "/"
		for _, cmd := range r.topCommands() {
			if sub, ok := strings.CutPrefix(addedDir(&cmd), inside); ok && !slices.Contains(dirs, sub) {
				dirs = append(dirs, sub)
			}
		}
		return dirs
	}
	added := map[string]bool{".": true}
	installs := map[string]bool{}
	for _, f := range r.p.Files {
		if path.Base(f.Name) != cmake.FileName {
			continue
		}
		cmds, err := cmake.Parse(f.Name, f.Data())
		if err != nil {
			continue // BuildFiles reports it if it is one
		}
		for i := range cmds {
			switch cmds[i].Name {
			case "add_subdirectory":
				added[path.Join(path.Dir(f.Name), strings.Join(cmds[i].Texts()[:min(1, len(cmds[i].Args))], ""))] = true
			case "rdma_man_pages", "rdma_alias_man_pages", "publish_headers", "rdma_subst_install", "rdma_pkg_config":
				installs[path.Dir(f.Name)] = true
			}
		}
	}
	var dirs []string
	for dir := range installs {
		if !added[dir] {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// addedDir is the directory of an add_subdirectory().
func addedDir(cmd *cmake.Command) string {
	if cmd.Name != "add_subdirectory" || len(cmd.Args) == 0 {
		return ""
	}
	return path.Clean(cmd.Args[0].Text)
}

// topCommands are those of the tree's CMakeLists.txt.
func (r *reader) topCommands() []cmake.Command {
	cmds, err := cmake.Parse(provider.TopCMake, readFrom(r.tree, provider.TopCMake))
	if err != nil {
		return nil // the place was found by it, so it has changed since
	}
	return cmds
}

// buildsCPlusPlus says whether a CMakeLists.txt names a source whose includes nobody reads.
func (r *reader) buildsCPlusPlus() bool {
	for name := range r.built.Names {
		switch path.Ext(name) {
		case ".cc", ".cpp", ".cxx":
			return true
		}
	}
	return false
}

// isHeader says whether a file can be one that C++ includes.
func isHeader(name string) bool {
	switch path.Ext(name) {
	case ".h", ".hh", ".hpp", ".hxx", ".inc", ".ipp", ".tcc":
		return true
	}
	return false
}

// needs says which files belong to the provider although no CMakeLists.txt names them.
func (r *reader) needs(src *c.Sources, buildDirs map[string]bool) func(provider.File) bool {
	cplusplus := r.buildsCPlusPlus()
	return func(f provider.File) bool {
		dir := path.Dir(f.Name)
		usual := dir != "." && buildDirs[dir] // it may be a page that is not listed
		switch f.Kind() {
		case provider.KindSource:
			usual = dir == "." || r.built.Unclear
		case provider.KindCMake, provider.KindMap:
			usual = dir == "." || buildDirs[dir]
		case provider.KindOther:
		}
		// What is included is looked for last: in each token of each file.
		return usual || cplusplus && isHeader(f.Name) || src.Includes(path.Base(f.Name)) ||
			f.Kind() == provider.KindSource && kernelHeader(src, f.Name)
	}
}

// leaveOut makes private what does not belong to the provider: files that are neither source nor named by a CMakeLists.txt, and
// directories without a CMakeLists.txt of the build, from which nothing is compiled or included.
func (r *reader) leaveOut(ctx context.Context, out []string) {
	src, _ := r.p.Sources(ctx) // reported when they are read for good
	buildDirs := map[string]bool{}
	for _, b := range r.files {
		buildDirs[b.Dir] = true
	}
	needed := r.needs(src, buildDirs)
	var kept []string
	for _, f := range r.p.Files {
		if r.built.Names[f.Name] || needed(f) {
			kept = append(kept, f.Name)
		} else {
			out = append(out, f.Name)
		}
	}
	r.p.Manifest.PrivateFiles = patterns(out, kept)
	r.p.Files = slices.DeleteFunc(r.p.Files, func(f provider.File) bool { return !slices.Contains(kept, f.Name) })
	if n := len(out); n > 0 {
		r.found(fieldPrivate, count(n, "file"), "")
	}
}

// patterns are those of privateFiles for files: a directory where nothing below is kept.
func patterns(out, kept []string) []string {
	slices.Sort(out)
	var all []string
	for _, name := range out {
		pattern := name
		for at := 0; ; {
			n := strings.IndexByte(name[at:], '/')
			if n < 0 {
				break
			}
			at += n + 1
			if !slices.ContainsFunc(kept, func(k string) bool { return strings.HasPrefix(k, name[:at]) }) {
				pattern = name[:at]
				break
			}
		}
		bare := strings.TrimSuffix(pattern, "/")
		names := func(k string) bool { return slices.Contains(strings.Split(k, "/"), bare) }
		if !strings.Contains(bare, "/") && slices.ContainsFunc(kept, names) {
			continue // without a slash inside it matches in any directory
		}
		pattern = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(pattern)
		if !slices.Contains(all, pattern) {
			all = append(all, pattern)
		}
	}
	return all
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
