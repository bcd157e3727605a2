// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"path"
	"slices"
	"strings"
)

// wanted says whether a regular file is kept, and whether only if it is an ELF file: libraries and modules, what libibverbs is told
// to load, what the loader is told, and dpkg's lists.
func wanted(name string) (keep, elf bool) {
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	switch {
	case slices.Contains([]string{"etc/ld.so.conf", "etc/ld.so.cache", "var/lib/dpkg/status"}, name),
		dir == "etc/ld.so.conf.d", path.Base(dir) == "libibverbs.d",
		dir == "var/lib/dpkg/info" && strings.HasSuffix(base, ".list"):
		return true, false
	default:
		isLibrary := strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.")
		return isLibrary, isLibrary
	}
}

// wantedDir says whether a directory is kept even if nothing in it is.
func wantedDir(name string) bool {
	return path.Base(name) == "libibverbs.d" || name == "var/lib/rpm" || name == "usr/lib/sysimage/rpm"
}
