// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// driverHeader is the header by which libibverbs and its providers know each other.
const driverHeader = "libibverbs/driver.h"

// DriverHistory reads driver.h in every release of the clone at source, and in its
// master where that is a release without a tag.
//
// Errors: *upstream.GivenError; *provider.PlaceError where a release does not
// say its private ABI.
func (p *Pipeline) DriverHistory(ctx context.Context, source string) (driverapi.History, error) {
	r, err := p.ListReleases(ctx, source, "")
	if err != nil {
		return driverapi.History{}, err
	}
	defer r.Close()
	var releases []driverapi.Release
	for _, ref := range r.All {
		if n := len(releases); ref.Name == upstream.Master && n > 0 && specs.CompareVersions(ref.Version, releases[n-1].Version) <= 0 {
			continue // what follows a release and has no number of its own yet
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

// ExplainCompiler says how other releases' driver.h differs in what a compile
// error complains of; "" where it does not.
func ExplainCompiler(e ui.CompilerError) string {
	known, err := driverapi.Known()
	if err != nil {
		return ""
	}
	return strings.Join(known.ExplainLog(strings.NewReader(e.Severity+": "+e.Message+"\n"+e.Source)), "; ")
}

// adviseOnAPI adds to the error of a compilation what driver.h has in other
// releases in place of what the compiler complained of.
func adviseOnAPI(err error, log string) error {
	known, knownErr := driverapi.Known()
	f, openErr := os.Open(log)
	if knownErr != nil || openErr != nil {
		return err
	}
	defer f.Close()
	said := known.ExplainLog(f)
	if len(said) == 0 {
		return err
	}
	said = append(said, "see "+driverapi.Page+" for all differences between releases")
	return &AdviceError{Err: err, What: strings.Join(said, "\n")}
}
