// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// driverHeader is the header with the interface between libibverbs and its providers.
const driverHeader = "libibverbs/driver.h"

// DriverHistory reads driver.h in every release of the clone at source, and in its
// master if that is a release without a tag.
//
// Errors: *upstream.GivenError; *provider.PlaceError if a release does not
// state its private ABI.
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
		files, err := r.clone.Files(ctx, ref.Commit, []string{driverHeader, provider.TopCMake})
		if err != nil {
			return driverapi.History{}, err
		}
		if files[driverHeader] == nil {
			return driverapi.History{}, fmt.Errorf("%s of %s has no %s", ref.Name, source, driverHeader)
		}
		abi, err := provider.PrivateABI(files[provider.TopCMake])
		if err != nil {
			return driverapi.History{}, fmt.Errorf("%s of %s: %w", ref.Name, source, err)
		}
		releases = append(releases, driverapi.Release{
			Version: ref.Version, PrivateABI: abi, Header: driverapi.ParseHeader(string(files[driverHeader])),
		})
	}
	return driverapi.Collect(releases), nil
}
