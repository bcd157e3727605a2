// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// recordFile is the name of an entry's record, next to its out directory.
const recordFile = "entry.json"

// outFolder is the name of the directory with the stage's output.
const outFolder = "out"

// record is the content of entry.json.
type record struct {
	Stage  string                `json:"stage"`
	Key    string                `json:"key"`
	Made   time.Time             `json:"made"`
	Inputs map[string]string     `json:"inputs,omitempty"`
	Files  map[string]fileRecord `json:"files"`
}

// fileRecord describes a file below out at the time the entry was made. Its name is quoted
// (without the quotation marks), because JSON cannot hold every file name.
type fileRecord struct {
	Mode    fs.FileMode `json:"mode"`
	Size    int64       `json:"size"`
	ModTime int64       `json:"mtime"`           // nanoseconds since 1970
	Changed int64       `json:"ctime,omitempty"` // as mtime, but nobody can set it
	Inode   uint64      `json:"inode,omitempty"`
	Content string      `json:"content,omitempty"` // sum of a file, target of a link
}

// takeInventory records every file below dir.
func takeInventory(dir string) (map[string]fileRecord, error) {
	files := map[string]fileRecord{}
	err := eachFile(dir, func(f treeFile) error {
		content, err := f.content()
		if err != nil {
			return err
		}
		r := briefRecord(f.info)
		r.Content = content
		files[quoteName(f.name)] = r
		return nil
	})
	return files, err
}

// damage compares the files below dir with the inventory and describes the first difference, ""
// if there is none. A file with unchanged size, times and inode costs one lstat and is not
// read. One that was written to (even if its time was set back), touched, copied or restored is
// read and hashed.
func damage(dir string, files map[string]fileRecord) string {
	seen := 0
	err := eachFile(dir, func(f treeFile) error {
		seen++
		want, known := files[quoteName(f.name)]
		got := briefRecord(f.info)
		switch {
		case !known:
			return fmt.Errorf("%q was not written by the stage", f.name)
		case got.Mode != want.Mode:
			return fmt.Errorf("%q has mode %s, want %s", f.name, got.Mode, want.Mode)
		case got.Size != want.Size:
			return fmt.Errorf("%q has %d bytes, want %d", f.name, got.Size, want.Size)
		case want.untouched(got):
			return nil
		}
		content, err := f.content()
		if err == nil && content != want.Content {
			err = fmt.Errorf("%q does not have the content that the stage wrote", f.name)
		}
		return err
	})
	if err != nil {
		return err.Error()
	}
	if seen < len(files) {
		return fmt.Sprintf("%d of %d files are missing", len(files)-seen, len(files))
	}
	return ""
}

// untouched says whether nobody has written to a file since the record, by its state now.
func (r fileRecord) untouched(now fileRecord) bool {
	now.Content = r.Content
	return r == now
}

// briefRecord is a fileRecord without the content. Sizes of directories and times of
// directories and links say nothing about their content.
func briefRecord(info fs.FileInfo) fileRecord {
	r := fileRecord{Mode: info.Mode()}
	if info.IsDir() {
		return r
	}
	if info.Mode().IsRegular() {
		r.Size = info.Size()
	}
	r.ModTime = info.ModTime().UnixNano()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		r.Changed, r.Inode = st.Ctim.Nano(), st.Ino
	}
	return r
}

// digest identifies the output by its files' names, modes and contents.
func (r record) digest() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		f := r.Files[name]
		frame(h, name)
		frame(h, f.Mode.String())
		frame(h, f.Content)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func quoteName(name string) string {
	quoted := strconv.Quote(name)
	return quoted[1 : len(quoted)-1]
}

// writeRecord writes entry.json into dir, which nobody sees yet. Nothing is synced: a disk that a build has just filled would take
// seconds for it. After a power failure the record, or the sizes of the files that it has, show the loss.
func writeRecord(dir string, r record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", recordFile, err)
	}
	if err := os.WriteFile(filepath.Join(dir, recordFile), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("%s: %w", recordFile, err)
	}
	return nil
}

// readRecord reads dir's entry.json; the error is fs.ErrNotExist if there is no
// such entry, anything else if the entry is damaged.
func readRecord(dir string) (record, error) {
	var r record
	data, err := os.ReadFile(filepath.Join(dir, recordFile))
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("%s: %w", recordFile, err)
	}
	return r, nil
}
