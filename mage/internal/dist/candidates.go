// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
	"github.com/resnics/verbsmith/specs"
)

// packaging is a kind of packages, as far as Against distinguishes them.
type packaging struct {
	what, other string // in words: these packages, and the other kind
	is, isOther func(file string) bool
	head        func(file string) (pkgrepo.Package, error) // what a list of packages says of one
	read        func(ctx context.Context, file string) (contents, error)
	newer       func(a, b string) bool
	debug       func(name string) bool
}

// rpms are RPMs.
func rpms() packaging {
	return packaging{
		what: "RPMs", other: "Debian packages", is: pkgfile.IsRPM, isOther: pkgfile.IsDeb, debug: pkgfile.IsDebugRPM,
		newer: func(a, b string) bool { return pkgfile.CompareEVR(a, b) > 0 },
		head: func(file string) (pkgrepo.Package, error) {
			p, err := pkgfile.ReadRPM(file)
			return headOf(p), err
		},
		read: func(ctx context.Context, file string) (contents, error) {
			p, err := pkgfile.ReadRPM(file)
			c := contentsOf(p)
			if err == nil && !pkgfile.IsDebugRPM(p.Name) {
				var libraries []pkgfile.Library
				libraries, err = pkgfile.RPMLibraries(ctx, p, file)
				c.symbols = symbols(libraries)
			}
			return c, err
		},
	}
}

// debs are Debian packages.
func debs() packaging {
	return packaging{
		what: "Debian packages", other: "RPMs", is: pkgfile.IsDeb, isOther: pkgfile.IsRPM, debug: pkgfile.IsDebugDeb,
		newer: func(a, b string) bool { return pkgfile.CompareDebian(a, b) > 0 },
		head: func(file string) (pkgrepo.Package, error) {
			d, err := pkgfile.ReadDebControl(file)
			return headOfDeb(d), err
		},
		read: func(ctx context.Context, file string) (contents, error) {
			d, err := pkgfile.ReadDeb(ctx, file)
			return contentsOfDeb(d), err
		},
	}
}

// headOfDeb is what a list of packages says of a Debian package.
func headOfDeb(d pkgfile.Deb) pkgrepo.Package {
	return pkgrepo.Package{
		Name: d.Name, Version: d.Version, Arch: d.Arch, Source: pkgrepo.DebianSource(d.Name, d.Version, d.Source), Size: d.Size,
		Installed: pkgrepo.InstalledSize(d.InstalledSize),
	}
}

// headOf is what a list of packages says of an RPM.
func headOf(p pkgfile.RPM) pkgrepo.Package {
	epoch := p.Epoch
	if epoch == "" {
		epoch = "0"
	}
	return pkgrepo.Package{
		Name: p.Name, Version: epoch + ":" + p.Version + "-" + p.Release, Arch: p.Arch, Source: p.From, Size: p.Size,
		Installed: p.Installed,
	}
}

// candidates are packages that others may be compared with, and how one becomes a file, which done gives back.
type candidates struct {
	list []pkgrepo.Package
	get  func(ctx context.Context, p pkgrepo.Package) (file string, done func(), err error)
}

var (
	errTooMany  = errors.New("too large")
	errEmpty    = errors.New("it has no packages")
	errKind     = errors.New("another kind of packages")
	errUnshared = errors.New("it has none of the packages of this build")
)

// Bounds of what is read of a directory.
const (
	mostPackages = 4096
	mostEntries  = 1 << 20
)

// inDirectory finds the packages below a directory. No link to a directory is followed, but that of its own name.
func (k packaging) inDirectory(ctx context.Context, dir string) (candidates, error) {
	found := candidates{get: func(_ context.Context, p pkgrepo.Package) (string, func(), error) {
		return p.Path, func() {}, nil
	}}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return found, err
	}
	others, entries := 0, 0
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if entries++; err == nil && entries > mostEntries {
			err = fmt.Errorf("%w: more than %d files", errTooMany, mostEntries)
		}
		if err = errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
			return err
		}
		switch name := filepath.ToSlash(file); {
		case k.isOther(name):
			others++
			return nil
		case !k.is(name):
			return nil
		case len(found.list) >= mostPackages:
			return fmt.Errorf("%w: more than %d packages", errTooMany, mostPackages)
		}
		p, err := k.headOfFile(file)
		found.list = append(found.list, p)
		return err
	})
	switch {
	case err != nil:
	case len(found.list) == 0 && others > 0:
		err = fmt.Errorf("%w: want %s, it has %s", errKind, k.what, k.other)
	case len(found.list) == 0:
		err = fmt.Errorf("%w: want %s", errEmpty, k.what)
	}
	return found, err
}

