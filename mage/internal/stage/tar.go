// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// File is one file of a stream into a container: its bytes, or the path on
// this machine to read them from, or the target of a symbolic link.
type File struct {
	Name  string // slash separated, relative
	Data  []byte
	Path  string
	Link  string
	Mode  fs.FileMode
	Owner int
	Time  time.Time
}

// Tar returns a function that writes the files as a tar stream, in order. Files of the stage
// cache are verified against their stage's record.
func Tar(files []File) func(io.Writer) error {
	return func(w io.Writer) error {
		tw := tar.NewWriter(w)
		var cached stagecache.Verifier
		folders := map[string]bool{".": true}
		for _, f := range files {
			if err := f.writeFolders(tw, path.Dir(f.Name), folders); err != nil {
				return err
			}
			if err := f.write(tw, &cached); err != nil {
				return err
			}
		}
		if err := tw.Close(); err != nil {
			return fmt.Errorf("end the tar stream: %w", err)
		}
		return nil
	}
}

// writeFolders writes the directories above a file that are not in the stream yet, with the
// same owner: otherwise they would belong to root after extraction.
func (f File) writeFolders(tw *tar.Writer, folder string, have map[string]bool) error {
	if have[folder] {
		return nil
	}
	have[folder] = true
	if err := f.writeFolders(tw, path.Dir(folder), have); err != nil {
		return err
	}
	err := tw.WriteHeader(&tar.Header{
		Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755,
		Uid: f.Owner, Gid: f.Owner, ModTime: f.Time, Format: tar.FormatPAX,
	})
	if err != nil {
		return fmt.Errorf("write %s to the tar stream: %w", folder, err)
	}
	return nil
}

// Describe returns the file's line in the list: its content's digest, mode and name.
func (f File) Describe(cached *stagecache.Verifier) (string, error) {
	if f.Path == "" {
		data := f.Data
		if f.Link != "" {
			data = []byte(f.Link)
		}
		sum := sha256.Sum256(data)
		return fmt.Sprintf("%s %o %s", hex.EncodeToString(sum[:]), f.Mode, f.Name), nil
	}
	sum, err := cached.Sum(f.Path)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", f.Name, err)
	}
	return fmt.Sprintf("%s %o %s", strings.TrimPrefix(sum, "sha256:"), f.Mode, f.Name), nil
}

// open opens the file's content. The content of a file of the stage cache is verified before it is
// read, and again at its end.
func (f File) open(cached *stagecache.Verifier) (io.ReadCloser, int64, error) {
	if f.Path == "" {
		return io.NopCloser(bytes.NewReader(f.Data)), int64(len(f.Data)), nil
	}
	content, size, err := cached.Open(f.Path)
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", f.Name, err)
	}
	return content, size, nil
}

func (f File) write(tw *tar.Writer, cached *stagecache.Verifier) error {
	content, size, err := f.open(cached)
	if err != nil {
		return err
	}
	defer content.Close()
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: f.Name, Size: size, Mode: int64(f.Mode.Perm()),
		Uid: f.Owner, Gid: f.Owner, ModTime: f.Time, Format: tar.FormatPAX,
	}
	if header.Mode == 0 {
		header.Mode = 0o644
	}
	if f.Link != "" {
		header.Typeflag, header.Linkname = tar.TypeSymlink, f.Link
	}
	if err := tw.WriteHeader(header); err != nil {
		return fmt.Errorf("write %s to the tar stream: %w", f.Name, err)
	}
	if _, err := io.Copy(tw, content); err != nil {
		return fmt.Errorf("write %s to the tar stream: %w", f.Name, err)
	}
	return nil
}

// Stream turns a writing function into a reader, as the builder wants it.
func Stream(write func(io.Writer) error) io.Reader {
	r, w := io.Pipe()
	go func() { w.CloseWithError(write(w)) }()
	return r
}

// Files lists the regular files and symbolic links of a directory as tar files, sorted.
func Files(folder string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		file := File{Name: filepath.ToSlash(name), Mode: info.Mode()}
		switch {
		case d.Type().IsRegular():
			file.Path = path
		case d.Type() == fs.ModeSymlink:
			if file.Link, err = os.Readlink(path); err != nil {
				return err
			}
		default:
			return nil
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	return files, nil
}

// EmbeddedFiles lists the files below a directory of a file system without modes, sorted. Files that begin with #! are
// executable.
func EmbeddedFiles(fsys fs.FS, folder string) ([]File, error) {
	const plain, program = 0o644, 0o755
	var files []File
	err := fs.WalkDir(fsys, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file := File{Name: strings.TrimPrefix(name, folder+"/"), Mode: plain}
		if file.Data, err = fs.ReadFile(fsys, name); err != nil {
			return err
		}
		if bytes.HasPrefix(file.Data, []byte("#!")) {
			file.Mode = program
		}
		files = append(files, file)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", folder, err)
	}
	return files, nil
}
