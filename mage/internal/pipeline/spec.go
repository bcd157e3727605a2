// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aymanbagabas/go-udiff"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// Spec is the release's spec as rpmbuild will read it.
type Spec struct {
	File       string // path of rdma-core.spec
	Diff       string // difference to upstream's, unified
	SourceFile string // the name that the spec wants for the tarball
	Key        string
}

const (
	specStage = 2
	specFile  = "rdma-core.spec"
	upstreams = "redhat/rdma-core.spec" // where a release keeps its spec
	suses     = "suse/rdma-core.spec"   // and the one that is not built here
)

// Spec edits the release's spec: the next free Patch with its %patch, the
// libibverbs package's Provides, Obsoletes and description, and a changelog
// entry where there is such a section. Without a provider it is upstream's. A
// spec that is older than EL 9's %cmake is mended in both cases.
//
// Errors: *rpmspec.PlaceError where the spec has no place for an edit.
func (p *Pipeline) Spec(ctx context.Context, job Job, src Source) (Spec, error) {
	key := stagecache.NewKey("spec", specStage).String("source", src.Digest)
	if job.Provider != nil {
		// Not its digest: an edit of the C source needs no other spec, nor what is made by it.
		key = key.String("provider manifest", fmt.Sprintf("%+v", job.Provider.Manifest)).
			String("payload", fmt.Sprintf("%+v", payload(job.Provider)))
	}
	entry, err := p.cached(ctx, "spec", key, func(_ context.Context, dir string, _ *ui.Stage) error {
		return makeSpec(job, src, dir)
	})
	if err != nil {
		return Spec{}, err
	}
	return readSpec(entry, src.Version)
}

func makeSpec(job Job, src Source, dir string) error {
	before, err := os.ReadFile(filepath.Join(src.Tree, upstreams))
	if err != nil {
		return fmt.Errorf("read the release's spec: %w", err)
	}
	after, err := editedSpec(job, src, before)
	if err != nil {
		return err
	}
	diff := udiff.Unified("a/"+upstreams, "b/"+upstreams, string(before), string(after))
	if err := writeFile(dir, specFile+".diff", []byte(diff)); err != nil {
		return err
	}
	return writeFile(dir, specFile, after)
}

func editedSpec(job Job, src Source, before []byte) ([]byte, error) {
	spec, err := rpmspec.Parse(upstreams, before)
	if err != nil {
		return nil, err
	}
	if _, err := spec.ConfigureWhereNinjaRuns(); err != nil {
		return nil, err
	}
	if job.Provider == nil {
		return spec.Bytes(), nil
	}
	m := job.Provider.Manifest
	old, err := replacedIn(job.Provider, src.Tree)
	if err != nil {
		return nil, err
	}
	if _, err := spec.AddPatch("rdma-core-" + m.Name + ".patch"); err != nil {
		return nil, err
	}
	if err := specProvider(spec, upstreams, job.Provider, old); err != nil {
		return nil, err
	}
	_, err = spec.AddChangelog(rpmspec.Changelog{
		Date: src.Epoch, Name: m.Maintainer.Name, Email: m.Maintainer.Email,
		Version: src.Version + "-1",
		Items:   []string{fmt.Sprintf("Add the %s provider", m.Name)},
	})
	if err != nil {
		return nil, err
	}
	return spec.Bytes(), nil
}

func readSpec(entry stagecache.Entry, version string) (Spec, error) {
	file := filepath.Join(entry.Dir, specFile)
	data, err := os.ReadFile(file)
	if err != nil {
		return Spec{}, fmt.Errorf("read the spec: %w", err)
	}
	diff, err := os.ReadFile(file + ".diff")
	if err != nil {
		return Spec{}, fmt.Errorf("read the spec's difference: %w", err)
	}
	spec, err := rpmspec.Parse(specFile, data)
	if err != nil {
		return Spec{}, err
	}
	name, err := spec.SourceFile(map[string]string{"name": "rdma-core", "version": version})
	if err != nil {
		return Spec{}, err
	}
	return Spec{File: file, Diff: string(diff), SourceFile: name, Key: entry.Key}, nil
}
