// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// inRelease has the headers and constants of a release with the provider in it.
type inRelease struct {
	version string
	headers map[string]bool // "rdma/fly-abi.h", "kernel-abi/fly-abi.h"
	ids     map[string]bool // constants of enum rdma_driver_id
}

// Release finds uses of kernel headers (<rdma/…>, <kernel-abi/…>) and driver ids that neither
// the release nor the manifest has. t is the tree with the provider in it, version is the
// release's name. Code under a preprocessor condition is ignored.
//
// Each result is a *SourceError; an error says that the tree could not be read.
func Release(ctx context.Context, p *provider.Provider, t provider.Tree, version string) ([]error, error) {
	r, err := readRelease(t, version)
	if err == nil {
		err = checkCommand(p, t)
	}
	if err != nil {
		return nil, err
	}
	src, _ := p.Sources(ctx) // Examine reports files that cannot be scanned
	compiled := compiledFiles(src, p.Built())
	var errs []error
	for _, f := range src.Files {
		if !compiled[f] {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		for i, depth := range c.Conditions(f.Tokens) {
			if depth > 0 {
				continue
			}
			tok := f.Tokens[i]
			if tok.Kind != c.Directive {
				errs = append(errs, r.constants(src, f, []c.Token{tok}, 0)...)
				continue
			}
			if tok.IsInclude() {
				errs = append(errs, r.include(p, f, tok)...)
			} else if body := tok.Definition(); body != nil {
				errs = append(errs, r.constants(src, f, body, tok.Start)...)
			}
		}
	}
	return errs, nil
}

// Reads lists the files of a release that Release reads, so that it can be run on a tree of
// only those.
func Reads() []string {
	return []string{provider.HeadersCMake, RDMACMCMake, provider.DriverHeader, commandsFile}
}

// commandsFile defines the commands that build a provider.
const commandsFile = "buildlib/rdma_functions.cmake"

// checkCommand refuses a release without the command that builds the provider, or with other arguments before its sources.
func checkCommand(p *provider.Provider, t provider.Tree) error {
	data, err := t.ReadFile(commandsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a tree that cannot be built either
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", commandsFile, err)
	}
	cmds, err := cmake.Parse(commandsFile, data)
	if err != nil {
		return err
	}
	want := []string{provider.PluginCommand, "DEST"}
	if p.Library() != nil {
		want = []string{provider.LibraryCommand, "DEST", "VERSION_SCRIPT", "SOVERSION", "VERSION"}
	}
	place := &provider.PlaceError{File: commandsFile, LookedFor: "function(" + strings.Join(want, " ") + ")", Found: "none"}
	for _, c := range cmds {
		args := c.Texts()
		if c.Name != "function" && c.Name != "macro" || len(args) == 0 || args[0] != want[0] {
			continue
		}
		if slices.Equal(args, want) {
			return nil
		}
		place.Line, place.Found = c.Line, c.Name+"("+strings.Join(args, " ")+")"
	}
	return place
}

// compiledFiles returns the files in the CMake files, and those that they include, directly or
// indirectly. Headers are identified by their base name, because the compiler's include
// directories are not known. Includes under a condition are ignored.
func compiledFiles(src *c.Sources, built *cmake.Sources) map[*c.File]bool {
	byName := map[string][]*c.File{}
	var queue []*c.File
	for _, f := range src.Files {
		byName[path.Base(f.Name)] = append(byName[path.Base(f.Name)], f)
		if built.Names[f.Name] || strings.HasSuffix(f.Name, ".c") && built.Unclear {
			queue = append(queue, f)
		}
	}
	seen := map[*c.File]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		f := queue[0]
		if seen[f] {
			continue
		}
		seen[f] = true
		for i, depth := range c.Conditions(f.Tokens) {
			if depth > 0 || !f.Tokens[i].IsInclude() {
				continue
			}
			if name := f.Tokens[i].Included(); name != "" {
				queue = append(queue, byName[path.Base(name)]...)
			}
		}
	}
	return seen
}

