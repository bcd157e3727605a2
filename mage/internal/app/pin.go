// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/specs"
)

// ToolchainPin is the toolchain:pin target. It goes on after a distro whose image cannot be pinned.
func (a *App) ToolchainPin(ctx context.Context) error {
	if _, err := a.pipeline.Engine(ctx); err != nil {
		return err // once, and not for each distro
	}
	var failed []error
	var rows [][]string
	for _, name := range a.distroNames() {
		row, err := a.pin(ctx, name)
		if err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			break
		}
		if row != nil {
			rows = append(rows, row)
		}
	}
	if len(rows) > 0 {
		a.ui.Table("pins", []string{"distro", "asked for", "was", "is", "file"}, rows)
	}
	return errors.Join(failed...)
}

// pin pins one distro's image, and returns its row.
func (a *App) pin(ctx context.Context, name string) (row []string, err error) {
	distro, err := a.distros.Find(name)
	if err != nil {
		return nil, err
	}
	seen, err := a.pipeline.Images().TagDigest(ctx, distro)
	if err != nil {
		return nil, err
	}
	if distro.Digest == seen.Digest {
		return []string{name, seen.Where, distro.Digest, "the same", "unchanged"}, nil
	}
	file, err := a.writePin(name, seen.Digest)
	if err != nil {
		return nil, fmt.Errorf("pin %s: %w", name, err)
	}
	return []string{name, seen.Where, cmp.Or(distro.Digest, "not pinned"), seen.Digest, a.relative(file)}, nil
}

// dataFile is the file of specs/ to write, below the repository: in verbsmith's own repository that of specs/ unless another one
// replaces it, elsewhere the repository's own.
func (a *App) dataFile(inKit string) string {
	shown := path.Join("specs", inKit)
	if own := path.Join(kit.Folder, shown); !a.dirs.own || slices.Contains(a.pipeline.Kit.Own(), own) {
		return own
	}
	return shown
}

// writePin pins a distro's image in its file, which is verbsmith's with the pin if the repository had none.
func (a *App) writePin(name, digest string) (file string, err error) {
	inKit := specs.DistroFile(name)
	shown := a.dataFile(inKit)
	file = filepath.Join(a.dirs.root, filepath.FromSlash(shown))
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			text, err = fs.ReadFile(a.pipeline.Kit.Dir("specs"), inKit)
		}
	}
	if err != nil {
		return "", err
	}
	// In UTC, so that the same moment is one day for everybody.
	if text, err = specs.PinDistro(shown, text, digest, time.Now().UTC().Format(time.DateOnly)); err != nil {
		return "", err
	}
	return file, renameio.WriteFile(file, text, 0o644, renameio.WithExistingPermissions())
}
