// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// above begins the name of a file outside of the provider's directory.
const above = "../"

// readOutside reads the kernel headers that the manifest names outside of the directory. They are files of the git repository that
// the directory is in, so that a driver can share them with its kernel driver. Nothing outside of that is read. CheckNames reports
// one that does not exist.
func (d *Draft) readOutside() error {
	var errs []error
	for _, h := range d.Provider.Manifest.headerFields() {
		if !strings.HasPrefix(h.name, above) || !headerForm.MatchString(h.name) || d.Provider.Has(h.name) {
			continue
		}
		f, err := readOutside(d.Provider.Dir, h.name)
		switch failed, isFile := errors.AsType[*FileError](err); {
		case err == nil:
			d.AddFile(f)
		case errors.Is(err, fs.ErrNotExist):
		case isFile && errors.Is(err, errElsewhere):
			d.Refuse(h.name)
			errs = append(errs, d.Mistake(h.field, failed.Want, failed.Got))
		default:
			d.Refuse(h.name)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// errElsewhere: a file is not in the provider's repository.
var errElsewhere = errors.New("outside of the repository")

// readOutside reads a file by its name from a directory.
func readOutside(dir, name string) (File, error) {
	shown := pathOf(dir, name)
	in, err := realDir(dir)
	if err != nil {
		return File{}, notReadable(shown, wantReadable, err)
	}
	repository, inside, err := inRepository(in, filepath.Join(in, filepath.FromSlash(name)))
	switch {
	case err != nil:
		return File{}, notReadable(shown, wantReadable, err)
	case repository == "":
		got := "one outside of it"
		if Repository(in) == "" {
			got = "no repository: there is no .git in a directory above"
		}
		return File{}, &FileError{File: shown, Want: "a file of the git repository that the directory is in", Got: got, Err: errElsewhere}
	case isIn(in, filepath.Join(repository, inside)):
		return File{}, &FileError{File: shown, Want: "a name without ../ for a file of this directory", Got: name, Err: errElsewhere}
	}
	root, err := os.OpenRoot(repository)
	if err != nil {
		return File{}, notReadable(shown, wantReadable, err)
	}
	defer root.Close()
	f, err := readText(root, inside, shown, "a text file")
	f.Name = name
	return f, err
}

// Outside is the name that a manifest in dir has for a kernel header elsewhere in the git repository that dir is in; "" if it can
// have none.
func Outside(dir, file string) string {
	repository, _, err := inRepository(dir, file)
	if err != nil || repository == "" {
		return ""
	}
	dir, errDir := realDir(dir)
	file, errFile := realPath(file)
	name, err := filepath.Rel(dir, file)
	name = filepath.ToSlash(name)
	if errors.Join(errDir, errFile, err) != nil || !strings.HasPrefix(name, above) || !headerForm.MatchString(name) {
		return ""
	}
	return name
}

// outsideFiles are the kernel headers outside of a directory that its manifest names, as far as it can be read.
func outsideFiles(dir string) []string {
	d, err := Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = d.Close() }()
	_ = d.ReadManifest() // Load reports what is wrong with it
	var files []string
	for _, name := range d.Provider.Manifest.KernelHeaders() {
		if strings.HasPrefix(name, above) {
			files = append(files, d.Provider.Path(name))
		}
	}
	return files
}

// Repository is the git repository that a directory is in, "" if there is none.
func Repository(dir string) string {
	top, err := realDir(dir)
	if err != nil {
		return ""
	}
	for {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			return top
		}
		up := filepath.Dir(top)
		if up == top {
			return ""
		}
		top = up
	}
}

// inRepository returns the git repository that a directory is in, "" if there is none or it does not have the file, and the file's
// path in it.
func inRepository(dir, file string) (repository, inside string, err error) {
	if file, err = realPath(file); err != nil {
		return "", "", err
	}
	if repository = Repository(dir); repository == "" {
		return "", "", nil
	}
	inside, err = filepath.Rel(repository, file)
	if err != nil || !filepath.IsLocal(inside) {
		return "", "", err
	}
	return repository, inside, nil
}

// pathOf is the path of a file of a directory. Above a symbolic link is another directory than its own name says.
func pathOf(dir, name string) string {
	if strings.HasPrefix(name, above) {
		if info, err := os.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			if resolved, err := realDir(dir); err == nil {
				dir = resolved
			}
		}
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

// isIn reports whether a file is below a directory.
func isIn(dir, file string) bool {
	name, err := filepath.Rel(dir, file)
	return err == nil && filepath.IsLocal(name)
}

// realDir is the path of a directory without symbolic links.
func realDir(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", dir, err)
	}
	return filepath.EvalSymlinks(abs)
}

// realPath is a file's path without symbolic links before its last part.
func realPath(file string) (string, error) {
	dir, err := realDir(filepath.Dir(file))
	return filepath.Join(dir, filepath.Base(file)), err
}
