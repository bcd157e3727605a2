// SPDX-License-Identifier: Apache-2.0

package pkgrepo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The files of apt's repositories.
const (
	InRelease    = "InRelease"
	ReleaseFile  = "Release"
	PackagesFile = "Packages"
)

// ReleaseSums are the SHA-256 sums of a Release file by the paths next to it.
func ReleaseSums(text []byte) map[string]string {
	all, in := map[string]string{}, false
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, " ") {
			in = strings.HasPrefix(line, "SHA256:")
			continue
		}
		const sumSizeName = 3
		if words := strings.Fields(line); in && len(words) == sumSizeName {
			all[words[2]] = words[0]
		}
	}
	return all
}

var errNoFilename = errors.New("want a Filename in each paragraph")

// ReadPackages reads apt's list of packages, which is not compressed any more, and calls each for every one. Paths are below the directory
// that apt has as the URI.
func ReadPackages(r io.Reader, each func(Package)) error {
	const longest = 1 << 20
	fields := map[string]string{}
	end := func() error {
		if len(fields) == 0 {
			return nil
		}
		p, err := aptPackage(fields)
		if err == nil {
			each(p)
		}
		clear(fields)
		return err
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longest)
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			if err := end(); err != nil {
				return err
			}
		}
		if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return errors.Join(lines.Err(), end())
}

// aptPackage is a paragraph of apt's list.
func aptPackage(fields map[string]string) (Package, error) {
	p := Package{
		Name: fields["Package"], Version: fields["Version"], Arch: fields["Architecture"],
		Path: strings.TrimPrefix(fields["Filename"], "./"), SHA256: fields["SHA256"],
	}
	if p.Path == "" {
		return p, errNoFilename
	}
	p.Source = DebianSource(p.Name, p.Version, fields["Source"])
	var err error
	if size := fields["Size"]; size != "" {
		if p.Size, err = strconv.ParseInt(size, 10, 64); err != nil {
			err = fmt.Errorf("size of %s: %w", p.Name, err)
		}
	}
	p.Installed = InstalledSize(fields["Installed-Size"])
	return p, err
}

// InstalledSize is the value of that field of a Debian package in bytes; the field has KiB. 0: it is no number.
func InstalledSize(field string) int64 {
	const most = 1 << 40
	kib, err := strconv.ParseInt(field, 10, 64)
	if err != nil || kib < 0 || kib > most {
		return 0
	}
	return kib << 10
}

// DebianSource is the source package, NAME_VERSION, of a package with a field Source, which is "", NAME or NAME (VERSION).
func DebianSource(name, version, field string) string {
	source, other, ok := strings.Cut(field, " (")
	if source != "" {
		name = source
	}
	if ok {
		version = strings.TrimSuffix(other, ")")
	}
	return name + "_" + version
}
