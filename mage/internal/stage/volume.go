// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/resnics/verbsmith/containers"
)

// OwnVolume is for the thousands of files that a compiler writes: it goes with
// the container.
func OwnVolume(folder string) containers.VolumeMount {
	return containers.VolumeMount{Path: folder, UID: BuilderUID, GID: BuilderUID}
}

// Volume names a volume that belongs to this cache folder: it is a part of the
// cache that has to live on the engine, and an empty cache has empty volumes.
func (r *Runner) Volume(parts ...string) string {
	return VolumeName(append(parts, shortSum(r.volumeOwner().CacheDir))...)
}

// IsVolumeOf says whether a volume has a name that a run with that cache gives.
func IsVolumeOf(cache, name string) bool {
	return strings.HasPrefix(name, volumeStart+"-") && strings.HasSuffix(name, "-"+shortSum(cache))
}

const volumeStart = "verbsmith"

// shortSum stands for a path in a name that must not grow with it.
func shortSum(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:4])
}

// VolumeName joins parts into a name that the engine takes.
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
