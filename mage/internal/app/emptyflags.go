// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/job"
)

// EmptyFlagError is a flag that was given without a value. It does not count as not given:
// who writes -distro=$X means what is in X.
type EmptyFlagError struct {
	Flag string
	// Want are values that it may have.
	Want string
}

// Error names the flag and what it may be.
func (e *EmptyFlagError) Error() string {
	return fmt.Sprintf("-%s= is empty: want %s, or no -%s", e.Flag, e.Want, e.Flag)
}

// notEmpty refuses a flag that is given and empty; spaces are nothing either.
func notEmpty(name string, flag *string, want string) error {
	if flag == nil || strings.TrimSpace(*flag) != "" {
		return nil
	}
	return &EmptyFlagError{Flag: name, Want: want}
}

// checkFlags says which of the flags are empty, all at once.
func (a *App) checkFlags() error {
	oneOf := func(names ...string) string { return "one of " + strings.Join(names, ", ") }
	f := a.flags
	return errors.Join(
		notEmpty("distro", f.Distro, oneOf(a.distros.Names()...)),
		notEmpty("suite", f.Suite, oneOf(a.suites.Names()...)),
		notEmpty("rdma", f.RDMA, "a release such as "+a.releases.Default),
		notEmpty("source", f.Source, "a tarball, a source RPM, or a git clone as PATH@REF"),
		notEmpty("provider", f.Provider, "a name in provider/, the path of a directory, or "+noProvider),
		notEmpty("base", f.Base, oneOf(job.BaseModes()...)),
		notEmpty("depth", f.Depth, depthEdit+" or "+depthCompile+", of releases:check also "+depthSpec),
		notEmpty("cases", f.Cases, "fast, all, or names separated by commas"),
		notEmpty("module", f.Module, oneOf(modulePackaged, moduleTree)),
		notEmpty("packages", f.Packages, oneOf(packagesPatched, packagesAddon)),
		notEmpty("beside", f.Beside, "a directory in dist/ with unpatched packages"),
		notEmpty("suffix", f.Suffix, "what comes behind the release, such as .acme2"),
	)
}
