// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

// PackageView is one package as inspect shows it.
type PackageView struct {
	pkgfile.RPM
	Added   map[string]bool // files that the stock build's package does not have
	Missing []string        // files that only the stock build's package has
}

// Inspection is what the packages of an output directory contain.
type Inspection struct {
	Packages []PackageView
	Owners   map[string]string // file of the provider -> NEVRA of its package
	Stock    string            // directory that was compared with; empty: by name only
}

// Inspect reads the RPMs of dist and compares their file lists with the
// stock build's, if stock is one; otherwise files with the provider's name
// count as added.
func Inspect(dist artifact.Dist, stock *artifact.Dist, provider string) (Inspection, error) {
	return inspect(dist, stock, provider, readPackages)
}

// InspectDebs is Inspect for Debian packages.
func InspectDebs(ctx context.Context, dist artifact.Dist, stock *artifact.Dist, provider string) (Inspection, error) {
	return inspect(dist, stock, provider, func(dist artifact.Dist) ([]pkgfile.RPM, error) { return readDebs(ctx, dist) })
}

func inspect(
	dist artifact.Dist, stock *artifact.Dist, provider string, read func(artifact.Dist) ([]pkgfile.RPM, error),
) (Inspection, error) {
	out := Inspection{Owners: map[string]string{}}
	mine, err := read(dist)
	if err != nil {
		return out, err
	}
	var theirs map[string]map[string]bool
	if stock != nil {
		out.Stock = stock.Dir
		others, err := read(*stock)
		if err != nil {
			return out, err
		}
		theirs = filesOf(others)
	}
	for _, info := range mine {
		view := PackageView{RPM: info, Added: map[string]bool{}}
		for _, f := range info.Files {
			ours := ofProvider(f.Path, provider)
			if ours && !pkgfile.IsDebugRPM(info.Name) && !pkgfile.IsDebugDeb(info.Name) {
				out.Owners[f.Path] = info.NEVRA
			}
			if theirs != nil && !theirs[info.Name][f.Path] || theirs == nil && ours {
				view.Added[f.Path] = true
			}
		}
		view.Missing = onlyIn(theirs[info.Name], info.Files)
		out.Packages = append(out.Packages, view)
	}
	return out, nil
}

// readDebs reads Debian packages as far as an RPM's header has the same.
func readDebs(ctx context.Context, dist artifact.Dist) ([]pkgfile.RPM, error) {
	var all []pkgfile.RPM
	for _, f := range dist.Manifest.Files {
		if !pkgfile.IsDeb(f.Path) {
			continue
		}
		d, err := pkgfile.ReadDeb(ctx, filepath.Join(dist.Dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, err
		}
		all = append(all, pkgfile.RPM{
			Name: d.Name, Version: d.Version, Arch: d.Arch, NEVRA: title(headOfDeb(d)), Files: d.Files, Size: d.Size,
		})
	}
	return all, nil
}

func readPackages(dist artifact.Dist) ([]pkgfile.RPM, error) {
	var infos []pkgfile.RPM
	for _, f := range dist.Manifest.Files {
		if !pkgfile.IsRPM(f.Path) {
			continue
		}
		info, err := pkgfile.ReadRPM(filepath.Join(dist.Dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, nil
}

func fileSets(dist artifact.Dist) (map[string]map[string]bool, error) {
	infos, err := readPackages(dist)
	if err != nil {
		return nil, err
	}
	return filesOf(infos), nil
}

func filesOf(infos []pkgfile.RPM) map[string]map[string]bool {
	sets := map[string]map[string]bool{}
	for _, info := range infos {
		set := map[string]bool{}
		for _, f := range info.Files {
			set[f.Path] = true
		}
		sets[info.Name] = set
	}
	return sets
}

func onlyIn(set map[string]bool, files []pkgfile.File) []string {
	have := map[string]bool{}
	for _, f := range files {
		have[f.Path] = true
	}
	var only []string
	for path := range set {
		if !have[path] && !strings.Contains(path, buildID) {
			only = append(only, path)
		}
	}
	slices.Sort(only)
	return only
}

// OwnedFiles lists the provider's files in order.
func (i Inspection) OwnedFiles() []string { return slices.Sorted(maps.Keys(i.Owners)) }

// Difference lists the files that only the package has and those that only the stock
// one has, without build-id links, which name the bytes of a binary.
func (v PackageView) Difference() (added, missing []string) {
	for path := range v.Added {
		if !strings.Contains(path, buildID) {
			added = append(added, path)
		}
	}
	slices.Sort(added)
	return added, v.Missing
}

const buildID = "/.build-id"

// ofProvider says whether a file's name marks it as the provider's.
func ofProvider(path, provider string) bool {
	if provider == "" {
		return false
	}
	base := filepath.Base(path)
	return base == provider+".driver" || strings.HasPrefix(base, "lib"+provider+"-rdmav") ||
		strings.HasPrefix(base, "lib"+provider+".so") || strings.Contains(path, "/providers/"+provider+"/")
}

// SameBytes compares the digests in the manifests of two builds: of all files but logs.
func SameBytes(first, second artifact.Manifest) error {
	one, two := sums(first), sums(second)
	all := maps.Clone(one)
	maps.Copy(all, two)
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if one[path] != two[path] {
			errs = append(errs, fmt.Errorf("%s: the first build has the SHA-256 %q, the second %q", path, one[path], two[path]))
		}
	}
	return errors.Join(errs...)
}

// sums are the digests of a build's files, without those of its logs.
func sums(m artifact.Manifest) map[string]string {
	all := map[string]string{}
	for _, f := range m.Files {
		if !strings.HasPrefix(f.Path, "logs/") {
			all[f.Path] = f.SHA256
		}
	}
	return all
}

// SameFiles compares the packages of two outputs by name and file list. The
// error names each package that only one has, and each file.
func SameFiles(a, b artifact.Dist) error {
	inA, err := fileSets(a)
	if err != nil {
		return err
	}
	inB, err := fileSets(b)
	if err != nil {
		return err
	}
	names := maps.Clone(inA)
	maps.Copy(names, inB)
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for path := range inA[name] {
			if !inB[name][path] {
				errs = append(errs, fmt.Errorf("%s: %q is in %s only", name, path, a.Dir))
			}
		}
		for path := range inB[name] {
			if !inA[name][path] {
				errs = append(errs, fmt.Errorf("%s: %q is in %s only", name, path, b.Dir))
			}
		}
	}
	if len(inA) != len(inB) {
		errs = append(errs, fmt.Errorf("%d packages in %s, %d in %s", len(inA), a.Dir, len(inB), b.Dir))
	}
	return errors.Join(errs...)
}
