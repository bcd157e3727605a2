// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/provider/skeleton"
	"github.com/resnics/verbsmith/specs/edit"
)

// Fields of the manifest as they are shown, and before which their notes are written.
const (
	fieldName        = "name"
	fieldDescription = "description"
	fieldMaintainer  = "maintainer"
	fieldCopyright   = "copyright"
	fieldHeaders     = "headers"
	fieldDriverID    = "driverID"
	fieldModule      = "kernelModule"
	fieldCMake       = "cmake"
	fieldDevice      = "device"
	fieldReplaces    = "replacesUpstream"
	fieldPrivate     = "privateFiles"
)

// Fact is a value of the manifest and where it is from.
type Fact struct{ Field, Value, From string }

// Adoption is a manifest that was found out, and the files that it is about.
type Adoption struct {
	Manifest  provider.Manifest
	Facts     []Fact
	Questions int
	Moved     []string // kernel headers that are not in the driver's directory yet: where they are

	place Place
	notes skeleton.Notes
	files []provider.File
}

// Driver is what Read reads.
type Driver struct {
	Place      // with a Driver
	Release    *Release
	Maintainer provider.Maintainer // empty: as MAINTAINERS says
	Copies     bool                // its files go to a new directory, with all its kernel headers
}

// ExistsError says that there is a manifest already.
type ExistsError struct{ File string }

// Error names it.
func (e *ExistsError) Error() string {
	return edit.At(e.File, 0) + ": already exists; nothing was changed"
}

// reader finds out the manifest of one driver.
type reader struct {
	Driver

	tree  *provider.DirTree // around the driver; nil if it is alone
	told  *provider.DirTree // the tree whose MAINTAINERS and packaging tell of the driver, and what it is called; nil if none does
	where string
	p     *provider.Provider
	draft *provider.Draft
	src   *c.Sources
	built *cmake.Sources
	files []*cmake.File
	reg   examine.Registration
	out   *Adoption
}

// Read finds out everything about a driver that its files say. Nothing is written.
//
// Errors: *ExistsError for an existing manifest, *NoDriverError, *SeveralError, *MissingHeaderError, and for files that no
// provider can have those of provider.Load.
func Read(ctx context.Context, d Driver) (*Adoption, error) {
	draft, err := provider.Open(d.Driver)
	if err != nil {
		return nil, err
	}
	defer func() { _ = draft.Close() }()
	r := &reader{
		Driver: d, draft: draft, p: draft.Provider,
		out: &Adoption{place: d.Place, notes: skeleton.Notes{}},
	}
	if file := filepath.Join(d.Driver, provider.ManifestName); exists(file) {
		return nil, &ExistsError{File: file}
	}
	if d.Tree != "" {
		if r.tree, err = provider.OpenTree(d.Tree); err != nil {
			return nil, err
		}
		defer r.tree.Close()
	}
	if err := r.readFiles(ctx); err != nil {
		return nil, err
	}
	if err := r.readTarget(); err != nil {
		return nil, err
	}
	for _, part := range []func(context.Context) error{r.headers, r.build, r.scan, r.registration} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	r.people()
	r.copyright()
	r.driverID()
	r.module()
	r.coherence()
	r.device()
	r.out.Manifest = r.p.Manifest
	r.out.files = r.p.Files
	return r.out, nil
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// found records a value and where it is from.
func (r *reader) found(field, value, from string) {
	r.out.Facts = append(r.out.Facts, Fact{Field: field, Value: value, From: from})
	if from != "" {
		r.out.notes[field] = append(r.out.notes[field], "From "+from+".")
	}
}

// ask records a question about a field, and the choices.
func (r *reader) ask(field, question string, choices ...string) {
	r.out.Questions++
	mark := strings.TrimPrefix(provider.QuestionMark, "# ")
	lines := append([]string{mark + question}, choices...)
	for i := range lines[1:] {
		lines[i+1] = "  - " + lines[i+1]
	}
	r.out.notes[field] = append(r.out.notes[field], lines...)
}

// at is a place in a file of the driver's directory.
func (r *reader) at(f *c.File, off int) string {
	return fmt.Sprintf("%s:%d", f.Name, text.LineNumber(f.Data, off))
}

// readTarget finds the provider's name, its directory's, and which tree tells of it.
func (r *reader) readTarget() error {
	var targets, places []string
	for _, b := range r.files {
		for i := range b.Commands {
			cmd := &b.Commands[i]
			if !isBuild(*cmd) || len(cmd.Args) == 0 || slices.Contains(targets, cmd.Args[0].Text) {
				continue
			}
			targets = append(targets, cmd.Args[0].Text)
			places = append(places, fmt.Sprintf("%s in %s:%d", edit.Quote(cmd.Args[0].Text), b.Name, cmd.Line))
		}
	}
	switch len(targets) {
	case 0:
		return &NoDriverError{Path: r.Driver.Driver, Got: "neither"}
	case 1:
	default:
		return &SeveralError{Path: r.Driver.Driver, Found: places}
	}
	if err := provider.CheckName(targets[0]); err != nil {
		return fmt.Errorf("%s: %w", r.files[0].Name, err)
	}
	r.p.Manifest.Name = targets[0]
	r.found(fieldName, targets[0], "")
	r.inTree()
	return nil
}

// inTree says what the name is in the tree and in upstream's release.
func (r *reader) inTree() {
	m := &r.p.Manifest
	if base := filepath.Base(r.Driver.Driver); r.Tree != "" && base != m.Name && provider.CheckName(base) == nil {
		m.Directory = base
	}
	if m.Directory == "" && (r.Release.hasProvider(m.Name) || r.Tree == "" && provider.UpstreamHas(m.Name)) {
		m.ReplacesUpstream = true
		r.found(fieldReplaces, "true", "")
	}
	switch {
	case r.tree != nil:
		r.told, r.where = r.tree, "the tree's"
	case r.Release.hasProvider(m.Name):
		r.told, r.where = r.Release.Tree, r.Release.String()+"'s"
	}
}

// build reads what the CMakeLists.txt files install; all files that they name have to be there.
func (r *reader) build(context.Context) error {
	_, err := r.draft.ReadBuild()
	return err
}

// scan reads the sources again, with the kernel headers.
func (r *reader) scan(ctx context.Context) error {
	var errs []error
	r.src, errs = r.p.Sources(ctx)
	if len(errs) > 0 {
		return errs[0]
	}
	r.built = r.p.Built()
	return nil
}

// registration finds how the provider registers itself.
func (r *reader) registration(context.Context) error {
	all := examine.Registrations(r.src, r.built)
	if len(all) == 0 {
		want := fmt.Sprintf("PROVIDER_DRIVER(%s, …) in a .c file that %s names", r.p.Manifest.Name, cmake.FileName)
		return &provider.FileError{File: r.Driver.Driver, Want: want, Got: "none"}
	}
	if len(all) > 1 {
		e := &SeveralError{Path: r.Driver.Driver}
		for _, one := range all {
			e.Found = append(e.Found, "PROVIDER_DRIVER("+one.Name+" in "+r.at(one.File, one.At))
		}
		return e
	}
	r.reg = all[0]
	if !r.reg.HasTable {
		return r.reg.File.Problem(r.reg.At, "a struct verbs_device_ops with .match_table", "none")
	}
	if r.reg.Table != nil && len(r.reg.Entries) == 0 {
		return r.reg.Table.File.Problem(r.reg.Table.At, "a match table with an entry", "an empty one")
	}
	return nil
}
