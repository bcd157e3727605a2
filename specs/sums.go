// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// Sums is a file of SHA-256 sums like go.sum: the first sum of a name is recorded, and any
// other is a conflict. Its lines are
//
//	VERSION NAME sha256:HEX
//
// sorted by version and name. A version or name with blanks or other oddities in it is
// written as a Go string literal. Lines beginning with # at the top stay as they are.
//
// There may be other files with pins: lines that somebody added on purpose. They take
// precedence over recorded sums, and are never written.
//
// The methods may be called concurrently, also by several processes on the same file.
type Sums struct {
	path string
	pins []pins

	mu      sync.Mutex
	content sumsContent
}

// pins are the lines of a file that is only read.
type pins struct {
	file    string
	content sumsContent
}

// SumConflictError says that a file already has another recorded sum.
type SumConflictError struct {
	// File is the sums file; Line is the line of the record.
	File string
	Line int
	// Version and Name are those of the archive.
	Version, Name string
	// Recorded and Got are sums in hex.
	Recorded, Got string
}

// Error names both sums and the recorded line.
func (e *SumConflictError) Error() string {
	return fmt.Sprintf("%s:%d: %s %s: recorded sha256:%s, got sha256:%s",
		e.File, e.Line, word(e.Version), word(e.Name), e.Recorded, e.Got)
}

// PinFile is a file with pinned sums: its name for messages, and its text.
type PinFile struct {
	Name string
	Data []byte
}

