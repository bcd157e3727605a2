// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
)

// Stamp changes when a file in a provider's directory, or one of its headers outside of it, may have changed. It reads no file but
// the manifest: Load and Digest say whether the content is another one.
func Stamp(dir string) uint64 {
	h := fnv.New64a()
	for _, file := range outsideFiles(dir) {
		if info, err := os.Stat(file); err == nil {
			_, _ = fmt.Fprintln(h, file, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
	}
	entries := 0
	_ = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if entries++; entries > maxEntries {
			return fs.SkipAll // Load refuses them
		}
		if err != nil {
			_, _ = fmt.Fprintln(h, name, errors.Is(err, fs.ErrNotExist))
			return nil
		}
		if d.IsDir() && isVCS(d.Name()) {
			return fs.SkipDir
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			_, _ = fmt.Fprintln(h, name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return h.Sum64()
}
