// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// WriteFile writes data below dir. The directory is private to the stage that fills it, so a
// plain write is enough.
func WriteFile(dir, name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// KeepLog copies the stage's log to its output, for later readers of dist.
func KeepLog(s *ui.Stage, dir, name string) error {
	log, err := os.ReadFile(s.LogPath())
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		return fmt.Errorf("create the directory of the log: %w", err)
	}
	return WriteFile(dir, filepath.Join("logs", name), log)
}

// KeepFiles writes files below dir, for later readers of dist.
func KeepFiles(files []File, dir string) error {
	for _, f := range files {
		data := f.Data
		if f.Path != "" {
			var err error
			if data, err = stagecache.ReadFile(f.Path); err != nil {
				return fmt.Errorf("read %s: %w", f.Name, err)
			}
		}
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(f.Name)), 0o755); err != nil {
			return fmt.Errorf("create the directory of %s: %w", f.Name, err)
		}
		if err := WriteFile(dir, f.Name, data); err != nil {
			return err
		}
	}
	return nil
}