// OpenSums reads the file at path, which Record writes, and the files with pins; a file at path that
// does not exist is empty. Lines that cannot be read are *strictyaml.Mistake, all at once,
// and two sums for one name in one file are a *SumConflictError.
func OpenSums(path string, pinned ...PinFile) (*Sums, error) {
	s := &Sums{path: path}
	for _, p := range pinned {
		content, err := parseSums(p.Name, p.Data)
		if err != nil {
			return nil, err
		}
		s.pins = append(s.pins, pins{file: p.Name, content: content})
	}
	var err error
	s.content, err = readSums(path)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// pinned finds a pin, and the file that has it.
func (s *Sums) pinned(version, name string) (r record, file string, ok bool) {
	for _, p := range s.pins {
		if r, ok = p.content.find(version, name); ok {
			return r, p.file, true
		}
	}
	return record{}, "", false
}

// Lookup returns the sum of an archive, in lower-case hex: the pinned one, or else the recorded
// one.
func (s *Sums) Lookup(version, name string) (sha256hex string, ok bool) {
	if r, _, ok := s.pinned(version, name); ok {
		return r.sum, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.content.find(version, name)
	return r.sum, ok
}

// lockPause is the pause between two tries for a lock that another process holds.
const lockPause = 100 * time.Millisecond

var hexSum = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Record records an archive's sum, 64 lower-case hex digits. The file and its directory are
// created if necessary; the file is read again and replaced as a whole, under a lock, for which it
// waits as long as ctx lasts. Recording a pinned or recorded sum changes nothing; a different one is
// a *SumConflictError.
func (s *Sums) Record(ctx context.Context, version, name, sha256hex string) error {
	if !hexSum.MatchString(sha256hex) {
		return fmt.Errorf("record %s %s in %s: want 64 lower-case hex digits, got %q",
			word(version), word(name), s.path, sha256hex)
	}
	if version == "" || name == "" {
		return fmt.Errorf("record %q %q in %s: want a version and a name", version, name, s.path)
	}
	if r, file, ok := s.pinned(version, name); ok {
		return r.agrees(file, sha256hex)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(s.path), 0o755); err != nil {
		return fmt.Errorf("create the directory of %s: %w", s.path, err)
	}
	// The directory is locked, because a lock file would be one more file, and the file itself
	// is replaced at each write.
	lock := flock.New(filepath.Dir(s.path), flock.SetFlag(os.O_RDONLY))
	if _, err := lock.TryLockContext(ctx, lockPause); err != nil {
		return fmt.Errorf("lock the directory of %s: %w", s.path, err)
	}
	defer lock.Close() //nolint:errcheck // closing releases the lock whatever it returns
	content, err := readSums(s.path)
	if err != nil {
		return err
	}
	s.content = content
	if r, ok := content.find(version, name); ok {
		return r.agrees(s.path, sha256hex)
	}
	content.records = append(slices.Clone(content.records), record{version: version, name: name, sum: sha256hex})
	data := content.bytes()
	err = renameio.WriteFile(s.path, data, 0o644,
		renameio.WithTempDir(filepath.Dir(s.path)), renameio.WithExistingPermissions())
	if err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	s.content, err = parseSums(s.path, data)
	return err
}

// sumsContent is the content of a sums file.
type sumsContent struct {
	// header are the comment lines at the top.
	header  []string
	records []record
}

type record struct {
	version, name, sum string
	line               int
}

// agrees fails if the record, of that file, has another sum.
func (r record) agrees(file, sum string) error {
	if r.sum == sum {
		return nil
	}
	return &SumConflictError{File: file, Line: r.line, Version: r.version, Name: r.name, Recorded: r.sum, Got: sum}
}

func (c sumsContent) find(version, name string) (record, bool) {
	for _, r := range c.records {
		if r.version == version && r.name == name {
			return r, true
		}
	}
	return record{}, false
}

func (c sumsContent) bytes() []byte {
	slices.SortFunc(c.records, func(a, b record) int {
		return cmp.Or(CompareVersions(a.version, b.version), strings.Compare(a.name, b.name))
	})
	var b bytes.Buffer
	for _, h := range c.header {
		b.WriteString(h + "\n")
	}
	for _, r := range c.records {
		fmt.Fprintf(&b, "%s %s sha256:%s\n", word(r.version), word(r.name), r.sum)
	}
	return b.Bytes()
}

// sumsMost bounds the size of a file of sums, in bytes.
const sumsMost = 16 << 20

func readSums(path string) (sumsContent, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // not waiting for a pipe's writer
	if errors.Is(err, fs.ErrNotExist) {
		return parseSums(path, nil)
	}
	if err != nil {
		return sumsContent{}, fmt.Errorf("read sums: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read from
	data, err := io.ReadAll(io.LimitReader(f, sumsMost+1))
	if err != nil {
		return sumsContent{}, fmt.Errorf("read sums: %w", err)
	}
	if len(data) > sumsMost {
		return sumsContent{}, fmt.Errorf("read sums: %s has more than %d bytes", path, sumsMost)
	}
	return parseSums(path, data)
}

func parseSums(path string, data []byte) (sumsContent, error) {
	var c sumsContent
	var errs []error
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		text = strings.TrimRight(text, "\r\n")
		switch {
		case text == "":
			continue
		case strings.HasPrefix(text, "#") && len(c.records) == 0:
			c.header = append(c.header, text)
			continue
		}
		r, column, ok := parseRecord(text)
		if !ok {
			errs = append(errs, &strictyaml.Mistake{
				File: path, Line: n, Column: column,
				Want: "VERSION NAME sha256:64 lower-case hex digits", Got: strconv.Quote(text),
			})
			continue
		}
		r.line = n
		if old, ok := c.find(r.version, r.name); !ok {
			c.records = append(c.records, r)
		} else if old.sum != r.sum {
			errs = append(errs, &SumConflictError{
				File: path, Line: n, Version: r.version, Name: r.name, Recorded: old.sum, Got: r.sum,
			})
		}
	}
	return c, errors.Join(errs...)
}

// parseRecord reads one line, or returns the column of the error.
func parseRecord(line string) (record, int, bool) {
	version, rest, ok := cutWord(line)
	if !ok {
		return record{}, 1, false
	}
	name, sum, ok := cutWord(rest)
	if !ok {
		return record{}, len(line) - len(rest) + 1, false
	}
	sum, ok = strings.CutPrefix(sum, "sha256:")
	if !ok || !hexSum.MatchString(sum) {
		return record{}, strings.LastIndexByte(line, ' ') + 2, false
	}
	return record{version: version, name: name, sum: sum}, 0, true
}

// cutWord cuts a word, plain or quoted, and the space after it off a line.
func cutWord(line string) (w, rest string, ok bool) {
	if !strings.HasPrefix(line, `"`) {
		w, rest, ok = strings.Cut(line, " ")
		return w, rest, ok && w != "" && word(w) == w
	}
	q, err := strconv.QuotedPrefix(line)
	if err != nil {
		return "", "", false
	}
	w, err = strconv.Unquote(q)
	rest, ok = strings.CutPrefix(line[len(q):], " ")
	return w, rest, ok && err == nil
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+~:/-]*$`)

// word writes a word so that cutWord reads it back: plain if it can be, else quoted.
func word(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
