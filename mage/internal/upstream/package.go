// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// Package is a source RPM on this machine that has not been verified yet; [Package.Verify] does
// that.
type Package struct {
	path string // absolute
	sums SumStore
	lim  limits
}

// IsPackage reports whether a -source is a source RPM, by its first bytes or by a name that
// ends in ".rpm".
func IsPackage(source string) bool {
	info, err := os.Stat(source)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	if strings.HasSuffix(source, ".rpm") {
		return true
	}
	file, err := os.Open(source)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, len(unpack.RPMMagic))
	_, err = io.ReadFull(file, head)
	return err == nil && string(head) == unpack.RPMMagic
}

// OpenPackage opens the source RPM that the user has given. sums may be nil.
//
// Errors: *[GivenError].
func OpenPackage(source string, sums SumStore) (*Package, error) {
	path, err := filepath.Abs(source)
	if err != nil {
		return nil, &GivenError{Source: source, Reason: "has no absolute path", Err: err}
	}
	return &Package{path: path, sums: sums, lim: defaultLimits()}, nil
}

// PackageInfo holds the header fields of a source RPM.
type PackageInfo struct {
	Name, Version, Release string
	// Vendor and Distribution identify its distro; either may be empty.
	Vendor, Distribution string
}

// NVR is name-version-release, as in the package's file name.
func (i PackageInfo) NVR() string { return i.Name + "-" + i.Version + "-" + i.Release }

// ownerless reports whether the package names neither.
func (i PackageInfo) ownerless() bool { return i.Vendor == "" && i.Distribution == "" }

// SumName is the package's entry in the SumStore. It includes the distro, because distros use
// the same file name for different packages.
func (i PackageInfo) SumName() string {
	name := "srpm:" + i.NVR()
	if i.ownerless() {
		return name
	}
	name += "@" + sumName(i.Vendor)
	if i.Distribution != "" {
		name += ":" + sumName(i.Distribution)
	}
	return name
}

// VerifiedPackage is a source RPM that agrees with its own digests and with the recorded sum,
// if there is one.
type VerifiedPackage struct {
	// How is the reason to trust it: HowRecorded, HowFirstUse, or HowGiven for a package that
	// names no vendor and no distribution.
	How How
	// SHA256 is the file's sum as hex digits.
	SHA256 string
	// Info holds its header fields.
	Info PackageInfo
	// Spec is the name of its spec, Files those of all its files, sorted.
	Spec  string
	Files []string
	// Newest is the time of its newest file.
	Newest time.Time

	pkg *Package
}

// Path is the package's file.
func (v *VerifiedPackage) Path() string { return v.pkg.path }

// Verify reads the whole package: its header and payload must have the digests that the package
// records, it must be a source package with one spec, and contain only files without
// directories. Its SHA-256 must be the recorded one, if there is one. It is recorded by
// [VerifiedPackage.Record], not here.
//
// Errors: *[SumError], *[ArchiveError].
func (p *Package) Verify(ctx context.Context) (*VerifiedPackage, error) {
	v, err := walkPackage(ctx, p, func(unpack.CPIOEntry, io.Reader) error { return nil })
	if err != nil {
		return nil, err
	}
	v.How = HowFirstUse
	if v.Info.ownerless() {
		v.How = HowGiven
	}
	if p.sums == nil {
		return v, nil
	}
	name := v.Info.SumName()
	if want, ok := p.sums.Lookup(v.Info.Version, name); ok {
		v.How = HowRecorded
		if want != v.SHA256 {
			return nil, &SumError{
				Version: v.Info.Version, File: p.path, Got: v.SHA256,
				Want: []Candidate{{Origin: recordedPrefix + name, SHA256: want}},
				Line: fmt.Sprintf("%s %s sha256:%s", v.Info.Version, name, v.SHA256),
			}
		}
	}
	return v, nil
}

// Record records the sum at the first use. The caller first checks that the package contains an
// rdma-core.
func (v *VerifiedPackage) Record(ctx context.Context) error {
	if v.How != HowFirstUse || v.pkg.sums == nil {
		return nil
	}
	if err := v.pkg.sums.Record(ctx, v.Info.Version, v.Info.SumName(), v.SHA256); err != nil {
		return fmt.Errorf("record the sum of %s: %w", v.pkg.path, err)
	}
	return nil
}

// Unpack writes the package's files into the directory dir, which must not exist. On
// an error or a cancelled context nothing is left behind. Files get mode 0644 and the time
// recorded in the package.
//
// Errors: *[ArchiveError], *[SpaceError], *[SumError] when the file has changed
// since it was verified.
func (v *VerifiedPackage) Unpack(ctx context.Context, dir string) error {
	if v == nil || v.pkg == nil {
		return errors.New("source package: it has not been verified")
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("unpack a source package: %w", &fs.PathError{Op: "create", Path: dir, Err: fs.ErrExist})
	}
	around := filepath.Dir(dir)
	if err := os.MkdirAll(around, 0o755); err != nil {
		return writeError(around, err)
	}
	beside, err := os.MkdirTemp(around, ".rpm-unpack-*")
	if err != nil {
		return writeError(around, err)
	}
	defer func() { _ = os.RemoveAll(beside) }()
	if err := v.unpackInto(ctx, beside); err != nil {
		return err
	}
	if err := os.Chmod(beside, 0o755); err != nil {
		return err
	}
	return writeError(dir, os.Rename(beside, dir))
}

func (v *VerifiedPackage) unpackInto(ctx context.Context, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	now, err := walkPackage(ctx, v.pkg, func(e unpack.CPIOEntry, body io.Reader) error {
		if err := unpackEntry(root, e, body); err != nil {
			return writeError(filepath.Join(dir, e.Name), err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if now.SHA256 != v.SHA256 {
		return &SumError{
			Version: v.Info.Version, File: v.pkg.path, Got: now.SHA256,
			Want: []Candidate{{Origin: "the same file, when it was verified", SHA256: v.SHA256}},
		}
	}
	return nil
}

func unpackEntry(root *os.Root, e unpack.CPIOEntry, body io.Reader) error {
	file, err := root.OpenFile(e.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, body)
	if err := errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return unjoin(err)
	}
	when := time.Unix(e.MTime, 0)
	return root.Chtimes(e.Name, when, when)
}
