// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
	"github.com/resnics/verbsmith/mage/internal/signing"
)

// checkDnf checks the metadata of a repository: its signature, its files, and that it lists the packages that are there.
func (c *checker) checkDnf(folder string) {
	name := path.Join(folder, repodata, repomdFile)
	want := c.packagesIn(folder, ".rpm")
	if _, there := c.actual[name]; !there && len(want) == 0 {
		return
	}
	text, signature := c.read(name), name+".asc"
	if _, there := c.actual[signature]; !there {
		c.faultf(name, "%s", signing.Missing)
	} else {
		c.refused(name, c.ring.Detached(name, bytes.NewReader(text), c.read(signature)))
	}
	md, err := pkgrepo.ReadRepomd(text)
	if err != nil {
		c.refused(name, err)
		return
	}
	for _, d := range md.Data {
		file := path.Join(folder, d.Path())
		if got, there := c.actual[file]; !there {
			c.faultf(file, "it is missing")
			continue
		} else if got != d.SHA256() {
			c.faultf(file, "it is not the one that %s names", repomdFile)
		}
		if d.Type != "primary" {
			continue
		}
		listed, err := readPrimary(c.read(file))
		if err != nil {
			c.refused(file, err)
			continue
		}
		below := map[string]string{}
		for name, sum := range listed {
			below[path.Join(folder, name)] = sum
		}
		c.compareListed(name, folder, below, want)
	}
}

// packagesIn are the index's packages below a folder, with their digests.
func (c *checker) packagesIn(folder, end string) map[string]string {
	all := map[string]string{}
	for _, b := range c.index.Builds {
		for _, p := range b.Packages {
			if strings.HasPrefix(p.Path, folder+"/") && strings.HasSuffix(p.Path, end) {
				all[p.Path] = p.SHA256
			}
		}
	}
	return all
}

// compareListed compares a repository's list with the packages that were released.
func (c *checker) compareListed(file, folder string, listed, want map[string]string) {
	for name, sum := range want {
		switch got, there := listed[name]; {
		case !there:
			c.faultf(file, "it does not list %s", strings.TrimPrefix(name, folder+"/"))
		case got != sum:
			c.faultf(file, "it lists another %s", strings.TrimPrefix(name, folder+"/"))
		}
	}
	for name := range listed {
		if _, known := want[name]; !known {
			c.faultf(file, "it lists %s, which was not released", name)
		}
	}
}

// readPrimary reads dnf's list of packages: their sums by their paths in the repository.
func readPrimary(data []byte) (map[string]string, error) {
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("it is no list of packages: %w", err)
	}
	all := map[string]string{}
	err = pkgrepo.ReadPrimary(io.LimitReader(zip, mostMetadata), func(p pkgrepo.Package) { all[p.Path] = p.SHA256 })
	return all, err
}

// checkApt checks the metadata of a suite.
func (c *checker) checkApt(repository string) {
	suite := path.Base(repository)
	folder := path.Join(debFolder, "dists", suite)
	name := path.Join(folder, inRelease)
	text, err := c.ring.Clear(name, c.read(name))
	if err != nil {
		c.refused(name, err)
		return
	}
	sums := pkgrepo.ReleaseSums(text)
	if len(sums) == 0 {
		c.faultf(name, "it names no files")
	}
	for file, sum := range sums {
		full := path.Join(folder, file)
		switch got, there := c.actual[full]; {
		case !there:
			c.faultf(full, "it is missing")
		case got != sum:
			c.faultf(full, "it is not the one that %s names", inRelease)
		}
	}
	listed := map[string]string{}
	var last string
	for _, file := range slices.Sorted(maps.Keys(sums)) {
		if binary, _ := path.Match("main/binary-*/Packages", file); !binary {
			continue
		}
		last = path.Join(folder, file)
		err = pkgrepo.ReadPackages(bytes.NewReader(c.read(last)), func(p pkgrepo.Package) {
			listed[path.Join(debFolder, p.Path)] = p.SHA256
		})
		c.refused(last, err)
	}
	c.compareListed(cmp.Or(last, name), debFolder, listed, c.packagesIn(path.Join(debFolder, "pool", suite), ".deb"))
}
