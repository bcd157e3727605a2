// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/signing"
)

// primary is dnf's list of a repository's packages.
type primary struct {
	Packages []struct {
		Checksum struct {
			Value string `xml:",chardata"`
		} `xml:"checksum"`
		Location struct {
			Href string `xml:"href,attr"`
		} `xml:"location"`
	} `xml:"package"`
}

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
	md, err := readRepomd(text)
	if err != nil {
		c.refused(name, err)
		return
	}
	for _, d := range md.Data {
		file := path.Join(folder, d.Location.Href)
		if got, there := c.actual[file]; !there {
			c.faultf(file, "it is missing")
			continue
		} else if d.Checksum.Type != "sha256" || got != strings.TrimSpace(d.Checksum.Value) {
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
	var list primary
	if err := xml.NewDecoder(io.LimitReader(zip, mostMetadata)).Decode(&list); err != nil {
		return nil, fmt.Errorf("it is no list of packages: %w", err)
	}
	all := map[string]string{}
	for _, p := range list.Packages {
		all[p.Location.Href] = strings.TrimSpace(p.Checksum.Value)
	}
	return all, nil
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
	sums := aptSums(text)
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
	packages := path.Join(folder, "main", "binary-amd64", "Packages")
	pool := path.Join(debFolder, "pool", suite)
	listed, err := aptListed(c.read(packages))
	c.refused(packages, err)
	c.compareListed(packages, debFolder, listed, c.packagesIn(pool, ".deb"))
}

// aptSums are the SHA-256 sums of a Release file.
func aptSums(text []byte) map[string]string {
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

// aptListed are the packages of a Packages file with their sums, by their paths in a released directory.
func aptListed(data []byte) (map[string]string, error) {
	const longest = 1 << 20
	all := map[string]string{}
	file, sum := "", ""
	end := func() error {
		if file == "" && sum == "" {
			return nil
		}
		if file == "" {
			return errNoFilename
		}
		all[path.Join(debFolder, file)] = sum
		file, sum = "", ""
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, longest)
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			if err := end(); err != nil {
				return nil, err
			}
		}
		if rest, ok := strings.CutPrefix(line, "Filename: "); ok {
			file = strings.TrimPrefix(rest, "./")
		}
		if rest, ok := strings.CutPrefix(line, "SHA256: "); ok {
			sum = rest
		}
	}
	return all, errors.Join(lines.Err(), end())
}
