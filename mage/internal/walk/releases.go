// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// The oldest release of a walk, and the oldest one that may not fail: older ones are tried and
// their failures reported.
const (
	OldestRelease    = "v32.0"
	OldestSupported  = "v34.0"
	releaseNameStart = "v"
)

// Release is one release of a clone, or its master.
type Release struct {
	upstream.Ref

	Version string         // without the v; for master and a fork's tag from its CMakeLists.txt
	IDs     map[int]string // driver ids by constant, in upstream's own enum
	Unclear error          // why they, or some of them, are not known
	Skipped string         // why the provider is not tried in it, "" if it is
}

// Releases is a walk over a clone: all its releases, and a row for each that
// was selected.
type Releases struct {
	All  []Release // oldest first, master last
	Rows []*Row

	clone *upstream.Clone
}

// Close releases the clone.
func (r *Releases) Close() { r.clone.Close() }

// Newest is the newest tagged release; master is not a release.
func (r *Releases) Newest() Release {
	for _, ref := range slices.Backward(r.All) {
		if ref.Name != upstream.Master && ref.Skipped == "" {
			return ref
		}
	}
	return r.All[len(r.All)-1]
}

var errNoReleases = errors.New("has no release of rdma-core from " + OldestRelease + " on, and no master")

// ListReleases lists the releases of the clone at source, reads their driver
// ids, and makes a row for each that the selection names. Close the result.
//
// Errors: *upstream.GivenError, *SelectionError.
func (w *Walker) ListReleases(ctx context.Context, source, selection string) (*Releases, error) {
	s := w.Begin("releases")
	clone, err := upstream.OpenClone(source, s.Log())
	if err != nil {
		return nil, w.End("releases", s, false, err)
	}
	r := &Releases{clone: clone}
	if err := r.list(ctx, selection, s); err != nil {
		clone.Close()
		return nil, w.End("releases", s, false, err)
	}
	return r, w.EndLook("releases", s, nil)
}

func (r *Releases) list(ctx context.Context, selection string, s *ui.Stage) error {
	refs, err := r.clone.Refs(ctx)
	if err != nil {
		return err
	}
	if refs = sortRefs(refs); len(refs) == 0 {
		return &upstream.GivenError{Source: r.clone.Path(), Reason: errNoReleases.Error()}
	}
	selected, err := selectRefs(selection, refs)
	if err != nil {
		return err
	}
	if r.All, err = r.describe(ctx, refs); err != nil {
		return err
	}
	for _, ref := range r.All {
		if slices.Contains(selected, ref.Name) {
			r.Rows = append(r.Rows, newRow(ref))
		}
	}
	s.Note(fmt.Sprintf("%d of %d, %s to %s", len(r.Rows), len(r.All), r.All[0].Name, r.All[len(r.All)-1].Name))
	return nil
}

// describe reads the driver ids of each release, including those that are not selected: a
// number's later owner may be among them.
func (r *Releases) describe(ctx context.Context, refs []upstream.Ref) ([]Release, error) {
	headers, err := r.clone.FileOf(ctx, refs, provider.DriverHeader)
	if err != nil {
		return nil, err
	}
	all := make([]Release, len(refs))
	for i, ref := range refs {
		all[i] = Release{Ref: ref, Version: strings.TrimPrefix(ref.Name, releaseNameStart)}
		if all[i].IDs, all[i].Unclear = provider.DriverIDs(headers[i]); all[i].Unclear == nil {
			all[i].Unclear = provider.UnclearIDs(headers[i])
		}
	}
	return all, r.readVersions(ctx, all)
}

// readVersions reads the versions of master and of a fork's tags, which are not in their names.
func (r *Releases) readVersions(ctx context.Context, all []Release) error {
	var at []int
	var refs []upstream.Ref
	for i, ref := range all {
		if !ref.Upstreams() {
			at, refs = append(at, i), append(refs, ref.Ref)
		}
	}
	files, err := r.clone.FileOf(ctx, refs, provider.TopCMake)
	if err != nil {
		return err
	}
	for n, i := range at {
		ref := &all[i]
		ref.Version, err = upstream.Version(files[n])
		switch {
		case err != nil && ref.Name == upstream.Master:
			return fmt.Errorf("%s of %s: %s %w", ref.Name, r.clone.Path(), provider.TopCMake, err)
		case err != nil:
			ref.Skipped = fmt.Sprintf("%s %v", provider.TopCMake, err)
		case ref.Candidate():
			ref.Skipped = "a release candidate"
		}
	}
	return nil
}

// sortRefs drops releases that are too old for a walk and sorts the others by number, master
// last.
func sortRefs(refs []upstream.Ref) []upstream.Ref {
	kept := slices.DeleteFunc(slices.Clone(refs), func(ref upstream.Ref) bool {
		return compareNames(ref.Name, OldestRelease) < 0
	})
	slices.SortFunc(kept, func(a, b upstream.Ref) int { return compareNames(a.Name, b.Name) })
	return kept
}

// compareNames orders "v42.1", "v42.10" and "master".
func compareNames(a, b string) int {
	if am, bm := a == upstream.Master, b == upstream.Master; am || bm {
		switch {
		case am && bm:
			return 0
		case am:
			return 1
		default:
			return -1
		}
	}
	return specs.CompareVersions(strings.TrimPrefix(a, releaseNameStart), strings.TrimPrefix(b, releaseNameStart))
}
