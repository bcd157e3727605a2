// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"errors"
	"fmt"
	"io"
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
	log, err := os.Open(s.LogPath())
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	defer log.Close()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil {
		return fmt.Errorf("create the directory of the log: %w", err)
	}
	return writeStream(dir, "logs/"+name, log)
}

// KeepFiles writes files below dir, for later readers of dist.
func KeepFiles(files []File, dir string) error {
	var cached stagecache.Verifier
	for _, f := range files {
		content, _, err := f.open(&cached)
		if err != nil {
			return err
		}
		err = writeStream(dir, f.Name, content)
		_ = content.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// writeStream is WriteFile for content of any size. The directory of name is created.
func writeStream(dir, name string, content io.Reader) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("create the directory of %s: %w", name, err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
