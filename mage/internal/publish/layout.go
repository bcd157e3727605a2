// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/signing"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// draft is the next state of a released directory, beside the present one: nobody sees half of it.
type draft struct {
	dir  string
	into string // the directory that it replaces

	placed map[string]string // the digests that packages had before they were signed, by their paths
}

var errNotEmpty = errors.New("want an empty directory, or one that release has made, got another")

// emptyOrMissing refuses a directory that has something.
func emptyOrMissing(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err == nil {
		err = errNotEmpty
	}
	return fmt.Errorf("%s: %w", dir, err)
}

// newDraft begins a draft with all that the directory has, whose files are the same ones. What is made anew each time is left out.
func newDraft(into string) (*draft, error) {
	if err := os.MkdirAll(filepath.Dir(into), 0o755); err != nil {
		return nil, fmt.Errorf("create the directory of the release: %w", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(into), "."+filepath.Base(into)+".new-")
	if err != nil {
		return nil, fmt.Errorf("create a directory beside the release: %w", err)
	}
	d := &draft{dir: dir, into: into}
	if err := errors.Join(os.Chmod(dir, 0o755), d.copyOld()); err != nil {
		d.discard()
		return nil, fmt.Errorf("begin the next state of the release: %w", err)
	}
	return d, nil
}

// discard removes a draft that was not published, or what was published before.
func (d *draft) discard() { _ = os.RemoveAll(d.dir) }

func (d *draft) copyOld() error {
	err := filepath.WalkDir(d.into, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(d.into, file)
		if err != nil || e.IsDir() || isMade(filepath.ToSlash(name)) {
			return err
		}
		to := filepath.Join(d.dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.Link(file, to); err == nil { //nolint:gosec // nobody else writes there
			return nil
		}
		return copyFile(file, to)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// isMade says whether a file follows from the others: it is made anew.
func isMade(name string) bool {
	top := slices.Contains([]string{IndexFile, SumsFile, SignedSums, KeyFile, KeyPEMFile, PageFile}, name)
	metadata := strings.Contains(name, "/"+repodata+"/") || strings.HasPrefix(name, debFolder+"/dists/")
	client := strings.HasPrefix(name, rpmFolder+"/") && strings.HasSuffix(name, ".repo") ||
		strings.HasPrefix(name, debFolder+"/") && strings.HasSuffix(name, ".sources")
	return top || metadata || client
}

// write writes a file of a draft.
func (d *draft) write(name string, data []byte) error {
	file := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("create the directory of %s: %w", name, err)
	}
	if err := d.remove(name); err != nil { // a link to the present file must not be written through
		return err
	}
	return stage.WriteFile(d.dir, filepath.FromSlash(name), data)
}

// ConflictError is a package that was released under the same name with other bytes.
type ConflictError struct{ Path, Was, Is string }

// Error names the package and both digests.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s was released before with other bytes, and what customers have never changes: want SHA-256 %.16s…, got %.16s…",
		e.Path, e.Was, e.Is)
}

// Advice says how another package gets another name.
func (e *ConflictError) Advice() string {
	return "build it with -suffix, such as -suffix=.2, which makes another release of it"
}

// place puts a package into a draft, an RPM with its signature. old is the index before.
func (d *draft) place(
	ctx context.Context, key *signing.Key, when signing.When, c Candidate, file, built string, old Index,
) (Package, error) {
	from := filepath.Join(c.Dist.Dir, filepath.FromSlash(file))
	p, err := describe(from)
	if err != nil {
		return p, err
	}
	p.Path, p.Built = c.pathOf(file, p), built
	if was, ok := old.find(p.Path); ok {
		if was.Built != built {
			return p, &ConflictError{p.Path, was.Built, built}
		}
		return was, nil
	}
	to := filepath.Join(d.dir, filepath.FromSlash(p.Path))
	if d.placed[p.Path] == built { // builds for several processors share a source package
		p.SHA256, err = stage.Sum(to)
		return p, err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return p, fmt.Errorf("create the directory of %s: %w", p.Path, err)
	}
	switch there, err := stage.Sum(to); {
	case err == nil && there == built: // builds of one release share its tarball
	case err == nil:
		return p, &ConflictError{p.Path, there, built}
	case !errors.Is(err, fs.ErrNotExist):
		return p, err
	case strings.HasSuffix(file, ".rpm"):
		if err := key.RPM(ctx, from, to, when); err != nil {
			return p, err
		}
	default:
		if err := copyFile(from, to); err != nil {
			return p, err
		}
	}
	if d.placed == nil {
		d.placed = map[string]string{}
	}
	d.placed[p.Path] = built
	p.SHA256, err = stage.Sum(to)
	return p, err
}

// pathOf is where a package goes.
func (c Candidate) pathOf(file string, p Package) string {
	repository := c.repository()
	switch {
	case c.Record.Kind.Debian():
		return path.Join(debFolder, "pool", path.Base(repository), path.Base(file))
	case p.Arch == archSRPM:
		return path.Join(repository, "source", path.Base(file))
	}
	return path.Join(repository, c.basearch(p), path.Base(file))
}

// basearch is dnf's $basearch of who installs a package: its own processor, or that of the build.
func (c Candidate) basearch(p Package) string {
	if known, err := specs.FindProcessor(p.Arch); err == nil {
		return string(known)
	}
	return cmp.Or(c.Record.Processor, string(specs.X8664))
}

// describe reads what a package is.
func describe(file string) (Package, error) {
	if !strings.HasSuffix(file, ".rpm") {
		return describeDebian(path.Base(filepath.ToSlash(file))), nil
	}
	info, err := pkgfile.ReadRPM(file)
	if err != nil {
		return Package{}, err
	}
	p := Package{
		Name: info.Name, Epoch: info.Epoch, Version: info.Version + "-" + info.Release, Arch: info.Arch, License: info.License,
	}
	if info.Source {
		p.Arch = archSRPM
	}
	return p, nil
}

// describeDebian reads what a package is from its name: NAME_VERSION_ARCH.deb, or NAME_VERSION.dsc and its parts.
func describeDebian(file string) Package {
	name, rest, _ := strings.Cut(file, "_")
	p := Package{Name: name, Arch: archDSC}
	if binary, ok := strings.CutSuffix(rest, ".deb"); ok {
		p.Version, p.Arch, _ = strings.Cut(binary, "_")
		return p
	}
	for _, end := range []string{".dsc", ".orig.tar.gz"} {
		rest = strings.TrimSuffix(rest, end)
	}
	p.Version, _, _ = strings.Cut(rest, ".debian.tar.")
	return p
}

// sums is SHA256SUMS: every file but itself and its signature, as sha256sum writes it.
func (d *draft) sums() ([]byte, error) {
	files, err := stage.Files(d.dir)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	for _, f := range files {
		if f.Name == SumsFile || f.Name == SignedSums {
			continue
		}
		if f.Link != "" {
			return nil, &IndexError{filepath.Join(d.into, f.Name), "a regular file", "a link"}
		}
		sum, err := stage.Sum(f.Path)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%s  %s\n", sum, f.Name)
	}
	return []byte(out.String()), nil
}

// copyFile copies a file that nobody changes meanwhile.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}

// remove removes a file or directory of a draft.
func (d *draft) remove(name string) error {
	if err := os.RemoveAll(filepath.Join(d.dir, filepath.FromSlash(name))); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

func sortedFiles(files []stage.File) []stage.File {
	slices.SortFunc(files, func(a, b stage.File) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(files, func(a, b stage.File) bool { return a.Name == b.Name })
}
