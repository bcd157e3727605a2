// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"time"

	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

// builderUID is the unprivileged user that every Containerfile makes.
const builderUID = 1000

// tarFile is one file of a stream into a container: its bytes, or the path on
// this machine to read them from, or the target of a symbolic link.
type tarFile struct {
	name  string // slash separated, relative
	data  []byte
	path  string
	link  string
	mode  fs.FileMode
	owner int
	mtime time.Time
}

// tarOf gives a function that writes the files as a tar stream, in order. What comes
// out of the stage cache is compared with what its stage has made.
func tarOf(files []tarFile) func(io.Writer) error {
	return func(w io.Writer) error {
		tw := tar.NewWriter(w)
		var cached stagecache.Verifier
		folders := map[string]bool{".": true}
		for _, f := range files {
			if err := f.writeFolders(tw, path.Dir(f.name), folders); err != nil {
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

// writeFolders writes the folders above a file that are not in the stream yet,
// for the same owner: who extracts it would make them root's.
func (f tarFile) writeFolders(tw *tar.Writer, folder string, have map[string]bool) error {
	if have[folder] {
		return nil
	}
	have[folder] = true
	if err := f.writeFolders(tw, path.Dir(folder), have); err != nil {
		return err
	}
	err := tw.WriteHeader(&tar.Header{
		Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755,
		Uid: f.owner, Gid: f.owner, ModTime: f.mtime, Format: tar.FormatPAX,
	})
	if err != nil {
		return fmt.Errorf("write %s to the tar stream: %w", folder, err)
	}
	return nil
}

// read gives the file's bytes.
func (f tarFile) read(cached *stagecache.Verifier) ([]byte, error) {
	if f.path == "" {
		return f.data, nil
	}
	data, err := os.ReadFile(f.path)
	if err == nil {
		err = cached.Check(f.path, data)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.name, err)
	}
	return data, nil
}

func (f tarFile) write(tw *tar.Writer, cached *stagecache.Verifier) error {
	data, err := f.read(cached)
	if err != nil {
		return err
	}
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(data)), Mode: int64(f.mode.Perm()),
		Uid: f.owner, Gid: f.owner, ModTime: f.mtime, Format: tar.FormatPAX,
	}
	if header.Mode == 0 {
		header.Mode = 0o644
	}
	if f.link != "" {
		header.Typeflag, header.Linkname = tar.TypeSymlink, f.link
	}
	if err := tw.WriteHeader(header); err != nil {
		return fmt.Errorf("write %s to the tar stream: %w", f.name, err)
	}
	if _, err := tw.Write(data); err != nil {
		return fmt.Errorf("write %s to the tar stream: %w", f.name, err)
	}
	return nil
}

// streamed turns a writing function into a reader, as the builder wants it.
func streamed(write func(io.Writer) error) io.Reader {
	r, w := io.Pipe()
	go func() { w.CloseWithError(write(w)) }()
	return r
}

// folderFiles lists the regular files and symbolic links of a folder as tar
// files, sorted.
func folderFiles(folder string) ([]tarFile, error) {
	var files []tarFile
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
		file := tarFile{name: filepath.ToSlash(name), mode: info.Mode()}
		switch {
		case d.Type().IsRegular():
			file.path = path
		case d.Type() == fs.ModeSymlink:
			if file.link, err = os.Readlink(path); err != nil {
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
	sort.Slice(files, func(i, j int) bool { return files[i].name < files[j].name })
	return files, nil
}
