// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// Deb is what a binary Debian package says of itself, and its files.
type Deb struct {
	Name, Version, Arch string
	Source              string            // the field: "", NAME or NAME (VERSION)
	Provides, Depends   []string          // Depends has those of Pre-Depends too
	Size                int64             // of the package file, bytes
	InstalledSize       string            // the field, in KiB
	Scripts             map[string]string // of the maintainer, and triggers
	Files               []File            // without directories
	Libraries           []Library
}

// Bounds of a package that is read.
const (
	mostControl = 4 << 20  // bytes of a file of control.tar
	mostPayload = 16 << 30 // of all files
	mostFiles   = 1 << 19
	mostName    = 4 << 10 // bytes of a path or of a link
)

var (
	errNoControl = errors.New("it has no control file with Package, Version and Architecture")
	errLarge     = errors.New("it has more files, or more bytes, than are read of a package")
)

// ReadDebControl reads what a package says of itself. Its files are not read.
func ReadDebControl(file string) (Deb, error) {
	return readDeb(file, func(*Deb, io.Reader) error { return fs.SkipAll })
}

// ReadDeb reads a package, with its files and its libraries.
func ReadDeb(ctx context.Context, file string) (Deb, error) {
	d, err := readDeb(file, func(d *Deb, data io.Reader) error { return d.readData(ctx, data) })
	slices.SortFunc(d.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(d.Libraries, func(a, b Library) int { return strings.Compare(a.Soname, b.Soname) })
	return d, err
}

func readDeb(file string, data func(*Deb, io.Reader) error) (Deb, error) {
	d := Deb{Scripts: map[string]string{}}
	f, err := os.Open(file)
	if err != nil {
		return d, fmt.Errorf("read package %s: %w", file, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		d.Size = info.Size()
		err = unpack.Deb(bufio.NewReader(f), d.readControl, func(plain io.Reader) error { return data(&d, plain) })
	}
	if err == nil && (d.Name == "" || d.Version == "" || d.Arch == "") {
		err = errNoControl
	}
	if err != nil {
		return d, fmt.Errorf("read package %s: %w", file, err)
	}
	return d, nil
}

// entries calls each for all entries of a tar archive.
func entries(plain io.Reader, each func(h *tar.Header, content io.Reader) error) error {
	bound := &io.LimitedReader{R: plain, N: mostPayload}
	archive := tar.NewReader(bound)
	for range mostFiles {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) && bound.N > 0 {
			return nil
		}
		if err == nil && len(h.Name)+len(h.Linkname) > mostName {
			err = errLarge
		}
		if err == nil {
			err = each(h, archive)
		}
		if err != nil {
			return err
		}
	}
	return errLarge
}

// readControl reads control.tar.
func (d *Deb) readControl(plain io.Reader) error {
	scripts := []string{"preinst", "postinst", "prerm", "postrm", "config", "triggers"}
	return entries(plain, func(h *tar.Header, content io.Reader) error {
		name := path.Clean(h.Name)
		if h.Typeflag != tar.TypeReg || name != "control" && !slices.Contains(scripts, name) {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(content, mostControl+1))
		if err == nil && len(text) > mostControl {
			err = errLarge
		}
		if err != nil {
			return err
		}
		if name == "control" {
			d.takeFields(controlFields(string(text)))
		} else {
			d.Scripts[name] = string(text)
		}
		return nil
	})
}

// controlFields are the fields of a paragraph, each in one line.
func controlFields(text string) map[string]string {
	fields, last := map[string]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			fields[last] += line
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		last = name
		fields[name] = strings.TrimSpace(value)
	}
	return fields
}

func (d *Deb) takeFields(fields map[string]string) {
	d.Name, d.Version, d.Arch, d.Source = fields["Package"], fields["Version"], fields["Architecture"], fields["Source"]
	d.InstalledSize = fields["Installed-Size"]
	d.Provides = relations(fields["Provides"])
	d.Depends = append(relations(fields["Pre-Depends"]), relations(fields["Depends"])...)
	slices.Sort(d.Depends)
}

// relations are the entries of a field with dependencies.
func relations(field string) []string {
	var all []string
	for entry := range strings.SplitSeq(field, ",") {
		if entry = strings.Join(strings.Fields(entry), " "); entry != "" {
			all = append(all, entry)
		}
	}
	slices.Sort(all)
	return all
}

// readData reads data.tar.
func (d *Deb) readData(ctx context.Context, plain io.Reader) error {
	return entries(plain, func(h *tar.Header, content io.Reader) error {
		name := path.Clean("/" + h.Name)
		switch h.Typeflag {
		case tar.TypeDir:
		case tar.TypeSymlink:
			d.Files = append(d.Files, File{Path: name, Link: h.Linkname})
		default:
			d.Files = append(d.Files, File{Path: name})
		}
		if h.Typeflag == tar.TypeReg && isLibrary(name) {
			lib, err := readLibrary(content)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if lib.Soname != "" {
				d.Libraries = append(d.Libraries, lib)
			}
		}
		return ctx.Err()
	})
}

// CompareDebian orders two versions of a Debian package, [EPOCH:]VERSION[-REVISION], as dpkg does: it returns a negative number if a is
// older than b.
func CompareDebian(a, b string) int {
	part := func(v string) [3]string {
		epoch, rest, ok := strings.Cut(v, ":")
		if !ok {
			epoch, rest = "0", v
		}
		if at := strings.LastIndexByte(rest, '-'); at >= 0 {
			return [3]string{epoch, rest[:at], rest[at+1:]}
		}
		return [3]string{epoch, rest, "0"}
	}
	partsA, partsB := part(a), part(b)
	for i := range partsA {
		if c := compareDebianPart(partsA[i], partsB[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareDebianPart compares by turns what is no number, and numbers (deb-version(7)).
func compareDebianPart(a, b string) int {
	for a != "" || b != "" {
		i := 0
		for ; i < len(a) && !isDigit(a, i) || i < len(b) && !isDigit(b, i); i++ {
			if c := debianRank(a, i) - debianRank(b, i); c != 0 {
				return c
			}
		}
		var x, y string
		x, a = leadingNumber(a[min(i, len(a)):])
		y, b = leadingNumber(b[min(i, len(b)):])
		if c := len(x) - len(y); c != 0 {
			return c
		}
		if c := strings.Compare(x, y); c != 0 {
			return c
		}
	}
	return 0
}

func isDigit(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

// debianRank orders a character: ~ before the end, and letters before all others.
func debianRank(s string, i int) int {
	switch {
	case i < len(s) && s[i] == '~':
		return -1
	case i >= len(s) || isDigit(s, i):
		return 0
	case s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z':
		return int(s[i])
	}
	return int(s[i]) + 256
}

// leadingNumber cuts a number, without zeros in front, off a text.
func leadingNumber(s string) (number, rest string) {
	end := 0
	for isDigit(s, end) {
		end++
	}
	return strings.TrimLeft(s[:end], "0"), s[end:]
}
