// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// Limits for a provider. Upstream's largest, mlx5, has about 100 files of at most 0.25 MiB.
const (
	MaxFileSize     = 8 << 20  // bytes of one file
	MaxTotalSize    = 64 << 20 // bytes of all files
	MaxFiles        = 2000     // files that are copied
	MaxManifestSize = 64 << 10 // bytes of provider.yaml
	maxEntries      = 20000    // files and directories in all
	maxNameBytes    = 200      // of a file's path
)

const (
	wantRegular  = "a regular file"
	wantReadable = "a file that can be read"
	noSuchFile   = "no such file"
)

// File is a file of the provider that goes into rdma-core.
type File struct {
	Name   string      // slash separated, relative to the provider's directory
	Mode   fs.FileMode // 0o644 or 0o755: the rest depends on a umask
	SHA256 string      // 64 hex digits
	Size   int64       // bytes
	data   []byte
}

// Data returns the file's content, which must not be changed.
func (f File) Data() []byte { return f.data }

// LimitError says that a provider exceeds a size limit.
type LimitError struct {
	File  string // as it was opened
	What  string // "bytes in one file", "files"
	Limit int64
	Got   int64 // 0 if it was not counted to the end
}

// Error names the file, the limit and what was found.
func (e *LimitError) Error() string {
	got := "more"
	if e.Got > 0 {
		got = strconv.FormatInt(e.Got, 10)
	}
	return fmt.Sprintf("%s: want at most %d %s, got %s", edit.At(e.File, 0), e.Limit, e.What, got)
}

// FileError says that a file in the provider's directory is not allowed in a provider.
type FileError struct {
	File string // as it was opened; quoted in the message where it holds control characters
	Want string
	Got  string
	Err  error // the cause, if there is one
}

// Error returns "file: want X, got Y".
func (e *FileError) Error() string {
	return fmt.Sprintf("%s: want %s, got %s", edit.At(e.File, 0), edit.Cut(e.Want), edit.Cut(e.Got))
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// folderReader collects the files of a provider's directory.
type folderReader struct {
	ended    func() error // why reading stops, nil if it does not
	root     *os.Root
	dir      string // for messages
	manifest *Manifest
	files    []File
	entries  int
	total    int64
	errs     []error
}

// readFolder reads everything that is not private. All errors are reported at once; the end of
// ctx stops it.
func readFolder(ctx context.Context, root *os.Root, dir string, m *Manifest) ([]File, error) {
	r := &folderReader{ended: func() error { return context.Cause(ctx) }, root: root, dir: dir, manifest: m}
	err := fs.WalkDir(root.FS(), ".", r.visit)
	return r.files, errors.Join(append(r.errs, err)...)
}

func (r *folderReader) visit(name string, d fs.DirEntry, err error) error {
	file := filepath.Join(r.dir, filepath.FromSlash(name))
	if err != nil {
		return notReadable(file, wantReadable, err)
	}
	if err := r.ended(); err != nil {
		return err
	}
	if name == "." {
		return nil
	}
	r.entries++
	if r.entries > maxEntries {
		return &LimitError{File: r.dir, What: "files and directories", Limit: maxEntries}
	}
	if r.manifest.isPrivate(name, d.IsDir()) || d.IsDir() && r.isVerbsmiths(name) {
		return skip(d)
	}
	if want := badFileName(name); want != "" {
		r.errs = append(r.errs, &FileError{File: file, Want: want, Got: strconv.Quote(path.Base(name))})
		return skip(d)
	}
	if d.IsDir() {
		return nil
	}
	if !d.Type().IsRegular() {
		got := "a special file (" + d.Type().String() + ")"
		if d.Type()&fs.ModeSymlink != 0 {
			// Even a link that stays inside: in rdma-core's tree its target would be another
			// file, and patch(1) refuses links in patches.
			got = "a symbolic link: copy the file instead"
		}
		r.errs = append(r.errs, &FileError{File: file, Want: wantRegular, Got: got})
		return nil
	}
	return r.add(name, file)
}

// isVerbsmiths reports whether a directory has verbsmith's outputs, such as dist/ of a repository whose top directory is the
// provider's: the next run would take them for a part of the provider.
func (r *folderReader) isVerbsmiths(name string) bool {
	_, err := r.root.Lstat(path.Join(name, verbsmithMarker))
	return err == nil
}

// skip skips a file, or a directory with its content.
func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// add reads a file. A refused file is remembered; exceeding a limit of the whole directory ends
// the walk.
func (r *folderReader) add(name, file string) error {
	if len(r.files) >= MaxFiles {
		return &LimitError{File: r.dir, What: "files", Limit: MaxFiles}
	}
	f, err := r.read(name, file)
	if err != nil {
		r.errs = append(r.errs, err)
		return nil
	}
	r.total += f.Size
	if r.total > MaxTotalSize {
		return &LimitError{File: r.dir, What: "bytes in all files", Limit: MaxTotalSize}
	}
	r.files = append(r.files, f)
	return nil
}

func (r *folderReader) read(name, file string) (File, error) {
	f, err := readText(r.root, name, file, "a text file, or a pattern of privateFiles in "+ManifestName+" that excludes it")
	f.Name = name
	return f, err
}

// readText reads a text file without its name. at is what is opened in root, file what errors call it, want what they want.
func readText(root *os.Root, at, file, want string) (File, error) {
	data, info, err := readLimited(root, at, file, MaxFileSize)
	if err != nil {
		return File{}, err
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		return File{}, &text.SourceError{File: file, Line: text.LineNumber(data, at), Want: want, Got: "a binary file"}
	}
	return NewFile("", info.Mode(), data), nil
}

// NewFile is a file of a provider with its content.
func NewFile(name string, mode fs.FileMode, data []byte) File {
	kept := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		kept = 0o755
	}
	sum := sha256.Sum256(data)
	return File{Name: name, Mode: kept, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(data)), data: data}
}

