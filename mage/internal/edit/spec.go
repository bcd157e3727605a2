// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/aymanbagabas/go-udiff"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// Spec edits the release's spec, or the spec of the distro's source package: the
// next free Patch with its %patch, the libibverbs package's Provides, Obsoletes and
// description, the suffix of the release, and a changelog entry if there is such a section.
// Without a provider it is upstream's or the distro's. In both cases an upstream spec that is
// older than EL 9's %cmake is fixed, and pandoc and rst2man are required if the tree has no
// manual pages.
//
// Errors: *rpmspec.PlaceError if the spec has no place for an edit, or something that the
// distro's rpm does not understand.
func (e *Editor) Spec(ctx context.Context, j job.Job, src artifact.Source) (artifact.Spec, error) {
	entry, err := e.Make(ctx, "spec", newSpecInput(j, src))
	if err != nil {
		return artifact.Spec{}, err
	}
	return readSpec(entry, src)
}

// specInput is the input of a spec.
type specInput struct {
	Source    artifact.Source
	Provider  *provider.Provider // nil: the release's or the distro's, unchanged
	PatchName string             // of the provider
	Macros    rpmspec.Macros     // by which specs distinguish distros
	Suffix    string             // appended to the release
	Needs     []string           // additional BuildRequires, without a provider
}

func newSpecInput(j job.Job, src artifact.Source) specInput {
	in := specInput{
		Source: src, Provider: j.Provider, Macros: j.Macros(), Suffix: j.ReleaseSuffix(src.Package != nil), Needs: j.Needs,
	}
	if j.Provider != nil {
		in.PatchName = j.PatchName()
	}
	return in
}

var errNoSpec = errors.New("the source has no " + artifact.ReleaseSpec + ", which RPMs are built with")

const wantSpec = "give the distro's source package as -source=FILE.src.rpm, whose own spec is used; or put a spec into the tree as " +
	artifact.ReleaseSpec + " (for a git clone: commit it, and give -source=PATH@REF)"

// Make implements stage.Input.
func (in specInput) Make(_ context.Context, w *stage.Work) error {
	src := in.Source
	from, name := filepath.Join(src.Tree, artifact.ReleaseSpec), artifact.ReleaseSpec
	if src.Package != nil {
		from, name = filepath.Join(src.Package.Dir, src.Package.Spec), src.Package.Spec
	}
	before, err := stagecache.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) && src.Package == nil {
		return &stage.AdviceError{Err: errNoSpec, What: wantSpec}
	}
	if err != nil {
		return fmt.Errorf("read the release's spec: %w", err)
	}
	spec, err := rpmspec.Parse(name, before)
	if err != nil {
		return err
	}
	if err := in.edit(spec); err != nil {
		return err
	}
	after := spec.Bytes()
	diff := udiff.Unified("a/"+name, "b/"+name, string(before), string(after))
	if err := stage.WriteFile(w.Dir, artifact.SpecFile+".diff", []byte(diff)); err != nil {
		return err
	}
	return stage.WriteFile(w.Dir, artifact.SpecFile, after)
}

func (in specInput) edit(spec *rpmspec.Spec) error {
	if err := spec.Read(in.Macros).Refused(); err != nil {
		return err
	}
	read := func(name string) ([]byte, error) { return stagecache.ReadFile(filepath.Join(in.Source.Tree, name)) }
	if err := checkVersion(spec, read); err != nil {
		return err
	}
	if in.Source.Package == nil {
		if _, err := spec.ConfigureWhereNinjaRuns(); err != nil {
			return err
		}
	}
	if err := in.addPageTools(spec); err != nil {
		return err
	}
	if in.Suffix != "" {
		if err := spec.AddReleaseSuffix(in.Suffix); err != nil {
			return err
		}
	}
	if in.Provider == nil {
		return spec.AddBuildRequires(in.Needs...)
	}
	m := in.Provider.Manifest
	if _, err := spec.AddPatch(in.PatchName, in.Macros.RPM); err != nil {
		return err
	}
	if err := in.nameProvider(spec); err != nil {
		return err
	}
	version, err := spec.Read(in.Macros).ReleaseVersion()
	if err != nil {
		return err
	}
	_, err = spec.AddChangelog(rpmspec.Changelog{
		Date: in.Source.Epoch, Name: m.Maintainer.Name, Email: m.Maintainer.Email,
		Version: version, Items: []string{fmt.Sprintf("Add the %s provider", m.Name)},
	})
	return err
}

// nameProvider adds the provider to the lists of libibverbs, and its other files to the
// packages' file lists. Upstream's spec must have the former; a distro's spec only has to
// package the provider's files.
func (in specInput) nameProvider(spec *rpmspec.Spec) error {
	m := in.Provider.Manifest
	old, err := replacedIn(in.Provider, in.Source.Tree)
	if err != nil {
		return err
	}
	if in.Source.Package == nil {
		return specProvider(spec, artifact.ReleaseSpec, in.Provider, old)
	}
	if err := spec.Packs(m.Name); err != nil {
		return err
	}
	if err := spec.AddBuildRequires(m.BuildRequires.RPM...); err != nil {
		return err
	}
	if _, err := spec.AddToDistro(m.Name, m.Description); err != nil {
		return err
	}
	return spec.AddPayload(replacing(in.Provider, old))
}

func readSpec(entry stagecache.Entry, src artifact.Source) (artifact.Spec, error) {
	file := filepath.Join(entry.Dir, artifact.SpecFile)
	data, err := stagecache.ReadFile(file)
	if err != nil {
		return artifact.Spec{}, fmt.Errorf("read the spec: %w", err)
	}
	diff, err := stagecache.ReadFile(file + ".diff")
	if err != nil {
		return artifact.Spec{}, fmt.Errorf("read the spec's difference: %w", err)
	}
	out := artifact.Spec{File: file, Diff: string(diff), Digest: entry.Digest}
	if src.Package != nil {
		out.SourceFile = src.Package.Tarball
		return out, nil
	}
	spec, err := rpmspec.Parse(artifact.SpecFile, data)
	if err != nil {
		return artifact.Spec{}, err
	}
	out.SourceFile, err = spec.SourceFile(map[string]string{"name": "rdma-core", "version": src.Version})
	if err != nil {
		return artifact.Spec{}, err
	}
	return out, nil
}
