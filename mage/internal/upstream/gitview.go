// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// gitView creates our own git directory that exposes the refs and objects of a foreign one and
// has its own configuration. To look up a ref, git would otherwise read the foreign
// configuration, which may include any file, even a named pipe.
type gitView struct {
	given  string // the path that the user gave
	git    string // its git directory; for an additional work tree, one below the common directory
	common string
}

// openView finds the directories of a repository.
func openView(path string) (*gitView, error) {
	v := &gitView{given: path, git: gitDir(path)}
	if v.git == "" {
		return nil, v.fault("is not a git repository", nil)
	}
	var err error
	if info, statErr := os.Stat(v.git); statErr == nil && !info.IsDir() {
		if v.git, err = v.pointer(v.git, "gitdir: "); err != nil {
			return nil, err
		}
	}
	v.common = v.git
	if pointer := filepath.Join(v.git, "commondir"); exists(pointer) {
		if v.common, err = v.pointer(pointer, ""); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *gitView) fault(reason string, err error) error {
	return &GivenError{Source: v.given, Reason: reason, Err: err}
}

// pointer reads a file that names a directory, absolute or as seen from the file.
func (v *gitView) pointer(file, prefix string) (string, error) {
	text, err := v.read(file)
	if err != nil {
		return "", err
	}
	dir, ok := strings.CutPrefix(strings.TrimRight(string(text), "\r\n"), prefix)
	if !ok || dir == "" {
		return "", v.fault(fmt.Sprintf("has a %s that does not name a directory", file), nil)
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(file), dir)
	}
	return dir, nil
}

// read reads a small file of the repository.
func (v *gitView) read(file string) ([]byte, error) {
	const most = 16 << 20
	f, err := openRegular(file, most)
	if own, ok := errors.AsType[*ArchiveError](err); ok {
		return nil, v.fault(fmt.Sprintf("has a %s that %s", file, own.Reason), nil)
	}
	if err != nil {
		return nil, v.fault("cannot be read", err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// make creates the view in the directory dir, which must not exist.
func (v *gitView) make(dir string) error {
	if err := v.pipes(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o755); err != nil {
		return writeError(dir, err)
	}
	// git does not accept these as links to files, so they are copied.
	for _, name := range []string{"HEAD", "FETCH_HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"} {
		if err := v.copy(name, dir); err != nil {
			return err
		}
	}
	for name, from := range map[string]string{
		"objects": v.common, "refs": v.common, "packed-refs": v.common, "reftable": v.common, "shallow": v.common,
		"logs/refs": v.common, "logs/HEAD": v.git,
	} {
		if err := link(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	config, err := v.config()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "config")
	return writeError(file, os.WriteFile(file, []byte(config), 0o644))
}

func (v *gitView) copy(name, dir string) error {
	if !exists(filepath.Join(v.git, name)) {
		return nil
	}
	text, err := v.read(filepath.Join(v.git, name))
	if err != nil {
		return err
	}
	to := filepath.Join(dir, name)
	return writeError(to, os.WriteFile(to, text, 0o644))
}

// link exposes the repository's entry of that name, if there is one.
func link(from, to string) error {
	if !exists(from) {
		return nil
	}
	return writeError(to, os.Symlink(from, to))
}

// pipes refuses files that would block when they are opened, also through links.
func (v *gitView) pipes() error {
	const odd = fs.ModeNamedPipe | fs.ModeDevice | fs.ModeCharDevice | fs.ModeSocket
	look := func(path string) error {
		if info, err := os.Stat(path); err == nil && info.Mode()&odd != 0 {
			return v.fault(fmt.Sprintf("has a %s that is neither a file nor a directory (%s)", path, info.Mode().Type()), nil)
		}
		return nil // git says what it cannot read
	}
	for _, path := range []string{
		filepath.Join(v.common, "packed-refs"), filepath.Join(v.common, "shallow"), filepath.Join(v.git, "logs", "HEAD"),
		filepath.Join(v.common, "objects"),
	} {
		if err := look(path); err != nil {
			return err
		}
	}
	for _, top := range []string{"refs", "logs", "reftable", filepath.Join("objects", "info"), filepath.Join("objects", "pack")} {
		err := filepath.WalkDir(filepath.Join(v.common, top), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type()&(odd|fs.ModeSymlink) != 0 {
				return look(path)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var objectFormat = regexp.MustCompile(`(?im)^[ \t]*objectformat[ \t]*=[ \t]*"?sha256\b`)

// config is the view's configuration. From the repository's own it only takes the formats: of
// object ids and of the ref store.
func (v *gitView) config() (string, error) {
	format, extensions := 0, ""
	if file := filepath.Join(v.common, "config"); exists(file) {
		text, err := v.read(file)
		if err != nil {
			return "", err
		}
		if objectFormat.Match(text) {
			format, extensions = 1, extensions+"\tobjectFormat = sha256\n"
		}
	}
	if exists(filepath.Join(v.common, "reftable")) {
		format, extensions = 1, extensions+"\trefStorage = reftable\n"
	}
	text := fmt.Sprintf("[core]\n\trepositoryFormatVersion = %d\n\tbare = true\n", format)
	if extensions != "" {
		text += "[extensions]\n" + extensions
	}
	return text, nil
}
