// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// AddTar adds the files of a tar stream, such as an image's.
//
// Errors: that of ctx; *LimitError; a damaged stream.
func (f *Files) AddTar(ctx context.Context, r io.Reader) error {
	for reader := tar.NewReader(r); ; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read a tar stream: %w", err)
		}
		h, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a tar stream: %w", err)
		}
		if err := f.tarEntry(h, reader); err != nil {
			return fmt.Errorf("tar entry %.200q: %w", h.Name, err)
		}
	}
}

func (f *Files) tarEntry(h *tar.Header, content io.Reader) error {
	name, err := local(h.Name)
	if err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return f.addDirectory(name)
	case tar.TypeSymlink:
		return f.addLink(name, h.Linkname)
	case tar.TypeReg:
		return f.addFile([]string{name}, content)
	case tar.TypeLink:
		target, err := local(h.Linkname)
		if err != nil {
			return err
		}
		if n := f.nodes[target]; n != nil && n.mode.IsRegular() {
			return f.put(name, n)
		}
		return nil // of a file that is not kept
	default:
		return nil // devices and pipes
	}
}

func (f *Files) addDirectory(name string) error {
	if !wantedDir(name) {
		return nil // it is made if something in it is kept
	}
	return f.put(name, &node{mode: fs.ModeDir})
}

func (f *Files) addLink(name, target string) error {
	if len(target) > maxName {
		return &LimitError{"bytes in a link", maxName}
	}
	return f.put(name, &node{mode: fs.ModeSymlink, link: target})
}

// addFile adds a file under all of its names, if one of them is wanted.
func (f *Files) addFile(names []string, content io.Reader) error {
	keep, isELF := false, true
	for _, name := range names {
		k, e := wanted(name)
		keep = keep || k
		isELF = isELF && (e || !k)
	}
	if !keep {
		return nil
	}
	n, err := f.content(content, isELF)
	if err != nil || n == nil {
		return err
	}
	for _, name := range names {
		if err := f.put(name, n); err != nil {
			return err
		}
	}
	return nil
}
