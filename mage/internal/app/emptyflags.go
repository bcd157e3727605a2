// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/job"
)

// EmptyFlagError is a flag that was given without a value. It does not count as omitted:
// whoever writes -distro=$X means the value of X.
type EmptyFlagError struct {
	Flag string
	// Want describes its valid values.
	Want string
}

// Error names the flag and its valid values.
func (e *EmptyFlagError) Error() string {
	return fmt.Sprintf("-%s= is empty: want %s, or omit -%s", e.Flag, e.Want, e.Flag)
}

// notEmpty rejects a flag that is given but empty or blank.
func notEmpty(name string, flag *string, want string) error {
	if flag == nil || strings.TrimSpace(*flag) != "" {
		return nil
	}
	return &EmptyFlagError{Flag: name, Want: want}
}

// checkFlags reports all empty flags at once.
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
		notEmpty("depth", f.Depth, depthEdit+" or "+depthCompile+", for releases:check also "+depthSpec),
		notEmpty("cases", f.Cases, "fast, all, or names separated by commas"),
		notEmpty("module", f.Module, oneOf(modulePackaged, moduleTree)),
		notEmpty("packages", f.Packages, oneOf(packagesPatched, packagesAddon)),
		notEmpty("beside", f.Beside, "a directory in dist/ with unpatched packages"),
		notEmpty("suffix", f.Suffix, "a suffix for the release, such as .acme2"),
	)
}