// RDMACMCMake publishes the headers of librdmacm, which are in <rdma/…> too.
const RDMACMCMake = "librdmacm/" + cmake.FileName

func readRelease(t provider.Tree, version string) (*inRelease, error) {
	r := &inRelease{version: version, headers: map[string]bool{}, ids: map[string]bool{}}
	if err := r.readHeaders(t, provider.HeadersCMake); err != nil {
		return nil, err
	}
	if err := r.readHeaders(t, RDMACMCMake); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	data, err := t.ReadFile(provider.DriverHeader)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", provider.DriverHeader, err)
	}
	def, err := provider.ReadDriverIDs(provider.DriverHeader, data)
	if err != nil {
		return nil, err
	}
	for _, e := range def.Consts {
		r.ids[e.Name] = true
	}
	return r, nil
}

// readHeaders reads the headers that a CMakeLists.txt publishes.
func (r *inRelease) readHeaders(t provider.Tree, file string) error {
	data, err := t.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	cmds, err := cmake.Parse(file, data)
	if err != nil {
		return err
	}
	for _, c := range cmds {
		dir, args := "kernel-abi", c.Texts()
		switch {
		case (c.Name == "publish_internal_headers" || c.Name == "publish_headers") && len(args) > 0:
			dir, args = args[0], args[1:]
		case c.Name != "rdma_kernel_provider_abi":
			continue
		}
		for _, header := range args {
			r.headers[path.Join(dir, path.Base(header))] = true
		}
	}
	return nil
}

var driverWord = regexp.MustCompile(`^RDMA_DRIVER_[A-Z0-9_]+$`)

// include checks one #include of a kernel header.
func (r *inRelease) include(p *provider.Provider, f *c.File, tok c.Token) []error {
	name := tok.Included()
	if name == "" {
		return nil
	}
	name = path.Clean(name)
	if p.Has(path.Join(path.Dir(f.Name), name)) || r.headers[name] {
		return nil
	}
	brings := "abiHeader, abiHeaders or ioctlHeaders of " + provider.ManifestName
	switch {
	case strings.HasPrefix(name, "kernel-abi/"):
		brings = "abiHeader or abiHeaders of " + provider.ManifestName
	case !strings.HasPrefix(name, "rdma/"):
		return nil
	}
	want := fmt.Sprintf("a kernel header that rdma-core %s has or that %s adds", r.version, brings)
	return []error{f.Problem(tok.Start, want, "<"+text.Excerpt(name)+">")}
}

// constants checks the driver ids among tokens, which begin at an offset of the file.
func (r *inRelease) constants(src *c.Sources, f *c.File, toks []c.Token, at int) []error {
	var errs []error
	for _, t := range toks {
		if t.Kind != c.Word || !driverWord.MatchString(t.Text) || r.ids[t.Text] || src.Defines(t.Text) {
			continue
		}
		off := at
		if at == 0 {
			off = t.Start
		}
		want := fmt.Sprintf("a driver id that rdma-core %s has or that driverID of %s adds", r.version, provider.ManifestName)
		errs = append(errs, f.Problem(off, want, text.Excerpt(t.Text)))
	}
	return errs
}

// includesOutside reports quoted includes that lead out of rdma-core.
func (p *subject) includesOutside(src *c.Sources) []error {
	var errs []error
	for _, f := range src.Files {
		dir := path.Join(p.Manifest.Folder(), path.Dir(f.Name))
		if slices.Contains(p.Manifest.KernelHeaders(), f.Name) {
			dir = "kernel-headers/rdma"
		}
		for _, t := range f.Tokens {
			if name := t.Included(); strings.HasPrefix(path.Join(dir, name), "..") && name != "" {
				errs = append(errs, f.Problem(t.Start, wantInside, text.Excerpt(name)))
			}
		}
	}
	return errs
}
