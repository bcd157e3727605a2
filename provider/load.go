// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Provider is a provider's directory, read and checked. It has the files' content, so that the
// checked and digested bytes are integrated.
type Provider struct {
	Dir      string // as it was given to Load
	Manifest Manifest
	Files    []File // sorted by name, without the manifest and the private files
	// LicenceTold is true if a check has reported its licence: consequences in other files are
	// not a second mistake.
	LicenceTold bool
	// Questions are those that stand open in the manifest. Each has a value to go on with.
	Questions []QuestionError

	digest  string
	refused map[string]bool // of a Draft: existing files that were refused

	library   *Library
	manPages  []ManPage
	markdown  bool // some of them are written so
	rst       bool
	installed []Installed
	matchIDs  []string // the driver ids of its match tables
}

// Load reads a provider's directory. All mistakes are reported at once,
// as *strictyaml.Mistake (manifest, with line and column), *FileError and
// *LimitError (files), *PlaceError (CMakeLists.txt, version map), or the cause of ctx's
// end. Nothing outside dir is read but kernel headers that the manifest names in the git repository that dir is in: symbolic links
// are refused, also those that stay inside.
func Load(ctx context.Context, dir string) (*Provider, error) {
	return loadFrom(ctx, dir, (*Draft).ReadManifest)
}

// LoadAs is Load with the text of a manifest that the directory does not have yet.
func LoadAs(ctx context.Context, dir string, manifest []byte) (*Provider, error) {
	return loadFrom(ctx, dir, func(d *Draft) error { return d.TakeManifest(manifest) })
}

func loadFrom(ctx context.Context, dir string, readManifest func(*Draft) error) (*Provider, error) {
	d, err := Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }()
	if err := readManifest(d); err != nil {
		return nil, err
	}
	if err := d.ReadFiles(ctx); err != nil {
		return nil, err
	}
	_, err = d.ReadBuild()
	if err := errors.Join(d.CheckNames(), err); err != nil {
		return nil, err
	}
	p := d.Provider
	p.matchIDs = p.readIDs(ctx)
	p.digest = p.sum()
	return p, nil
}

// Digest returns 64 hex digits over the manifest's content and every file's name,
// mode and bytes. Comments in the manifest and private files do not change it.
func (p *Provider) Digest() string { return p.digest }

// StageKey is the digest, the provider's value in the key of a stage.
func (p *Provider) StageKey() string { return p.digest }

// sum frames each part with its length, so that different providers have different digests.
func (p *Provider) sum() string {
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part([]byte("verbsmith provider 1"))
	part([]byte(p.Manifest.canonical()))
	for _, f := range p.Files {
		part([]byte(f.Name))
		part([]byte(strconv.FormatUint(uint64(f.Mode.Perm()), 8)))
		part(f.data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Has reports whether a file of that name goes into rdma-core.
func (p *Provider) Has(name string) bool {
	_, ok := slices.BinarySearchFunc(p.Files, name, func(f File, n string) int { return strings.Compare(f.Name, n) })
	return ok || p.refused[name]
}

// Path is the path of a file of the provider, for messages.
func (p *Provider) Path(name string) string {
	return pathOf(p.Dir, name)
}

// ABIHeaders returns the provider's headers from which rdma-core's script generates
// kernel-abi/.
func (p *Provider) ABIHeaders() []File {
	var files []File
	for _, f := range p.Files {
		if slices.Contains(p.Manifest.ABIs(), f.Name) {
			files = append(files, f)
		}
	}
	return files
}
