// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/provider/internal/versionmap"
)

// Library is a provider's direct-verbs library, with functions for programs, as built by
// rdma_shared_provider(). It is read from the provider's CMakeLists.txt and version map.
type Library struct {
	Name      string    // "mana": libmana.so.1
	Map       string    // "libmana.map", from the provider's directory
	SoMajor   string    // "1"
	Version   string    // "1.0.${PACKAGE_VERSION}", as written in CMake
	Nodes     []string  // of the version map, in its order: MANA_1.0
	Symbols   []Symbol  // in the version map's order; none if it exports nothing
	Headers   []string  // below infiniband/: "manadv.h"
	PkgConfig bool      // libmana.pc
	ManPages  []ManPage // also of subdirectories
}

// Symbol is an exported symbol: a name and its version node.
type Symbol = versionmap.Symbol

// Library returns the provider's direct-verbs library, nil if it is only a plug-in.
func (p *Provider) Library() *Library { return p.library }

var (
	soMajorForm   = regexp.MustCompile(`^[0-9]{1,4}$`)
	soVersionForm = regexp.MustCompile(`^[0-9]{1,6}(\.([0-9]{1,6}|\$\{[A-Za-z0-9_]+\}))*$`)
	installForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@+-]*$`)
)

// buildReader collects the data in the provider's CMakeLists.txt files.
type buildReader struct {
	p       *Provider
	release bool // it is a release's own provider: unreadable parts are skipped

	anyHeader bool // no manifest names the kernel headers
	warnings  []error

	plugin  bool
	others  []*text.SourceError // targets of another name than the provider's
	library *Library
	headers []cmakePlace // of publish_headers
	pc      *cmakePlace  // rdma_pkg_config
	errs    []error
}

// cmakePlace is an argument's value and place.
type cmakePlace struct {
	Text string
	b    *cmake.File
	arg  cmake.Arg
}

func (r *buildReader) fail(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// readAll reads all files.
func (r *buildReader) readAll() error {
	files, err := r.p.BuildFiles()
	if err != nil {
		return err
	}
	for _, b := range files {
		for i := range b.Commands {
			r.read(b, &b.Commands[i])
		}
	}
	return r.finish(files[0].Name)
}

// read reads one command.
func (r *buildReader) read(b *cmake.File, c *cmake.Command) {
	name := r.p.Manifest.Name
	switch c.Name {
	case PluginCommand, LibraryCommand:
		r.errs = append(r.errs, r.p.checkSources(b, c)...)
		if len(c.Args) == 0 || c.Args[0].Text != name {
			r.others = append(r.others, r.p.otherTarget(b, c))
			return
		}
		if c.Name == PluginCommand {
			r.plugin = true
		} else {
			r.fail(r.shared(b, c))
		}
	case "publish_headers":
		r.fail(r.publish(b, c))
	case "rdma_pkg_config":
		if len(c.Args) == 0 || c.Args[0].Text != name {
			r.fail(otherPkgConfig(b, c, name))
			return
		}
		r.pc = &cmakePlace{Text: c.Args[0].Text, b: b, arg: c.Args[0]}
	case "rdma_man_pages":
		r.fail(r.manPages(b, c))
	case "rdma_alias_man_pages":
		r.fail(r.manAliases(b, c))
	case "install", "rdma_subst_install":
		r.fail(r.installs(b, c))
	case "rdma_executable", "rdma_sbin_executable":
		r.fail(b.FailAt(c, "commands that install libraries, headers, man pages, udev and modprobe files", c.Name+"()"))
	}
}

// shared reads rdma_shared_provider(NAME MAP SOVERSION VERSION sources…).
func (r *buildReader) shared(b *cmake.File, c *cmake.Command) error {
	lookedFor := LibraryCommand + "(" + r.p.Manifest.Name + " MAP SOVERSION VERSION sources…)"
	if len(c.Args) < 5 {
		return b.FailAt(c, lookedFor, fmt.Sprintf("%d arguments", len(c.Args)))
	}
	lib := &Library{Name: c.Args[0].Text, Map: b.Path(c.Args[1].Text), SoMajor: c.Args[2].Text, Version: c.Args[3].Text}
	if !soMajorForm.MatchString(lib.SoMajor) {
		return b.Fail(c.Args[2], "the number of lib"+lib.Name+".so as SOVERSION in "+lookedFor, fmt.Sprintf("%q", lib.SoMajor))
	}
	if !soVersionForm.MatchString(lib.Version) {
		return b.Fail(c.Args[3], "numbers, or ${PACKAGE_VERSION}, as VERSION in "+lookedFor, fmt.Sprintf("%q", lib.Version))
	}
	if old := r.library; old != nil {
		if old.Map != lib.Map || old.SoMajor != lib.SoMajor || old.Version != lib.Version {
			return b.FailAt(c, "one "+LibraryCommand+"("+lib.Name+" …), or the same in all branches", "a different one")
		}
		return nil
	}
	r.library = lib
	data, ok := r.p.Content(lib.Map)
	if !ok {
		if sourceName.MatchString(c.Args[1].Text) {
			return nil // reported by checkSources
		}
		return b.Fail(c.Args[1], "a version map in the provider's directory", fmt.Sprintf("%q", c.Args[1].Text))
	}
	vm, err := versionmap.Parse(path.Join(r.p.Dir, lib.Map), data)
	lib.Nodes, lib.Symbols = vm.Nodes, vm.Symbols
	r.warnings = append(r.warnings, vm.Warnings...)
	return err
}

// publish reads publish_headers(infiniband files…).
func (r *buildReader) publish(b *cmake.File, c *cmake.Command) error {
	if len(c.Args) == 0 || c.Args[0].Text != "infiniband" {
		return b.FailAt(c, "publish_headers(infiniband …", "another directory: packages contain the headers of infiniband/")
	}
	var errs []error
	for _, a := range c.Args[1:] {
		name := path.Base(a.Text)
		switch {
		case !installForm.MatchString(name) || !strings.HasSuffix(name, ".h"):
			errs = append(errs, b.Fail(a, "the name of a header, or a variable set() here", fmt.Sprintf("%q", a.Text)))
		case !r.p.hasBuilt(b.Path(a.Text)) && !r.isKernelHeader(b.Path(a.Text)):
			found := "no such file to install in " + r.p.Manifest.Folder()
			errs = append(errs, b.Fail(a, "the header "+a.Text, found))
		case slices.ContainsFunc(r.headers, func(h cmakePlace) bool { return h.Text == name }):
			errs = append(errs, b.Fail(a, "each header of infiniband/ once", name+" again"))
		default:
			r.headers = append(r.headers, cmakePlace{Text: name, b: b, arg: a})
		}
	}
	return errors.Join(errs...)
}

// isKernelHeader recognises the provider's kernel headers by their path from providers/NAME:
// upstream's mlx5 publishes one.
func (r *buildReader) isKernelHeader(name string) bool {
	header, ok := strings.CutPrefix(name, "../../kernel-headers/rdma/")
	if !ok {
		return false
	}
	same := func(h string) bool { return headerName(h) == header }
	return r.anyHeader || slices.ContainsFunc(r.p.Manifest.KernelHeaders(), same)
}

// failOthers refuses targets of another name.
func (r *buildReader) failOthers() {
	for _, other := range r.others {
		r.fail(other)
	}
}

// finish makes the checks that need all files.
func (r *buildReader) finish(file string) error {
	p, lib := r.p, r.library
	r.failOthers()
	switch {
	case lib == nil && !r.plugin && len(r.others) == 0 && len(r.errs) == 0:
		r.fail(text.NoPlace(file, wantProvider(p.Manifest.Name)))
	case lib != nil && r.plugin:
		r.fail(&PlaceError{File: file, LookedFor: "either " + wantProvider(p.Manifest.Name), Found: "both"})
	case lib == nil && r.plugin:
		for _, h := range r.headers {
			r.fail(h.b.Fail(h.arg, LibraryCommand+"() for what this header declares", PluginCommand+"()"))
		}
		if r.pc != nil {
			r.fail(r.pc.b.Fail(r.pc.arg, LibraryCommand+"() for this pkg-config file", PluginCommand+"()"))
		}
	}
	if err := errors.Join(r.errs...); err != nil && !r.release {
		return err
	}
	if lib != nil {
		for _, h := range r.headers {
			lib.Headers = append(lib.Headers, h.Text)
		}
		lib.PkgConfig, lib.ManPages = r.pc != nil, p.manPages
	}
	p.library = lib
	return nil
}
