// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
)

// emptyList is each CMakeLists.txt of an empty provider.
const emptyList = "# The common objects are compiled without the provider.\n"

// commonPatch returns the patch of the common objects (artifact.CommonDir), of the files that of selects. It changes work, a
// copy of the integrated tree.
func commonPatch(
	ctx context.Context, m provider.Manifest, pristine, work string, h patchset.Header, of func(name string) bool,
) ([]byte, error) {
	if err := os.RemoveAll(filepath.Join(work, filepath.FromSlash(m.Folder()))); err != nil {
		return nil, fmt.Errorf("empty the provider's folder: %w", err)
	}
	var lists []stage.File
	for _, folder := range m.BuildFolders() {
		lists = append(lists, stage.File{Name: folder + "/CMakeLists.txt", Data: []byte(emptyList)})
	}
	if err := stage.KeepFiles(lists, work); err != nil {
		return nil, err
	}
	data, _, err := patchset.DiffOf(ctx, pristine, work, h, of)
	return data, err
}
