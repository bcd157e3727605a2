// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/provider/skeleton"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

// Folder is the directory of a repository with its own files.
const Folder = "verbsmith"

// most bounds the size of a repository's file, in bytes.
const most = 4 << 20

// Skeleton is the directory with the templates of provider:new.
const Skeleton = "provider/skeleton"

// Kit is a file system with containers/, scripts/, specs/ and Skeleton.
type Kit struct {
	own  map[string]fs.FS  // verbsmith's directories, by name
	site map[string][]byte // the repository's files, by path
}

// FileError says that a repository's file below verbsmith/ is not used.
type FileError struct{ File, Want, Got string }

// Error names the file, what is wanted and what was found.
func (e *FileError) Error() string { return e.File + ": want " + e.Want + ", got " + e.Got }

// Open reads a repository's own files, if there are any; "" is no repository.
//
// Errors: *FileError, all at once; those of the file system.
func Open(repository string) (*Kit, error) {
	k := &Kit{site: map[string][]byte{}, own: map[string]fs.FS{
		"containers": containers.Files, "scripts": scripts.Files, "specs": specs.Files, Skeleton: skeleton.Files,
	}}
	if repository == "" {
		return k, nil
	}
	top := filepath.Join(repository, Folder)
	if _, err := os.Lstat(top); errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, fmt.Errorf("read %s/: %w", Folder, err)
	}
	defer root.Close()
	var errs []error
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && name != "." && isNobodys(path.Base(name)) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if err == nil && !d.IsDir() {
			errs = append(errs, k.take(root, name, d))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s/: %w", Folder, err)
	}
	return k, errors.Join(errs...)
}

// isNobodys says whether a name is that of an editor's or a system's file, or of a hidden directory.
func isNobodys(base string) bool { return strings.HasPrefix(base, ".") || strings.HasSuffix(base, "~") }

// take reads one of the repository's files.
func (k *Kit) take(root *os.Root, name string, d fs.DirEntry) error {
	shown := Folder + "/" + name
	info, err := d.Info()
	switch {
	case err != nil:
		return fmt.Errorf("read %s: %w", shown, err)
	case !info.Mode().IsRegular():
		return &FileError{shown, "a regular file", info.Mode().Type().String()}
	case info.Size() > most:
		return &FileError{shown, fmt.Sprintf("at most %d bytes", most), fmt.Sprint(info.Size())}
	case !k.replaces(name) && !isAddition(name):
		const want = "the path of one of verbsmith's files, or specs/distros/NAME.yaml, specs/suites/NAME.yaml, " +
			"specs/libibverbs/NAME.yaml, specs/releases/VERSION.yaml, locks/NAME.json"
		return &FileError{shown, want, "another name"}
	}
	k.site[name], err = root.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", shown, err)
	}
	return nil
}

// replaces says whether one of verbsmith's files that a vendor's run reads has this path. What verbsmith tests itself with is none.
func (k *Kit) replaces(name string) bool {
	if name == "specs/"+specs.StrangersFile || name == "specs/"+specs.TransplantsFile {
		return false
	}
	for top, own := range k.own {
		if rest, below := strings.CutPrefix(name, top+"/"); below {
			info, err := fs.Stat(own, rest)
			return err == nil && !info.IsDir()
		}
	}
	return false
}

func isAddition(name string) bool {
	dir, file := path.Split(name)
	if dir == locks {
		return path.Ext(file) == lockExt && file != lockExt
	}
	added := []string{"specs/distros/", "specs/suites/", "specs/libibverbs/", "specs/releases/"}
	return path.Ext(file) == ".yaml" && file != ".yaml" && slices.Contains(added, dir)
}

// The locks of toolchains, which only a repository can have.
const (
	locks   = "locks/"
	lockExt = ".json"
)

// LockFile is the path of a lock below the repository. name is that of a target's folder in dist/.
func LockFile(name string) string { return Folder + "/" + locks + name + lockExt }

// Lock is the lock of that name; ok says that there is one.
func (k *Kit) Lock(name string) (text []byte, ok bool) {
	text, ok = k.site[locks+name+lockExt]
	return text, ok
}

// With is the kit with one more file of the repository's.
func (k *Kit) With(name string, data []byte) *Kit {
	site := maps.Clone(k.site)
	site[name] = data
	return &Kit{own: k.own, site: site}
}

// Own lists the repository's files that are used, in order, as paths below the repository.
func (k *Kit) Own() []string {
	var list []string
	for name := range k.site {
		list = append(list, Folder+"/"+name)
	}
	slices.Sort(list)
	return list
}

// Dir is one of the kit's directories: containers, scripts, specs or Skeleton.
func (k *Kit) Dir(name string) fs.FS { return dir{kit: k, name: name} }
