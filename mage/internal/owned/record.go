// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// record lists what verbsmith wrote: slash-separated paths of files below the directory. A path
// with a trailing slash is a directory that is being created or removed; everything in it is
// verbsmith's.
type record map[string]bool

// recordMost bounds a marker's size, in bytes.
const recordMost = 64 << 20

func readRecord(marker string) (record, error) {
	data, err := ReadFile(marker, recordMost)
	if err != nil {
		return nil, fmt.Errorf("read the record of outputs: %w", err)
	}
	r := record{}
	for line := range strings.Lines(string(data)) {
		name, ended := strings.CutSuffix(line, "\n")
		if !ended || name == "" || name[0] == '#' {
			continue // the last line of a write that was cut short
		}
		if name[0] == '"' {
			if name, err = strconv.Unquote(name); err != nil {
				continue
			}
		}
		if fs.ValidPath(strings.TrimSuffix(name, "/")) && name != "." && name != "./" {
			r[name] = true
		}
	}
	return r, nil
}

func (r record) String() string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if name[0] == '#' || name[0] == '"' || strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) {
			name = strconv.Quote(name)
		}
		text.WriteString(name + "\n")
	}
	return text.String()
}

// below reports whether something below the directory name, "." for the whole, is
// recorded.
func (r record) below(name string) bool {
	for have := range r {
		if name == "." || strings.HasPrefix(have, name+"/") {
			return true
		}
	}
	return false
}

// Has reports whether verbsmith wrote a file: name is its slash-separated path.
func (h *Hold) Has(name string) bool { return h.record[name] }

// Add records files before they are written, so that no file is ever without a record.
func (h *Hold) Add(names ...string) error {
	fresh := record{}
	for _, name := range names {
		if !h.record[name] {
			fresh[name] = true
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	f, err := os.OpenFile(h.lock.Path(), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("record an output: %w", err)
	}
	lead, err := unfinished(f)
	if err == nil {
		_, err = io.WriteString(f, lead+fresh.String())
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("record an output: %w", err)
	}
	maps.Copy(h.record, fresh)
	return nil
}

// unfinished returns the text that must precede a new line in a marker: an incomplete write, on
// a full disk for example, may have left it without its beginning or in the middle of a line.
func unfinished(marker *os.File) (string, error) {
	info, err := marker.Stat()
	if err != nil {
		return "", err
	}
	if info.Size() < int64(len(markerStart)) {
		return markerText, marker.Truncate(0)
	}
	last := []byte{0}
	if _, err := marker.ReadAt(last, info.Size()-1); err != nil {
		return "", err
	}
	if last[0] == '\n' {
		return "", nil
	}
	return "\n", nil
}

// rewrite writes the record to the file. An incomplete write loses records, which is safe:
// files without a record are never removed.
func (h *Hold) rewrite() error {
	if err := os.WriteFile(h.lock.Path(), []byte(markerText+h.record.String()), 0o644); err != nil {
		return fmt.Errorf("record the outputs: %w", err)
	}
	return nil
}

// drop removes the records of names and of everything below them.
func (h *Hold) drop(names ...string) {
	maps.DeleteFunc(h.record, func(have string, _ bool) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			return have == name || strings.HasPrefix(have, name+"/")
		})
	})
}

// filesBelow lists the non-directories in dir, as paths below name.
func filesBelow(dir, name string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		files = append(files, path.Join(name, filepath.ToSlash(rel)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the outputs: %w", err)
	}
	return files, nil
}
