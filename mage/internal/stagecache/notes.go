// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// notesFile is the name of an entry's notes, next to its record.
const notesFile = "notes.json"

// WriteNotes keeps data next to the output, not in it: what two runs that make the same output
// would say differently, such as how long they took. It counts neither in the entry's digest nor
// as damage.
func (e Entry) WriteNotes(data []byte) error {
	dir := filepath.Dir(e.Dir)
	f, err := os.CreateTemp(dir, notesFile+"-*")
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Chmod(0o644), f.Close())
		if err == nil {
			err = os.Rename(f.Name(), filepath.Join(dir, notesFile))
		}
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("keep notes of stage %s: %w", e.Stage, err)
	}
	return nil
}

// Notes returns the data of WriteNotes, nil if there is none.
func (e Entry) Notes() ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(filepath.Dir(e.Dir), notesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the notes of stage %s: %w", e.Stage, err)
	}
	return data, nil
}