// headOfFile reads a package, whose path is that of the file.
func (k packaging) headOfFile(file string) (pkgrepo.Package, error) {
	info, err := os.Stat(file) // a link to a package is one
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("read package %s: want a regular file, got one of mode %s", file, info.Mode()) //nolint:err113 // for people
	}
	if err != nil {
		return pkgrepo.Package{}, err
	}
	p, err := k.head(file)
	p.Path = file
	return p, err
}

// inRepository finds the packages of the list of a repository that have a name or a source of these. Each is in scratch while it is read.
func (k packaging) inRepository(ctx context.Context, url, scratch string, m artifact.Manifest, mine []contents) (candidates, error) {
	sources := map[string]bool{}
	for _, c := range mine {
		sources[sourceName(c.head.Source)] = true
	}
	wanted := func(p pkgrepo.Package) bool {
		named := slices.ContainsFunc(mine, func(c contents) bool { return c.head.Name == p.Name })
		return suits(p, mine) && (named || sources[sourceName(p.Source)])
	}
	client := pkgrepo.NewClient()
	var r *pkgrepo.Repository
	var err error
	if m.Suite != "" {
		r, err = client.Apt(ctx, url, m.Suite, debianArch(m), scratch, wanted)
	} else {
		r, err = client.Dnf(ctx, url, scratch, wanted)
	}
	if err != nil {
		return candidates{}, err
	}
	n := 0
	return candidates{list: r.Packages, get: func(ctx context.Context, p pkgrepo.Package) (string, func(), error) {
		n++
		file := filepath.Join(scratch, strconv.Itoa(n)) // names of others are no paths here
		return file, func() { _ = os.Remove(file) }, r.Fetch(ctx, p, file)
	}}, nil
}

// sourceName is the name of a source package: of NAME-VERSION-RELEASE.src.rpm or NAME_VERSION.
func sourceName(source string) string {
	if name, _, ok := strings.Cut(source, "_"); ok && !strings.HasSuffix(source, ".src.rpm") {
		return name
	}
	for range 2 {
		if at := strings.LastIndexByte(source, '-'); at >= 0 {
			source = source[:at]
		}
	}
	return source
}

// suits says whether a package is for the architecture of these.
func suits(p pkgrepo.Package, mine []contents) bool {
	return p.Arch == "noarch" || p.Arch == "all" || slices.ContainsFunc(mine, func(c contents) bool { return c.head.Arch == p.Arch })
}

// debianArch is the architecture of a build's packages.
func debianArch(m artifact.Manifest) string {
	return cmp.Or(specs.Processor(m.Processor), specs.X8664).Debian()
}

// choose takes the newest package of each name that is in this build, and those that are not any more: the others that were made with them.
func (k packaging) choose(list []pkgrepo.Package, mine []contents) (before, gone map[string]pkgrepo.Package) {
	named := map[string]bool{}
	for _, c := range mine {
		named[c.head.Name] = true
	}
	before, gone = map[string]pkgrepo.Package{}, map[string]pkgrepo.Package{}
	for _, p := range list {
		if other, ok := before[p.Name]; named[p.Name] && suits(p, mine) && (!ok || k.newer(p.Version, other.Version)) {
			before[p.Name] = p
		}
	}
	sources := map[string]bool{}
	for _, p := range before {
		sources[p.Source] = true
	}
	for _, p := range list {
		if !named[p.Name] && sources[p.Source] && suits(p, mine) {
			gone[p.Name] = p
		}
	}
	return before, gone
}
