// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"go.yaml.in/yaml/v3"
)

// write renders a file.
func write(head string, content any) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(head)
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(content), enc.Close()); err != nil {
		return nil, fmt.Errorf("write the file of CI: %w", err)
	}
	return out.Bytes(), nil
}

// DiffersError says that a file is there and has another content.
type DiffersError struct{ File string }

// Error names the file.
func (e *DiffersError) Error() string {
	return e.File + " is there with another content; nothing was changed"
}

// most is how much is read of a file that is there.
const most = 1 << 20

// Read is the content of a repository's file, nil if there is none. A file that is too large, a link or no file has content of
// somebody else.
func Read(root, name string) ([]byte, error) {
	file := filepath.Join(root, filepath.FromSlash(name))
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for %s: %w", name, err)
	case !info.Mode().IsRegular() || info.Size() > most:
		return []byte{}, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return append([]byte{}, data...), nil
}

// IsOurs says whether a file begins as those of a target do: it was written by it, and perhaps changed.
func IsOurs(content []byte, target string) bool {
	first, _, _ := bytes.Cut([]byte(header(target, "")), []byte("\n"))
	return bytes.HasPrefix(content, append(first, '\n'))
}

// Write puts a file into a repository, in one step, and says whether it was not there with this content before. A file with
// another content is never changed.
//
// Errors: *DiffersError; *PathError; those of the file system.
func Write(root, name string, data []byte) (wrote bool, err error) {
	there, err := Read(root, name)
	switch {
	case err != nil:
		return false, err
	case there != nil && bytes.Equal(there, data):
		return false, nil
	case there != nil:
		return false, &DiffersError{File: name}
	}
	file := filepath.Join(root, filepath.FromSlash(name))
	if leadsOut(root, filepath.Dir(file)) {
		return false, &PathError{Path: name, Want: "a directory of the repository", Got: "a link that leads out of it"}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return false, fmt.Errorf("create the directory of %s: %w", name, err)
	}
	if err := renameio.WriteFile(file, data, 0o644); err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	return true, nil
}

// leadsOut says whether what there is of a directory below root is elsewhere.
func leadsOut(root, dir string) bool {
	top, err := filepath.EvalSymlinks(root)
	if err != nil {
		return true
	}
	for ; len(dir) >= len(root); dir = filepath.Dir(dir) {
		place, err := filepath.EvalSymlinks(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		below, errBelow := filepath.Rel(top, place)
		return err != nil || errBelow != nil || !filepath.IsLocal(below)
	}
	return true
}
