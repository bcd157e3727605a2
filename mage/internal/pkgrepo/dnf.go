// SPDX-License-Identifier: Apache-2.0

package pkgrepo

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Package is a package of a list.
type Package struct {
	Name    string
	Version string // of an RPM EPOCH:VERSION-RELEASE
	Arch    string
	Source  string // the source package: the file name of an SRPM, or NAME_VERSION of Debian's
	Path    string // below the repository
	SHA256  string // "" if the list has another kind of sum
	Size    int64  // of the package, bytes

	Installed int64 // what its files take, bytes; 0 if the list does not say
}

// The files of dnf's repositories.
const (
	Repodata   = "repodata"
	RepomdFile = "repomd.xml"
)

const sha256Name = "sha256"

// Repomd is dnf's index file of a repository.
type Repomd struct {
	XMLName xml.Name `xml:"repomd"`
	Data    []Data   `xml:"data"`
}

// Data is one of the lists that the index names.
type Data struct {
	Type     string   `xml:"type,attr"`
	Checksum checksum `xml:"checksum"`
	Location location `xml:"location"`
}

type checksum struct {
	Type  string `xml:"type,attr"`
	Value string `xml:",chardata"`
}

type location struct {
	Href string `xml:"href,attr"`
}

// Path is where the list is, below the repository.
func (d Data) Path() string { return d.Location.Href }

// SHA256 is the list's sum, "" if the index has another kind of sum.
func (d Data) SHA256() string { return d.Checksum.sha256() }

func (c checksum) sha256() string {
	if c.Type != sha256Name {
		return ""
	}
	return strings.TrimSpace(c.Value)
}

// ReadRepomd reads an index file.
func ReadRepomd(data []byte) (Repomd, error) {
	var md Repomd
	if err := xml.Unmarshal(data, &md); err != nil {
		return md, fmt.Errorf("read %s: %w", RepomdFile, err)
	}
	return md, nil
}

// listed is a package in dnf's list.
type listed struct {
	Name    string `xml:"name"`
	Arch    string `xml:"arch"`
	Version struct {
		Epoch   string `xml:"epoch,attr"`
		Version string `xml:"ver,attr"`
		Release string `xml:"rel,attr"`
	} `xml:"version"`
	Checksum checksum `xml:"checksum"`
	Size     struct {
		Package   int64 `xml:"package,attr"`
		Installed int64 `xml:"installed,attr"`
	} `xml:"size"`
	Location location `xml:"location"`
	Source   string   `xml:"format>sourcerpm"`
}

var errNoMetadata = errors.New("it does not begin with <metadata>")

// ReadPrimary reads dnf's list of packages, which is not compressed any more, and calls each for every one.
func ReadPrimary(r io.Reader, each func(Package)) error {
	text, begun := xml.NewDecoder(r), false
	for {
		token, err := text.Token()
		if errors.Is(err, io.EOF) && begun {
			return nil
		}
		if err != nil {
			return fmt.Errorf("not a list of packages: %w", err)
		}
		element, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case !begun && element.Name.Local != "metadata":
			return fmt.Errorf("not a list of packages: %w", errNoMetadata)
		case !begun:
			begun = true
		default:
			var p listed
			if err := text.DecodeElement(&p, &element); err != nil {
				return fmt.Errorf("not a list of packages: %w", err)
			}
			each(Package{
				Name: p.Name, Version: p.Version.Epoch + ":" + p.Version.Version + "-" + p.Version.Release, Arch: p.Arch, Source: p.Source,
				Path: p.Location.Href, SHA256: p.Checksum.sha256(), Size: p.Size.Package, Installed: p.Size.Installed,
			})
		}
	}
}
