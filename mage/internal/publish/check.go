// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/signing"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// Trust is what a customer knows before looking at a directory.
type Trust struct {
	Ring   *signing.Ring // the key
	Serial int           // the directory was seen with this serial: an older one is refused
}

// Fault is something in a released directory that is not as it was released.
type Fault struct{ File, What string }

// TamperedError says what in a directory is not as it was released.
type TamperedError struct {
	Dir    string
	Faults []Fault
}

// Error names each file and what is wrong with it.
func (e *TamperedError) Error() string {
	const most = 20
	lines := []string{e.Dir + " is not as it was released:"}
	for i, f := range e.Faults {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Faults)-most))
			break
		}
		lines = append(lines, f.File+": "+f.What)
	}
	return strings.Join(lines, "\n")
}

// checker looks at a directory.
type checker struct {
	dir    string
	ring   *signing.Ring
	index  Index
	actual map[string]string // digests of the files, as they are
	faults []Fault
}

// Check checks a released directory without an engine: every file, every signature, the metadata of repositories, bills of materials and
// provenance. trust has the key.
//
// Errors: *TamperedError with everything that is wrong, *IndexError.
func Check(ctx context.Context, dir string, trust Trust) (Index, error) {
	c := &checker{dir: dir, ring: trust.Ring, actual: map[string]string{}}
	if err := c.list(); err != nil {
		return Index{}, err
	}
	c.checkSums()
	index, err := ReadIndex(dir)
	if err != nil {
		return index, errors.Join(c.err(), err)
	}
	c.index = index
	c.checkKey()
	if index.Serial < trust.Serial {
		c.faultf(IndexFile, "it is an older state of the release: want serial %d or a later one, got %d", trust.Serial, index.Serial)
	}
	for _, b := range index.Builds {
		c.checkBuild(ctx, b)
	}
	for _, repository := range index.Repositories() {
		if strings.HasPrefix(repository, debFolder+"/") {
			c.checkApt(repository)
			continue
		}
		for _, folder := range index.folders(repository) {
			c.checkDnf(folder)
		}
	}
	return index, c.err()
}

func (c *checker) faultf(file, format string, args ...any) {
	f := Fault{file, fmt.Sprintf(format, args...)}
	if !slices.Contains(c.faults, f) {
		c.faults = append(c.faults, f)
	}
}

// refused records the reason of an error about a file.
func (c *checker) refused(file string, err error) {
	if err == nil {
		return
	}
	if sig, ok := errors.AsType[*signing.SignatureError](err); ok {
		c.faultf(file, "%s", sig.Why)
		return
	}
	c.faultf(file, "%v", err)
}

func (c *checker) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return cmp.Compare(a.File, b.File) })
	return &TamperedError{c.dir, c.faults}
}

func (c *checker) file(name string) string { return filepath.Join(c.dir, filepath.FromSlash(name)) }

// read reads a file; one that is not there is a fault.
func (c *checker) read(name string) []byte {
	data, err := owned.ReadFile(c.file(name), mostMetadata)
	if errors.Is(err, fs.ErrNotExist) {
		c.faultf(name, "it is missing")
		return nil
	}
	c.refused(name, err)
	return data
}

// list reads the digests of all files.
func (c *checker) list() error {
	files, err := stage.Files(c.dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Link != "" {
			c.faultf(f.Name, "it is a link")
			continue
		}
		if c.actual[f.Name], err = stage.Sum(f.Path); err != nil {
			return err
		}
	}
	return nil
}

// checkSums compares every file with the signed list.
func (c *checker) checkSums() {
	text := c.read(SumsFile)
	if _, there := c.actual[SignedSums]; !there {
		c.faultf(SumsFile, "%s", signing.Missing)
		return
	}
	if err := c.ring.Detached(SumsFile, bytes.NewReader(text), c.read(SignedSums)); err != nil {
		c.refused(SumsFile, err)
		return
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if ok {
			sums[name] = sum
		}
	}
	for name, sum := range sums {
		switch got, there := c.actual[name]; {
		case !there:
			c.faultf(name, "it is missing")
		case got != sum:
			c.faultf(name, "it has other bytes than were released: want SHA-256 %.16s…, got %.16s…", sum, got)
		}
	}
	for name := range c.actual {
		if _, known := sums[name]; !known && name != SumsFile && name != SignedSums {
			c.faultf(name, "it was not released")
		}
	}
}

// checkKey compares the keys in the directory with the one that is trusted.
func (c *checker) checkKey() {
	if !c.ring.Is(c.index.Key) {
		c.faultf(IndexFile, "it names another key: want %s, got %s", c.ring.Fingerprint(), c.index.Key)
	}
	ring, err := signing.ReadRing(KeyFile, c.read(KeyFile), c.ring.Time())
	if err != nil {
		c.refused(KeyFile, err)
	} else if ring.Fingerprint() != c.ring.Fingerprint() {
		c.faultf(KeyFile, "it is another key: want %s, got %s", c.ring.Fingerprint(), ring.Fingerprint())
	}
}

// checkBuild checks a build's packages and what is said of them.
func (c *checker) checkBuild(ctx context.Context, b Build) {
	for _, p := range b.Packages {
		got, there := c.actual[p.Path]
		switch {
		case !there:
			c.faultf(p.Path, "it is missing")
			continue
		case got != p.SHA256:
			c.faultf(p.Path, "it is not the package that was released: want SHA-256 %.16s…, got %.16s…", p.SHA256, got)
		}
		c.checkPackage(p)
		name := b.sbom(path.Base(p.Path), cycloneEnd)
		c.refused(name, checkCycloneDX(c.read(name), p))
		name = b.sbom(path.Base(p.Path), spdxEnd)
		c.refused(name, checkSPDX(c.read(name), p))
	}
	if b.Changelog != "" {
		c.checkChangelog(b)
	}
	name := b.folder() + "/" + provenanceFile
	c.refused(name, c.checkProvenance(ctx, c.read(name), b))
}

// checkChangelog checks that a build's changelog is its own, and about it.
func (c *checker) checkChangelog(b Build) {
	text := c.read(b.Changelog)
	if text == nil {
		return
	}
	if first, _, _ := strings.Cut(string(text), "\n"); b.Changelog != b.changelogOf() || first != b.changelogTitle() {
		c.refused(b.Changelog, &ForeignError{b.changelogTitle(), fmt.Sprintf("%.200q", first)})
	}
}

// checkPackage checks an RPM's signature, and whether it is the package that its place says.
func (c *checker) checkPackage(p Package) {
	if !strings.HasSuffix(p.Path, ".rpm") {
		return
	}
	c.refused(p.Path, c.ring.RPM(p.Path, c.file(p.Path)))
	is, err := describe(c.file(p.Path))
	if err != nil {
		c.refused(p.Path, err)
		return
	}
	if is.title() != p.title() {
		c.faultf(p.Path, "it is another package: want %s, got %s", p.title(), is.title())
	}
}
