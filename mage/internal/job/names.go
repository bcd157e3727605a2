// SPDX-License-Identifier: Apache-2.0

package job

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/specs"
)

// StockName stands for the release without a provider.
const StockName = "stock"

// ProviderName names what is in the tree besides upstream.
func (j Job) ProviderName() string {
	if j.Provider == nil {
		return StockName
	}
	return j.Provider.Manifest.Name
}

// PatchName is the file name of the provider's patch.
func (j Job) PatchName() string { return "rdma-core-" + j.Provider.Manifest.Name + ".patch" }

// ReleaseSuffix is appended to the release of RPMs: what the user wants; for
// those of a distro's source package ".NAME1", so that they upgrade the distro's own.
func (j Job) ReleaseSuffix(sourcePackage bool) string {
	if j.Suffix != "" || !sourcePackage || j.Provider == nil {
		return j.Suffix
	}
	return "." + j.Provider.Manifest.Name + "1"
}

// DebianSuffix is appended to the version of the distribution's own packages. In
// dpkg's order "+by.rib1" is newer than Debian's package itself and its rebuilds
// ("+b1"), and older than a security update ("+deb12u1") and the next revision.
// A letter sorts before "+", so for Ubuntu, whose next versions are "1build1" and
// "1ubuntu0.1", it is "by.rib1".
func (j Job) DebianSuffix() string {
	if j.Suffix != "" {
		return j.Suffix
	}
	suffix := "by." + strings.NewReplacer("_", ".", "-", ".").Replace(j.Provider.Manifest.Name) + "1"
	if j.Suite().ID() == specs.Debian {
		suffix = "+" + suffix
	}
	return suffix
}

// Identity names the code that writes to a volume: the provider's name, and the
// digest of that and of where its directory really is. Two directories of one name
// are two providers. A release without a provider has its own.
func (j Job) Identity() []string {
	if j.Provider == nil {
		return []string{StockName}
	}
	name := j.Provider.Manifest.Name
	const length = 10 // bytes; enough that no two directories collide
	sum := sha256.Sum256([]byte(name + "\x00" + realDir(j.Provider.Dir)))
	return []string{name, hex.EncodeToString(sum[:length])}
}

// realDir is a directory's absolute path without symbolic links.
func realDir(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil {
		dir = target
	}
	return filepath.Clean(dir)
}
