// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/debianpkg"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// editPackaging edits the release's three kinds of packaging: redhat/, suse/ and debian/. A
// kind that is missing is skipped, and so is suse/ or debian/ without a place for the provider:
// targets that need it refuse the tree. A distro's source package has its own spec and may lack
// all three.
func (in integrateInput) editPackaging(tree *provider.DirTree, old *provider.Provider, result *provider.Result, s *ui.Stage) error {
	pr, src := in.Provider, in.Source
	for _, name := range []string{artifact.ReleaseSpec, artifact.SUSESpec} {
		already, err := editSpec(tree, name, func(spec *rpmspec.Spec) error {
			if err := checkVersion(spec, tree.ReadFile); err != nil {
				return err
			}
			return specProvider(spec, name, pr, old)
		})
		missing := errors.Is(err, fs.ErrNotExist)
		switch {
		case err == nil:
			what := "lib" + pr.Manifest.Name + " in the lists of libibverbs, and what it installs and requires"
			result.Edits = append(result.Edits, provider.Edit{File: name, What: what, Already: already})
			_, _ = fmt.Fprintf(s.Log(), "%s: %s\n", name, what)
			continue
		case missing && src.Package != nil:
			continue
		case missing:
			err = notThere(name, err)
		case name != artifact.SUSESpec || !isPlace(err):
			return err
		}
		result.Skipped = append(result.Skipped, skipped(name, err)...)
	}
	edits, err := editDebian(tree, pr, old, src.Version, s)
	result.Edits = append(result.Edits, edits...)
	switch {
	case err == nil, errors.Is(err, errNoDebian) && src.Package != nil:
		return nil
	case errors.Is(err, errNoDebian):
		err = notThere(debianpkg.Control, err)
	case !isPlace(err):
		return err
	}
	result.Skipped = append(result.Skipped, skipped(debianpkg.Control, err)...)
	return nil
}

// checkVersion refuses a spec of another version than its tree's. A tree that does not say its version has no CMakeLists.txt
// to build it with either.
func checkVersion(spec *rpmspec.Spec, read func(name string) ([]byte, error)) error {
	top, err := read(provider.TopCMake)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	version, err := upstream.Version(top)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	return spec.CheckVersion(version, provider.TopCMake)
}

func notThere(name string, err error) error {
	return &provider.PlaceError{File: name, LookedFor: "this file of the release", Found: "none", Err: err}
}

// isPlace reports whether all errors are about files without a place for an edit.
func isPlace(err error) bool {
	for _, one := range flat(err) {
		_, place := errors.AsType[*provider.PlaceError](one)
		_, value := errors.AsType[*debianpkg.ValueError](one)
		if !place && !value {
			return false
		}
	}
	return true
}

// skipped returns the errors of a kind of packaging; file is the default for errors that name
// none.
func skipped(file string, err error) []provider.Skipped {
	var out []provider.Skipped
	for _, one := range flat(err) {
		name := file
		if place, ok := errors.AsType[*provider.PlaceError](one); ok {
			name = place.File
		} else if value, ok := errors.AsType[*debianpkg.ValueError](one); ok && value.What == "license" {
			name = "debian/copyright"
		}
		out = append(out, provider.Skipped{File: name, Why: one.Error()})
	}
	return out
}

// flat returns the joined errors.
func flat(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// warnOfSkipped warns of edits that were not made, except those that the run reports otherwise:
// targets for Debian refuse those in debian/, and a licence may be known to be wrong.
func (e *Editor) warnOfSkipped(ctx context.Context, j job.Job, tree artifact.Tree) {
	for _, skip := range tree.Result.Skipped {
		refused := j.Suite().Name != "" && strings.HasPrefix(skip.File, artifact.DebianDir+"/")
		known := skip.File == debianpkg.Copyright && j.Provider != nil && j.Provider.LicenceTold
		if refused || known {
			continue
		}
		text := "no edit in " + skip.File + ": " + neededBy(skip.File)
		e.Log.WarnContext(ctx, text, "because", skip.Why) //nolint:sloglint // the file belongs into the sentence
	}
}

// neededBy names the packages that need an edit of a file.
func neededBy(file string) string {
	switch {
	case file == artifact.ReleaseSpec:
		return "only RPMs need it"
	case file == artifact.SUSESpec:
		return "only packages for SUSE need it"
	case strings.HasPrefix(file, artifact.DebianDir+"/"):
		return "only deb needs it"
	}
	return "no package needs it"
}

// SkippedError says that packages need an edit that could not be made.
type SkippedError struct{ Skipped []provider.Skipped }

// Error has a line for each.
func (e *SkippedError) Error() string {
	lines := make([]string, 0, len(e.Skipped))
	for _, skip := range e.Skipped {
		lines = append(lines, skip.Why)
	}
	return strings.Join(lines, "\n")
}

// refuseSkipped refuses to build packages from a packaging directory without the provider.
func refuseSkipped(tree artifact.Tree, folder string) error {
	var needed []provider.Skipped
	for _, skip := range tree.Result.Skipped {
		if strings.HasPrefix(skip.File, folder+"/") {
			needed = append(needed, skip)
		}
	}
	if len(needed) == 0 {
		return nil
	}
	return &SkippedError{Skipped: needed}
}
