// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/transplant"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/adopt"
	"github.com/resnics/verbsmith/specs"
)

// Adopted is what provider:adopt finds out about a transplant's provider.
type Adopted struct {
	Questions int
	// Alone says whether the provider is also adopted from its directory and its kernel headers alone, and becomes a patch.
	Alone report.Result
	// Fields are those of the manifest that differ from the one that was written by hand; nil if there is none.
	Fields []FieldDifference
	ByHand bool // there is one
	// Lines are those of the patch that differ from its patch.
	Lines []string
}

// FieldDifference is a field of two manifests.
type FieldDifference struct{ Field, ByHand, Adopted, Why string }

// adoptFrom makes the provider's directory with the manifest that provider:adopt writes for upstream's tree, as a fork of the host.
func (w *Walker) adoptFrom(ctx context.Context, t specs.Transplant, b hostTrees, row *TransplantRow) (*provider.Provider, error) {
	host, err := provider.OpenTree(b.host)
	if err != nil {
		return nil, err
	}
	defer host.Close()
	release := &adopt.Release{Version: b.version, Tree: host}
	place, err := adopt.Find(b.theirs)
	if err == nil {
		err = place.Choose(release)
	}
	if err != nil {
		return nil, err
	}
	if got := filepath.Base(place.Driver); got != t.Provider {
		return nil, fmt.Errorf("the difference between the trees is %s, not %s", got, t.Provider)
	}
	found, err := adopt.Read(ctx, adopt.Driver{Place: place, Release: release, Copies: true})
	if err != nil {
		return nil, err
	}
	made := filepath.Join(b.dir, "adopted")
	if _, err := found.WriteNew(ctx, made, t.Provider); err != nil {
		return nil, err
	}
	row.Adopted.Questions = found.Questions
	if err := w.PlaceFolder(ctx, row.Folder, func(dir string) error { return os.CopyFS(dir, os.DirFS(made)) }); err != nil {
		return nil, err
	}
	return provider.Load(ctx, row.Folder)
}

// compareAdopted tries the provider alone, and compares with the manifest by hand.
func (w *Walker) compareAdopted(
	ctx context.Context, j job.Job, src artifact.Source, b hostTrees, all *specs.Transplants, row *TransplantRow,
) error {
	if err := w.adoptAlone(ctx, j, src, b, row); err != nil {
		row.Adopted.Alone = failedCheck(err)
		return err
	}
	row.Adopted.Alone = report.Result{State: report.Pass}
	if err := w.adoptedByHand(ctx, j, src, b, row); err != nil {
		return err
	}
	lines, fields := all.Adopted.For(row.Transplant.Name)
	row.Faults = append(row.Faults, row.Adopted.explain(row.Transplant.Name, fields)...)
	for _, line := range row.Adopted.Lines {
		if !slices.ContainsFunc(lines, func(r specs.Reason) bool {
			ok, err := regexp.MatchString(r.Lines, line[len("< +"):])
			return err == nil && ok
		}) {
			const form = "%s: the patch differs from the one by hand (<) without a reason: %s"
			row.Faults = append(row.Faults, fmt.Errorf(form, row.Transplant.Name, line))
		}
	}
	return nil
}

// explain gives each field that differs its reason. Fields without a reason and reasons without a field are faults.
func (a *Adopted) explain(name string, why map[string]string) []error {
	var errs []error
	for i := range a.Fields {
		f := &a.Fields[i]
		if f.Why = why[f.Field]; f.Why == "" {
			const form = "%s: %s of the manifest without a reason: by hand %s, adopted %s"
			errs = append(errs, fmt.Errorf(form, name, f.Field, f.ByHand, f.Adopted))
		}
	}
	for field := range why {
		if !slices.ContainsFunc(a.Fields, func(f FieldDifference) bool { return f.Field == field }) {
			errs = append(errs, fmt.Errorf("%s: %s of the manifest does not differ: its reason is obsolete", name, field))
		}
	}
	return errs
}