func notReadable(file, want string, err error) error {
	return &FileError{File: file, Want: want, Got: reason(err), Err: err}
}

// reason says why a file cannot be read, without the names of the file and the system call,
// which are shown already or mean nothing to the user.
func reason(err error) string {
	if failed, ok := errors.AsType[*FileError](err); ok {
		return failed.Got
	}
	if errors.Is(err, fs.ErrNotExist) {
		return noSuchFile
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err.Error()
	}
	return err.Error()
}

// readLimited reads a regular file of up to limit bytes. name is what is opened
// in root, file what errors call it.
func readLimited(root *os.Root, name, file string, limit int64) ([]byte, fs.FileInfo, error) {
	// Checked before it is opened: opening a named pipe would wait forever.
	info, err := root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		return nil, nil, &FileError{File: file, Want: wantRegular, Got: info.Mode().Type().String()}
	}
	if err == nil && info.Size() > limit {
		return nil, nil, tooLarge(file, info, limit)
	}
	var data []byte
	if err == nil {
		var f *os.File
		if f, err = root.Open(name); err == nil {
			data, err = io.ReadAll(io.LimitReader(f, limit+1))
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		return nil, nil, notReadable(file, wantReadable, err)
	}
	if int64(len(data)) > limit { // it has grown meanwhile
		return nil, nil, tooLarge(file, info, limit)
	}
	return data, info, nil
}

func tooLarge(file string, info fs.FileInfo, limit int64) error {
	return &LimitError{File: file, What: "bytes in one file", Limit: limit, Got: max(info.Size(), limit+1)}
}

// badFileName describes a valid path, "" if this one is valid. The refused characters are
// special in CMake, make, diff or a shell, or have to be quoted in a patch's header.
func badFileName(name string) string {
	switch {
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isUnprintable):
		return "a file name without control characters"
	case strings.ContainsAny(name, " \"'\\$%;&|<>()*?[]{}`!#~^=,:"):
		return "a file name of letters, digits and _ - + . @"
	case strings.HasPrefix(path.Base(name), "-"):
		return "a file name that does not start with -"
	case len(name) > maxNameBytes:
		return fmt.Sprintf("a path of at most %d bytes", maxNameBytes)
	}
	return ""
}
