// SPDX-License-Identifier: Apache-2.0

package skeleton

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/provider"
)

// ExistsError says that the new directory's path already exists.
type ExistsError struct{ Dir string }

// Error names the directory.
func (e *ExistsError) Error() string {
	return fmt.Sprintf("%q already exists; nothing in it was changed", e.Dir)
}

// Write creates the directory dir with the files, and loads it as a provider. It is written to
// a temporary directory and then renamed: an error, or the end of ctx, leaves nothing behind,
// and existing files are never changed.
//
// Errors: *ExistsError; those of provider.Load are bugs of the skeleton.
func Write(ctx context.Context, dir string, files []File) (p *provider.Provider, err error) {
	if _, err := os.Lstat(dir); err == nil {
		return nil, &ExistsError{Dir: dir}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("check for the new directory: %w", err)
	}
	made, err := makeParents(filepath.Dir(dir))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			for _, parent := range made {
				_ = os.Remove(parent) // empty, or used by somebody else by now
			}
		}
	}()
	beside, err := os.MkdirTemp(filepath.Dir(dir), ".verbsmith-new-")
	if err != nil {
		return nil, fmt.Errorf("create the new directory: %w", err)
	}
	defer os.RemoveAll(beside)
	if err := fill(ctx, beside, files); err != nil {
		return nil, err
	}
	if p, err = provider.Load(ctx, beside); err != nil {
		return nil, err
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err := os.Rename(beside, dir); err != nil {
		return nil, fmt.Errorf("rename the new directory: %w", err)
	}
	p.Dir = dir
	return p, nil
}

// makeParents creates dir and its missing parents and returns them, the innermost first.
func makeParents(dir string) ([]string, error) {
	var missing []string
	for at := dir; ; at = filepath.Dir(at) {
		_, err := os.Stat(at)
		if err == nil || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return missing, fmt.Errorf("create the parent of the new directory: %w", err)
	}
	return missing, nil
}

func fill(ctx context.Context, dir string, files []File) error {
	// MkdirTemp's directory is private; a provider's has normal permissions.
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("create the new directory: %w", err)
	}
	for _, f := range files {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("create the new directory: %w", err)
		}
		if err := os.WriteFile(name, f.Data, cmp.Or(f.Mode.Perm(), 0o644)); err != nil {
			return fmt.Errorf("write a file of the new directory: %w", err)
		}
	}
	return nil
}
