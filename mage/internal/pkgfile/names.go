// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"path/filepath"
	"strings"
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
func IsRPM(path string) bool {
	return strings.HasSuffix(path, ".rpm") && !strings.HasSuffix(path, ".src.rpm")
}
