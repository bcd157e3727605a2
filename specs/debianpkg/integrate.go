// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

// The edited files. They have these names in every release from v32.0 on.
const (
	Control     = "debian/control"
	Copyright   = "debian/copyright"
	Runtime     = "debian/ibverbs-providers.install"
	Symbols     = "debian/ibverbs-providers.symbols"
	Overrides   = "debian/ibverbs-providers.lintian-overrides"
	Development = "debian/libibverbs-dev.install"
	Boot        = "debian/rdma-core.install"
	Rules       = "debian/rules"
	ChangeLog   = "debian/changelog"
)

// Reads lists the files that Integrate may read whatever the packages in control are.
func Reads() []string {
	return []string{Control, Copyright, Runtime, Symbols, Overrides, Development, Boot, Rules}
}

// ReadsAlso reports whether Integrate may read a file if a release has it: the other packages'
// .install files.
func ReadsAlso(name string) bool { return path.Dir(name) == "debian" && path.Ext(name) == ".install" }

// Tree is the source tree. Names are slash separated and relative to its top.
type Tree interface {
	ReadFile(name string) ([]byte, error)
	WriteFile(name string, data []byte) error
}

// Edit is one change.
type Edit struct {
	File, What string
	Already    bool // the tree already had it: nothing was changed
}

// Integrate makes the edits for a provider. With Replaced, the entries for the files, symbols,
// description and copyright of the release's own provider are removed first, unless they also
// apply to the new one. All edits are computed before the first is written, so an error leaves
// the tree unchanged. A second run changes nothing.
//
// Errors, all joined: *ValueError for invalid values of a provider; *PlaceError, also for a
// file that another package's line matches, and for a library replaced by a plug-in.
func Integrate(tree Tree, p *Provider) ([]Edit, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	in := &integration{tree: tree, provider: p, data: map[string][]byte{}}
	in.run()
	if err := errors.Join(in.errs...); err != nil {
		return nil, err
	}
	for _, name := range in.changed {
		if err := tree.WriteFile(name, in.data[name]); err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
	}
	return in.edits, nil
}

type integration struct {
	tree     Tree
	provider *Provider
	data     map[string][]byte // current content of files; nil: cannot be read
	replaced []string          // the files of the provider that is replaced
	changed  []string
	edits    []Edit
	errs     []error
}

// editor changes one file.
type editor func(file string, data []byte, p *Provider) (out []byte, already bool, err error)

func (in *integration) run() {
	p := in.provider
	boot := in.boot()
	in.drop(boot)
	in.edit(Control, p.Name+" in the description of "+providersPackage, editControl)
	if len(p.BuildDepends) > 0 {
		in.edit(Control, "what the build of "+p.Name+" needs", editBuildDepends)
	}
	in.edit(Copyright, "the copyright of "+p.directory(), editCopyright)
	in.install(Runtime, runtimeFiles(p))
	in.install(Development, developmentFiles(p))
	if len(boot) > 0 {
		in.install(Boot, boot)
	}
	if p.Library != nil {
		in.edit(Symbols, "the symbols of "+p.Library.soname(), editSymbols)
		in.edit(Overrides, p.Library.packageName()+" is in "+providersPackage, editOverrides)
	}
	own := slices.Concat(boot, manPages(p.ManPages))
	if p.Library != nil {
		own = slices.Concat(own, libraryFiles(p), developmentFiles(p))
	}
	switch {
	case len(own) == 0:
	case p.CoherentDMA:
		in.exclude(p.Name+" needs coherent DMA", own)
	case p.Replaced != nil:
		in.exclude(p.Name+" needs no coherent DMA", own)
	}
}

// drop removes the entries that are only for the replaced provider's files.
func (in *integration) drop(boot []installed) {
	p := in.provider
	if p.Replaced == nil {
		return
	}
	old := *p.Replaced
	old.Name, old.Release = p.Name, p.Release
	if old.Library != nil && p.Library == nil {
		lookedFor := "a provider with the library " + old.Library.soname() + ", whose symbols are listed here"
		in.errs = append(in.errs, &PlaceError{File: Symbols, LookedFor: lookedFor, Found: "a plug-in only"})
		return
	}
	var oldBoot []installed
	if rules, ok := in.read(Rules); ok {
		oldBoot, _ = bootFiles(rules, &old) // without a directory there is no line either
	}
	in.replaced = allFiles(&old, oldBoot)
	now := allFiles(p, boot)
	for _, file := range in.installFiles() {
		if !in.there(file) {
			continue // reported where it is needed
		}
		out, already, err := in.dropInstall(file, in.data[file], now)
		if already && err == nil {
			continue
		}
		what := "the files that the release's own " + p.Name + " had"
		in.edit(file, what, func(string, []byte, *Provider) ([]byte, bool, error) { return out, already, err })
	}
}

// boot determines the directories of files that are neither code nor documentation.
func (in *integration) boot() []installed {
	if len(in.provider.Installed) == 0 {
		return nil
	}
	rules, ok := in.read(Rules)
	if !ok {
		return nil
	}
	list, unplaced := bootFiles(rules, in.provider)
	for _, f := range unplaced {
		lookedFor := "-D" + string(f.Folder) + ":PATH=, where " + f.Name + " goes"
		in.errs = append(in.errs, &PlaceError{File: Rules, LookedFor: lookedFor, Found: "none"})
	}
	return list
}

func (in *integration) install(file string, wanted []installed) {
	in.edit(file, "the files of "+in.provider.Name, func(file string, data []byte, _ *Provider) ([]byte, bool, error) {
		placed, err := in.place(file, wanted)
		if err != nil {
			return nil, false, err
		}
		return editInstall(file, data, placed)
	})
}

func (in *integration) exclude(what string, own []installed) {
	in.edit(Rules, what, func(file string, data []byte, p *Provider) ([]byte, bool, error) {
		return in.excluded(file, data, p, own)
	})
}

// excluded comes last: it needs the edited .install files.
func (in *integration) excluded(file string, data []byte, p *Provider, list []installed) ([]byte, bool, error) {
	var own []string
	for _, i := range list {
		own = append(append(own, i.pattern), i.files...)
	}
	files := map[string][]byte{}
	var lines []string
	for _, name := range []string{Runtime, Development, Boot} {
		have, ok := in.read(name)
		if !ok {
			return data, true, nil // reported already
		}
		files[name] = have
		for _, l := range split(have) {
			if slices.Contains(own, l.s) {
				lines = append(lines, l.s)
			}
		}
	}
	return editRules(file, data, p, files, lines)
}

// read returns a file's current content. An unreadable one is reported once.
func (in *integration) read(name string) ([]byte, bool) {
	if data, ok := in.data[name]; ok {
		return data, data != nil
	}
	data, err := in.tree.ReadFile(name)
	if err != nil {
		found := err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			found = "none"
		}
		in.errs = append(in.errs, &PlaceError{File: name, LookedFor: "this file of the release", Found: found, Err: err})
		data = nil
	} else if data == nil {
		data = []byte{}
	}
	in.data[name] = data
	return data, data != nil
}

func (in *integration) edit(name, what string, change editor) {
	data, ok := in.read(name)
	if !ok {
		return
	}
	out, already, err := change(name, data, in.provider)
	if err != nil {
		in.errs = append(in.errs, err)
		return
	}
	in.edits = append(in.edits, Edit{File: name, What: what, Already: already})
	if already {
		return
	}
	in.data[name] = out
	if !slices.Contains(in.changed, name) {
		in.changed = append(in.changed, name)
	}
}
