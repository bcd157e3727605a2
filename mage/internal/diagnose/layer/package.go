// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Package is what a package file says of itself.
type Package struct {
	Name string
	Arch string // as Go has it, "" for any or an unknown one
}

// maxPayload is how many bytes of a package's payload are read: a bomb ends there.
const maxPayload = 16 << 30

// AddPackage adds the payload of an RPM or a Debian package, as an installation would. No scriptlet is run.
//
// Errors: that of ctx; *LimitError; of a file that is no such package.
func (f *Files) AddPackage(ctx context.Context, file string) (Package, error) {
	p, err := f.addPackage(ctx, file)
	if err != nil {
		return p, fmt.Errorf("read package %s: %w", file, err)
	}
	return p, nil
}

var (
	errNoPackage = errors.New("neither an RPM nor a Debian package")
	errIrregular = errors.New("not a regular file")
)

func (f *Files) addPackage(ctx context.Context, file string) (Package, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Package{}, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait
		return Package{}, errIrregular
	}
	opened, err := os.Open(file)
	if err != nil {
		return Package{}, err
	}
	defer opened.Close()
	const buffer = 64 << 10
	r := bufio.NewReaderSize(&reader{ctx, opened}, buffer)
	head, _ := r.Peek(len(debMagic))
	switch {
	case string(head) == debMagic:
		return f.addDeb(ctx, r)
	case strings.HasPrefix(string(head), rpmMagic):
		return f.addRPM(r)
	default:
		return Package{}, errNoPackage
	}
}

// reader ends with its context.
type reader struct {
	ctx context.Context //nolint:containedctx // lives as long as one package is read
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// bounded fails behind maxPayload.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, &LimitError{"bytes of a payload", maxPayload}
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// PackageFiles are the package files that paths name: files, and in directories all that can be installed and is not for debuggers.
//
// Errors: of a path; a directory without packages.
func PackageFiles(paths []string) ([]string, error) {
	var all []string
	for _, given := range paths {
		info, err := os.Stat(given)
		if err != nil {
			return nil, fmt.Errorf("look for packages: %w", err)
		}
		if !info.IsDir() {
			all = append(all, given)
			continue
		}
		before := len(all)
		err = filepath.WalkDir(given, func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && installable(d.Name()) {
				all = append(all, file)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look for packages: %w", err)
		}
		if len(all) == before {
			return nil, fmt.Errorf("look for packages: %s has none (.rpm, .deb)", given) //nolint:err113 // for people
		}
	}
	return all, nil
}

// installable tells packages for a machine by their file name.
func installable(name string) bool {
	switch filepath.Ext(name) {
	case ".rpm":
		return !strings.HasSuffix(name, ".src.rpm") && !strings.Contains(name, "-debuginfo-") && !strings.Contains(name, "-debugsource-")
	case ".deb":
		pkg, _, _ := strings.Cut(name, "_")
		return !strings.HasSuffix(pkg, "-dbgsym") && !strings.HasSuffix(pkg, "-dbg")
	default:
		return false
	}
}
