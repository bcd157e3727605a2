// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"cmp"
	"path"
	"path/filepath"
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// DebName splits the name of a package file: NAME_VERSION_ARCH.deb.
func DebName(file string) (name, version string) {
	name, rest, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".deb"), "_")
	version, _, _ = strings.Cut(rest, "_")
	return name, version
}

// IsDeb tells binary packages by their file name.
func IsDeb(file string) bool { return strings.HasSuffix(file, ".deb") }

// IsDebugDeb tells packages that carry debugging data from the others.
func IsDebugDeb(file string) bool {
	name, _ := DebName(file)
	return strings.HasSuffix(name, "-dbgsym") || strings.HasSuffix(name, "-dbg")
}

// IsDebugRPM tells packages that carry debugging data from the others.
func IsDebugRPM(name string) bool {
	return strings.HasSuffix(name, "-debuginfo") || strings.HasSuffix(name, "-debugsource")
}

// IsRPM tells binary packages by their file name.
func IsRPM(file string) bool {
	return strings.HasSuffix(file, ".rpm") && !strings.HasSuffix(file, ".src.rpm")
}

// IsPackage tells binary and source packages from what is next to them, such as logs. dpkg's .buildinfo and .changes are none: they
// have the time of the build in them.
func IsPackage(file string) bool {
	source := strings.HasSuffix(file, ".dsc") || strings.HasSuffix(file, ".orig.tar.gz") || strings.Contains(file, ".debian.tar.")
	return strings.HasSuffix(file, ".rpm") || IsDeb(file) || source
}

// SplitNEVRA splits NAME-[EPOCH:]VERSION-RELEASE.ARCH; ok says that it is one.
func SplitNEVRA(nevra string) (name, evr string, ok bool) {
	nevr := strings.TrimSuffix(nevra, path.Ext(nevra)) // without the architecture
	release := strings.LastIndex(nevr, "-")
	if release < 0 {
		return "", "", false
	}
	version := strings.LastIndex(nevr[:release], "-")
	if version < 0 {
		return "", "", false
	}
	return nevr[:version], nevr[version+1:], true
}

// CompareEVR orders two versions of a package, EPOCH:VERSION-RELEASE, as RPM does: it returns a negative number if a is older
// than b.
func CompareEVR(a, b string) int {
	aEpoch, aVersion, _ := strings.Cut(a, ":")
	bEpoch, bVersion, _ := strings.Cut(b, ":")
	aVersion, aRelease, _ := strings.Cut(aVersion, "-")
	bVersion, bRelease, _ := strings.Cut(bVersion, "-")
	return cmp.Or(rpmutils.Vercmp(aEpoch, bEpoch), rpmutils.Vercmp(aVersion, bVersion), rpmutils.Vercmp(aRelease, bRelease))
}
