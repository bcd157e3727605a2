// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// extract unpacks a tar stream, which may be hostile, into dir, which is created if it is missing. If top is not "",
// it is the name of the directory that has all entries, and is removed from their names. Nothing is written outside
// dir, nothing that exists is replaced, links may only lead to places in dir, owners are ignored. Everything is
// counted before it is written: beyond the budget it fails with a *LimitError.
func extract(r io.Reader, dir, top string, budget *outputBudget) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("extract: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("extract: %w", err)
	}
	defer func() { _ = root.Close() }()
	x := &extraction{root: root, top: top, budget: budget}
	reader := tar.NewReader(r)
	for first := true; ; first = false {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return x.finish()
		}
		if err != nil {
			return fmt.Errorf("tar stream: %w", err)
		}
		if first && top != "" && header.Name == "/" {
			x.top, x.rooted = "", true // Podman's archive of the top directory of a volume
		}
		if err := x.entry(header, reader); err != nil {
			return err
		}
	}
}

type extraction struct {
	root        *os.Root
	top         string
	rooted      bool // all entries have absolute names
	budget      *outputBudget
	directories []*tar.Header // their modes are set last: without write permission nothing could be created in one
}

// local returns the name of an entry below the root, or "." for the root itself.
func (x *extraction) local(name string) (string, error) {
	if x.rooted {
		name = strings.TrimPrefix(name, "/")
	}
	clean := path.Clean(name)
	if x.top != "" {
		rest, below := strings.CutPrefix(clean, x.top+"/")
		switch {
		case clean == x.top:
			rest = "."
		case !below:
			return "", &UnsafeEntryError{name, fmt.Sprintf("want a name below %q", x.top)}
		}
		clean = rest
	}
	if strings.Contains(name, "\x00") || !filepath.IsLocal(filepath.FromSlash(clean)) {
		return "", &UnsafeEntryError{name, "the name points outside the directory"}
	}
	return clean, nil
}

func (x *extraction) entry(h *tar.Header, content io.Reader) error {
	if err := x.small(h); err != nil {
		return err
	}
	name, err := x.local(h.Name)
	if err != nil {
		return err
	}
	if err := x.realParents(h.Name, name); err != nil {
		return err
	}
	if name == "." && h.Typeflag != tar.TypeDir {
		return &UnsafeEntryError{h.Name, "want a directory"}
	}
	switch h.Typeflag {
	case tar.TypeDir:
		err = x.directory(h, name)
	case tar.TypeReg:
		err = x.file(h, name, content)
	case tar.TypeSymlink:
		err = x.symlink(h, name)
	case tar.TypeLink:
		err = x.hardlink(h, name)
	default:
		return &UnsafeEntryError{h.Name, fmt.Sprintf("want a file, directory or link, got type %q", h.Typeflag)}
	}
	if unsafe := (*UnsafeEntryError)(nil); err != nil && !errors.As(err, &unsafe) {
		return fmt.Errorf("tar entry %.200q: %w", h.Name, err)
	}
	return err
}

// small refuses an entry that is larger than it looks. An engine sends a file with holes as the bytes that a reader
// sees, so a stream with a sparse file is not from an engine.
func (x *extraction) small(h *tar.Header) error {
	switch depth := strings.Count(h.Name, "/"); {
	case len(h.Name) > maxName || len(h.Linkname) > maxName:
		return &UnsafeEntryError{h.Name, fmt.Sprintf("want names of at most %d bytes", maxName)}
	case depth > maxDepth:
		return &UnsafeEntryError{h.Name, fmt.Sprintf("want at most %d parent directories, got %d", maxDepth, depth)}
	case isSparse(h):
		return &UnsafeEntryError{h.Name, "want a regular file, got a sparse one"}
	}
	return x.count(h.Name)
}

// count counts a file, link or directory before it is created.
func (x *extraction) count(shown string) error {
	if x.budget.entries--; x.budget.entries < 0 {
		return &UnsafeEntryError{shown, fmt.Sprintf("want at most %d files and directories", maxEntries)}
	}
	return nil
}

// isSparse reports whether a file is longer than its bytes in the stream.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// realParents refuses an entry below a link. os.Root would keep it inside, but then the place of a link in it could
// not be told from its name.
func (x *extraction) realParents(shown, name string) error {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		info, err := x.root.Lstat(dir)
		if err == nil && !info.IsDir() {
			return &UnsafeEntryError{shown, fmt.Sprintf("its parent %.200q is not a directory", dir)}
		}
		if err != nil {
			if err := x.count(shown); err != nil {
				return err
			}
		}
	}
	if err := x.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return fmt.Errorf("tar entry %.200q: %w", shown, err)
	}
	return nil
}

