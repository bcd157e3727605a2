// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// driverHeader is the header with the interface between libibverbs and its providers.
const driverHeader = "libibverbs/driver.h"

// measured are the files that say what a release shares with its providers.
func measured() []string { return []string{provider.TopCMake, provider.DriverHeader, driverHeader} }

// Measure reads from a release's tree what it shares with its providers: its private ABI, its driver ids, the declarations of driver.h.
//
// Errors: *provider.PlaceError, all at once.
func Measure(tree, version string) (driverapi.Release, error) {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return driverapi.Release{}, fmt.Errorf("read the release: %w", err)
	}
	defer root.Close()
	return measure(version, func(name string) ([]byte, error) {
		data, err := root.ReadFile(filepath.FromSlash(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return data, err
	})
}

// operations matches what each driver.h has: one that includes another header has nothing to measure.
var operations = regexp.MustCompile(`struct\s+verbs_context_ops\s*\{`)

// measure is Measure on the files that read returns, nil for one that the release does not have.
func measure(version string, read func(name string) ([]byte, error)) (driverapi.Release, error) {
	r := driverapi.Release{Version: version}
	var errs []error
	for _, name := range measured() {
		data, err := read(name)
		switch {
		case err != nil:
			err = fmt.Errorf("read %s: %w", name, err)
		case data == nil:
			err = &provider.PlaceError{File: name, LookedFor: "this file of the release", Found: "none"}
		case name == provider.TopCMake:
			if r.PrivateABI, err = provider.PrivateABI(data); err == nil {
				r.Providers, err = provider.Upstream(data)
			}
		case name == provider.DriverHeader:
			if r.DriverIDs, err = provider.DriverIDs(data); err == nil {
				err = provider.UnclearIDs(data)
			}
		case !operations.Match(data):
			err = &provider.PlaceError{File: name, LookedFor: "struct verbs_context_ops {", Found: "none"}
		default:
			r.Header = driverapi.ParseHeader(string(data))
		}
		errs = append(errs, err)
	}
	return r, errors.Join(errs...)
}

// DriverHistory reads driver.h in every release of the clone at source, and in its
// master if that is a release without a tag.
//
// Errors: *upstream.GivenError; *provider.PlaceError if a release does not
// say what is measured in it.
func (w *Walker) DriverHistory(ctx context.Context, source string) (driverapi.History, error) {
	r, err := w.ListReleases(ctx, source, "")
	if err != nil {
		return driverapi.History{}, err
	}
	defer r.Close()
	var releases []driverapi.Release
	for _, ref := range r.All {
		if n := len(releases); ref.Name == upstream.Master && n > 0 && specs.CompareVersions(ref.Version, releases[n-1].Version) <= 0 {
			continue // development after a release, without a number of its own yet
		}
		files, err := r.clone.Files(ctx, ref.Commit, measured())
		if err != nil {
			return driverapi.History{}, err
		}
		release, err := measure(ref.Version, func(name string) ([]byte, error) { return files[name], nil })
		if err != nil {
			return driverapi.History{}, fmt.Errorf("%s of %s: %w", ref.Name, source, err)
		}
		releases = append(releases, release)
	}
	return driverapi.Collect(releases), nil
}
