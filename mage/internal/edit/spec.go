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
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

const specStage = 6

// Spec edits the release's spec, or the spec of the distro's source package: the
// next free Patch with its %patch, the libibverbs package's Provides, Obsoletes and
// description, the suffix of the release, and a changelog entry where there is such a
// section. Without a provider it is upstream's or the distro's. A spec of upstream's
// that is older than EL 9's %cmake is mended in both cases, and what makes manual pages is
// required where the tree has none.
//
// Errors: *rpmspec.PlaceError where the spec has no place for an edit, or has what the
// distro's rpm does not understand.
func (e *Editor) Spec(ctx context.Context, j job.Job, src artifact.Source) (artifact.Spec, error) {
	key := specKey(j, src)
	entry, err := e.Cached(ctx, "spec", key, func(_ context.Context, dir string, _ *ui.Stage) error {
		return makeSpec(j, src, dir)
	})
	if err != nil {
		return artifact.Spec{}, err
	}
	return readSpec(entry, src)
}

// specKey has what the spec is made of, of the distro the macros by which specs tell
// distros apart.
func specKey(j job.Job, src artifact.Source) *stagecache.KeyBuilder {
	key := sourceKey(stagecache.NewKey("spec", specStage), src).
		String("macros", j.Macros().String()).
		String("suffix", j.ReleaseSuffix(src.Package != nil))
	if j.Provider != nil {
		// Not its digest: an edit of the C source needs no other spec, nor what is made by it.
		key = key.String("provider manifest", stage.KeyText(j.Provider.Manifest)).
			String("payload", stage.KeyText(payload(j.Provider))).
			String("pages", fmt.Sprint(pageSources(j)))
	}
	if len(j.Needs) > 0 {
		key = key.String("needs", stage.KeyText(j.Needs))
	}
	return key
}

var errNoSpec = errors.New("the source has no " + artifact.ReleaseSpec + ", which RPMs are built with")

const wantSpec = "give the distro's source package as -source=FILE.src.rpm, whose own spec is used; or put a spec into the tree as " +
	artifact.ReleaseSpec + " (for a git clone: commit it, and give -source=PATH@REF)"

func makeSpec(j job.Job, src artifact.Source, dir string) error {
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
	if err := editSource(j, src, spec); err != nil {
		return err
	}
	after := spec.Bytes()
	diff := udiff.Unified("a/"+name, "b/"+name, string(before), string(after))
	if err := stage.WriteFile(dir, artifact.SpecFile+".diff", []byte(diff)); err != nil {
		return err
	}
	return stage.WriteFile(dir, artifact.SpecFile, after)
}

func editSource(j job.Job, src artifact.Source, spec *rpmspec.Spec) error {
	if err := spec.Read(j.Macros()).Refused(); err != nil {
		return err
	}
	if src.Package == nil {
		if _, err := spec.ConfigureWhereNinjaRuns(); err != nil {
			return err
		}
	}
	if err := addPageTools(j, src, spec); err != nil {
		return err
	}
	if suffix := j.ReleaseSuffix(src.Package != nil); suffix != "" {
		if err := spec.AddReleaseSuffix(suffix); err != nil {
			return err
		}
	}
	if j.Provider == nil {
		return spec.AddBuildRequires(j.Needs...)
	}
	m := j.Provider.Manifest
	if _, err := spec.AddPatch(j.PatchName(), rpmspec.RPM(j.Distro().RPM)); err != nil {
		return err
	}
	if err := nameProvider(j, src, spec); err != nil {
		return err
	}
	version, err := spec.Read(j.Macros()).ReleaseVersion()
	if err != nil {
		return err
	}
	_, err = spec.AddChangelog(rpmspec.Changelog{
		Date: src.Epoch, Name: m.Maintainer.Name, Email: m.Maintainer.Email,
		Version: version, Items: []string{fmt.Sprintf("Add the %s provider", m.Name)},
	})
	return err
}

// nameProvider puts the provider into the lists of libibverbs, and what else it
// installs into those of its packages. Upstream's spec must have the former; of a
// distro's it is enough that it packs the provider's files.
func nameProvider(j job.Job, src artifact.Source, spec *rpmspec.Spec) error {
	m := j.Provider.Manifest
	old, err := replacedIn(j.Provider, src.Tree)
	if err != nil {
		return err
	}
	if src.Package == nil {
		return specProvider(spec, artifact.ReleaseSpec, j.Provider, old)
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
	return spec.AddPayload(replacing(j.Provider, old))
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
	out := artifact.Spec{File: file, Diff: string(diff), Key: entry.Key}
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
