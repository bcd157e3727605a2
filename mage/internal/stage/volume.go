// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/containers"
)

// OwnVolume is a volume for the many files that a compiler writes. It is removed with the
// container.
func OwnVolume(folder string) containers.VolumeMount {
	return containers.VolumeMount{Path: folder, UID: BuilderUID, GID: BuilderUID}
}

// Volume names a volume that belongs to this cache directory: a part of the cache that has to
// be on the engine, empty when the cache is.
func (r *Runner) Volume(parts ...string) string {
	return VolumeName(append(parts, shortSum(r.volumeOwner().CacheDir))...)
}

// IsVolumeOf reports whether a volume's name is one that runs with that cache use.
func IsVolumeOf(cache, name string) bool {
	return strings.HasPrefix(name, volumeStart+"-") && strings.HasSuffix(name, "-"+shortSum(cache))
}

const volumeStart = "verbsmith"

// shortSum is a short digest of a path, for names of limited length.
func shortSum(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:4])
}

// VolumeName joins parts into a name that the engine accepts.
func VolumeName(parts ...string) string {
	var name strings.Builder
	name.WriteString(volumeStart)
	for _, part := range parts {
		name.WriteByte('-')
		for _, c := range []byte(part) {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_':
				name.WriteByte(c)
			default:
				fmt.Fprintf(&name, "_%02x", c)
			}
		}
	}
	return name.String()
}