func (x *extraction) directory(h *tar.Header, name string) error {
	if name == "." {
		return nil // the mode of the caller's directory is kept
	}
	info, err := x.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = x.root.Mkdir(name, 0o755)
	case err == nil && !info.IsDir():
		err = fs.ErrExist
	}
	x.directories = append(x.directories, &tar.Header{Name: name, Mode: h.Mode})
	return err
}

func (x *extraction) file(h *tar.Header, name string, content io.Reader) error {
	if err := x.budget.take(h.Size); err != nil {
		return err
	}
	file, err := x.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make: %w", err)
	}
	_, err = io.Copy(file, io.LimitReader(content, h.Size))
	// Not h.FileInfo: setuid and setgid must not get onto the host.
	err = errors.Join(err, file.Chmod(fs.FileMode(h.Mode)&0o777), file.Close())
	if err != nil {
		return err
	}
	if err := x.root.Chtimes(name, h.ModTime, h.ModTime); err != nil {
		return fmt.Errorf("set the time: %w", err)
	}
	return nil
}

// symlink allows ".." only at the beginning of a target, and not above the root. From a real directory such a target
// cannot leave the root, whatever links it leads through.
func (x *extraction) symlink(h *tar.Header, name string) error {
	target := h.Linkname
	if target == "" || path.IsAbs(target) || strings.Contains(target, "\x00") {
		return &UnsafeEntryError{h.Name, fmt.Sprintf("want a relative link, got one to %.200q", target)}
	}
	rest := target
	for strings.HasPrefix(rest, "../") {
		rest = strings.TrimLeft(strings.TrimPrefix(rest, "../"), "/")
	}
	if rest == ".." {
		rest = "."
	}
	for part := range strings.SplitSeq(rest, "/") {
		if part == ".." {
			return &UnsafeEntryError{h.Name, fmt.Sprintf("want \"..\" only at the beginning of a link, got %.200q", target)}
		}
	}
	// Lexical on purpose: the parents of name are real directories.
	if !filepath.IsLocal(filepath.FromSlash(path.Dir(name) + "/" + target)) {
		return &UnsafeEntryError{h.Name, fmt.Sprintf("the link to %.200q points outside the directory", target)}
	}
	if err := x.root.Symlink(target, name); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

func (x *extraction) hardlink(h *tar.Header, name string) error {
	target, err := x.local(strings.TrimPrefix(h.Linkname, "/"))
	if err != nil {
		return &UnsafeEntryError{h.Name, fmt.Sprintf("hard link to %.200q, which is not in the directory", h.Linkname)}
	}
	if err := x.realParents(h.Name, target); err != nil {
		return err
	}
	info, err := x.root.Lstat(target)
	if err != nil || !info.Mode().IsRegular() {
		return &UnsafeEntryError{h.Name, fmt.Sprintf("want a hard link to an earlier file, got %.200q", h.Linkname)}
	}
	if err := x.root.Link(target, name); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	return nil
}

// finish sets the modes of directories. Their owner keeps all permissions, so that they can be removed.
func (x *extraction) finish() error {
	for _, h := range x.directories {
		if err := x.root.Chmod(h.Name, fs.FileMode(h.Mode)&0o777|0o700); err != nil {
			return fmt.Errorf("tar entry %.200q: %w", h.Name, err)
		}
	}
	return nil
}

// onlyFile returns the content of a tar stream's first entry, which must be a regular file of at most limit bytes.
func onlyFile(r io.Reader, limit int64) ([]byte, error) {
	reader := tar.NewReader(r)
	h, err := reader.Next()
	if err != nil {
		return nil, fmt.Errorf("tar stream: %w", err)
	}
	if h.Typeflag != tar.TypeReg {
		return nil, &UnsafeEntryError{h.Name, "want a regular file"}
	}
	if isSparse(h) {
		return nil, &UnsafeEntryError{h.Name, "want a regular file, got a sparse one"}
	}
	if h.Size > limit {
		return nil, &UnsafeEntryError{h.Name, fmt.Sprintf("want at most %d bytes, got %d", limit, h.Size)}
	}
	data, err := io.ReadAll(io.LimitReader(reader, h.Size))
	if err != nil {
		return nil, fmt.Errorf("tar entry %.200q: %w", h.Name, err)
	}
	return data, nil
}
