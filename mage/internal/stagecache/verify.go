// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// DamageError says that a file of an entry no longer has the content that its stage wrote: the
// disk failed, or somebody changed it. The entry is invalid from then on, and the next call of
// Do rebuilds it.
type DamageError struct {
	Stage, Key string
	File       string // below the entry's directory, slash separated
	Why        string // want and got
}

// Error names the stage, the file and the difference.
func (e *DamageError) Error() string {
	return fmt.Sprintf("cached output of stage %s: %q %s", e.Stage, e.File, e.Why)
}

// Verifier compares files of entries with the records of their stages. A hit only compares
// sizes and times; code that passes on the bytes verifies them. The zero value is ready to use,
// by one goroutine.
type Verifier struct{ records map[string]record }

// Check compares data, which was read from the file path, with the record of the
// entry that the file is in. It returns nil for a path outside all entries.
//
// Errors: *DamageError; those of reading the record.
func (v *Verifier) Check(path string, data []byte) error { return v.CheckSum(path, sumOf(data)) }

// Sum returns the digest of the file path. That of a file of an entry is the recorded one, if nothing
// has touched the file since, as at a hit.
//
// Errors: *DamageError; those of reading the file.
func (v *Verifier) Sum(path string) (string, error) {
	if entry, name, ok := entryOf(path); ok {
		r, err := v.record(entry)
		if err != nil {
			return "", err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return "", err
		}
		if want := r.Files[quoteName(name)]; info.Mode().IsRegular() && want.untouched(briefRecord(info)) {
			return want.Content, nil
		}
	}
	sum, err := SumFile(path)
	if err != nil {
		return "", err
	}
	return sum, v.CheckSum(path, sum)
}

// Open opens the file path and returns its size. The content of a file of an entry is verified, and
// again at its end, as it is read: nobody gets a damaged one, whatever its size.
//
// Errors: *DamageError; those of reading the file.
func (v *Verifier) Open(path string) (io.ReadCloser, int64, error) {
	sum, err := SumFile(path)
	if err == nil {
		err = v.CheckSum(path, sum)
	}
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return &verifiedFile{File: f, sum: sha256.New(), check: func(got string) error {
		if got == sum {
			return nil
		}
		if err := v.CheckSum(path, got); err != nil {
			return err
		}
		return fmt.Errorf("%s: %w", path, errChanged)
	}}, info.Size(), nil
}

var errChanged = errors.New("the file was changed while it was read")

// verifiedFile sums what is read from a file, and fails at its end if that is not as expected.
type verifiedFile struct {
	*os.File

	sum   hash.Hash
	check func(sum string) error
}

// Read implements io.Reader.
func (f *verifiedFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if err := f.check("sha256:" + hex.EncodeToString(f.sum.Sum(nil))); err != nil {
			return n, err
		}
	}
	return n, err
}

// WriteTo hides that of os.File, which would pass Read by.
func (f *verifiedFile) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{f})
}

// CheckSum is Check for a known digest: "sha256:" and 64 hexadecimal digits.
func (v *Verifier) CheckSum(path, sum string) error {
	entry, name, ok := entryOf(path)
	if !ok {
		return nil
	}
	r, err := v.record(entry)
	if err != nil {
		return err
	}
	return r.check(entry, name, sum)
}

// check compares a file's digest with the record, which is that of an entry.
func (r record) check(entry, name, sum string) error {
	want := r.Files[quoteName(name)].Content
	if want == sum {
		return nil
	}
	return damaged(entry, r, name, fmt.Sprintf("has the SHA-256 %s, want %s", sum, orNone(want)))
}

// ReadFile is os.ReadFile and Check.
func ReadFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var v Verifier
	return data, v.Check(path, data)
}

// ReadFile reads a file of the entry, name its slash-separated path below Dir, and verifies it.
//
// Errors: *DamageError; those of reading the file.
func (e Entry) ReadFile(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(e.Dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	return data, e.record.check(filepath.Dir(e.Dir), name, sumOf(data))
}

// Verify reads everything below dir, which is a directory of an entry, and compares it
// with its stage's record. A directory outside all entries is not read.
//
// Errors: *DamageError; those of the operating system.
func Verify(dir string) error {
	entry, below, ok := entryOf(dir)
	if !ok {
		return nil
	}
	r, err := readRecord(entry)
	if err != nil {
		return fmt.Errorf("%s: %w", entry, err)
	}
	wanted := 0
	for name := range r.Files {
		if within(name, quoteName(below)) {
			wanted++
		}
	}
	seen := 0
	err = eachFile(dir, func(f treeFile) error {
		seen++
		name := filepath.ToSlash(filepath.Join(below, f.name))
		got, err := f.content()
		if err != nil {
			return err
		}
		if want, known := r.Files[quoteName(name)]; !known || want.Content != got {
			return damaged(entry, r, name, fmt.Sprintf("has the content %q, want %s", got, orNone(want.Content)))
		}
		return nil
	})
	if err == nil && seen != wanted {
		err = damaged(entry, r, below, fmt.Sprintf("has %d files, want %d", seen, wanted))
	}
	return err
}

// within reports whether a name of a record is below a directory's.
func within(name, folder string) bool {
	return folder == "." || strings.HasPrefix(name, folder+"/")
}

func (v *Verifier) record(entry string) (record, error) {
	if r, known := v.records[entry]; known {
		return r, nil
	}
	r, err := readRecord(entry)
	if err != nil {
		return r, fmt.Errorf("%s: %w", entry, err)
	}
	if v.records == nil {
		v.records = map[string]record{}
	}
	v.records[entry] = r
	return r, nil
}

// damaged removes the entry's record, so that the entry is not used any more.
func damaged(entry string, r record, name, why string) error {
	// If that fails, the error is returned all the same, and again next time.
	_ = os.Remove(filepath.Join(entry, recordFile))
	return &DamageError{Stage: r.Stage, Key: r.Key, File: name, Why: why}
}

// entryOf finds the entry that a path is in, by the layout of every cache:
// DIR/v1/STAGE/KEY/out/NAME. An entry in progress does not count.
func entryOf(path string) (entry, name string, ok bool) {
	path = filepath.Clean(path)
	for out := path; ; out = filepath.Dir(out) {
		if entry = filepath.Dir(out); entry == out {
			return "", "", false
		}
		if filepath.Base(out) != outFolder || filepath.Base(filepath.Dir(filepath.Dir(entry))) != layout {
			continue
		}
		if _, err := os.Lstat(filepath.Join(entry, recordFile)); err != nil {
			continue
		}
		rel, err := filepath.Rel(out, path)
		return entry, filepath.ToSlash(rel), err == nil
	}
}

func orNone(content string) string {
	if content == "" {
		return "none"
	}
	return content
}