// adoptAlone adopts the provider from a copy of its directory with the kernel headers beside it, and makes the patch.
func (w *Walker) adoptAlone(ctx context.Context, j job.Job, src artifact.Source, b hostTrees, row *TransplantRow) error {
	name := row.Transplant.Provider
	dir := filepath.Join(b.dir, "alone", name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(b.theirs, "providers", name))); err != nil {
		return fmt.Errorf("copy the provider: %w", err)
	}
	for _, h := range j.Provider.Manifest.KernelHeaders() {
		data, _ := j.Provider.Content(h)
		if err := os.WriteFile(filepath.Join(b.dir, "alone", filepath.Base(h)), data, 0o600); err != nil {
			return fmt.Errorf("copy a kernel header: %w", err)
		}
	}
	host, err := provider.OpenTree(b.host)
	if err != nil {
		return err
	}
	defer host.Close()
	place, err := adopt.Find(filepath.Join(b.dir, "alone"))
	if err != nil {
		return err
	}
	found, err := adopt.Read(ctx, adopt.Driver{Place: place, Release: &adopt.Release{Version: b.version, Tree: host}, Copies: true})
	if err != nil {
		return err
	}
	made := filepath.Join(b.dir, "alone-adopted")
	if found.InPlace() {
		j.Provider, err = found.WriteInPlace(ctx, name)
	} else {
		j.Provider, err = found.WriteNew(ctx, made, name)
	}
	if err != nil {
		return err
	}
	tree, err := w.Integrate(ctx, j, src)
	if err != nil {
		return err
	}
	patch, err := w.Patch(ctx, j, tree)
	if err == nil {
		_, err = w.ProvePatch(ctx, tree, patch)
	}
	return err
}

// adoptedByHand compares the manifest and the patch with those of the manifest that was written by hand, if there is one.
func (w *Walker) adoptedByHand(ctx context.Context, j job.Job, src artifact.Source, b hostTrees, row *TransplantRow) error {
	adopted := j.Provider.Manifest
	byHand := filepath.Join(w.Root, filepath.FromSlash(transplantManifests), row.Transplant.Name+".yaml")
	if _, err := os.Stat(byHand); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	dir := filepath.Join(b.dir, "by-hand", row.Transplant.Provider)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("create the provider's directory: %w", err)
	}
	if err := w.fillDonated(row.Transplant, b.theirs, dir); err != nil {
		return err
	}
	var err error
	if j.Provider, err = provider.Load(ctx, dir); err != nil {
		return err
	}
	row.Adopted.ByHand = true
	row.Adopted.Fields = fieldDifferences(j.Provider.Manifest, adopted)
	tree, err := w.Integrate(ctx, j, src)
	if err != nil {
		return err
	}
	patch, err := w.Patch(ctx, j, tree)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(patch.File)
	if err != nil {
		return fmt.Errorf("read the patch by hand: %w", err)
	}
	row.Adopted.Lines = transplant.LineDifferences(string(data), string(row.Ours))
	return nil
}

// fieldDifferences compares two manifests, field by field.
func fieldDifferences(byHand, adopted provider.Manifest) []FieldDifference {
	var all []FieldDifference
	a, b := reflect.ValueOf(byHand), reflect.ValueOf(adopted)
	for i := range a.NumField() {
		if reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			continue
		}
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
		all = append(all, FieldDifference{
			Field: name, ByHand: fmt.Sprintf("%+v", a.Field(i).Interface()), Adopted: fmt.Sprintf("%+v", b.Field(i).Interface()),
		})
	}
	return all
}

// AdoptedTransplants are those of all providers of a release: each taken away from it, and adopted from it.
func AdoptedTransplants(host string, names []string) []specs.Transplant {
	all := make([]specs.Transplant, 0, len(names))
	for _, name := range slices.Sorted(slices.Values(names)) {
		all = append(all, specs.Transplant{Name: name + "-" + host, Provider: name, Host: host})
	}
	return all
}
