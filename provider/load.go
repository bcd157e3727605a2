// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// Provider is a provider's folder, read and checked. It holds the files'
// content: what is integrated is what was checked and digested.
type Provider struct {
	Dir      string // as it was given to Load
	Manifest Manifest
	Files    []File // sorted by name, without the manifest and the private files
	digest   string

	doubtful      map[string]bool // of Examine: fields of the manifest that have a mistake
	library       *Library
	buildWarnings []error // of its CMake files and version map
	manPages      []ManPage
	markdown      bool // some of them are written so
	rst           bool
	installed     []Installed
	matchIDs      []string // the driver ids of its match tables
}

// Load reads a provider's folder. Everything that is wrong is reported at once,
// as *strictyaml.Mistake (manifest, with line and column), *FileError and
// *LimitError (files), *PlaceError (CMakeLists.txt, version map), or the cause of ctx's
// end. Nothing outside of dir is read: symbolic links are refused, also those that stay
// inside.
func Load(ctx context.Context, dir string) (*Provider, error) {
	root, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	file := filepath.Join(dir, ManifestName)
	data, err := readManifest(root, file)
	if err != nil {
		return nil, err
	}
	p := &Provider{Dir: dir}
	if err := p.Manifest.decode(file, data); err != nil {
		return nil, err
	}
	if p.Files, err = readFolder(ctx, root, dir, &p.Manifest); err != nil {
		return nil, err
	}
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := errors.Join(p.checkNamed(file, data), p.checkLicense(file, data), p.checkBuild()); err != nil {
		return nil, err
	}
	p.matchIDs = p.readIDs(ctx)
	p.digest = p.sum()
	return p, nil
}

// Digest gives 64 hex digits over the manifest's content and every file's name,
// mode and bytes. Comments in the manifest and private files do not change it.
func (p *Provider) Digest() string { return p.digest }

// sum frames each part with its length, so that no two providers can be
// written down alike.
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

func (p *Provider) has(name string) bool {
	_, ok := slices.BinarySearchFunc(p.Files, name, func(f File, n string) int { return strings.Compare(f.Name, n) })
	return ok
}

// located is a manifest whose problems are known already: decoding it again
// gives them their lines and columns.
type located struct {
	Manifest `yaml:",inline"`

	problems []strictyaml.Problem
}

// Check gives those problems.
func (l *located) Check() []strictyaml.Problem { return l.problems }

// checkNamed checks that the files which the manifest names are there.
func (p *Provider) checkNamed(file string, data []byte) error {
	var l located
	missing := func(where, name string) {
		if p.has(name) {
			return
		}
		got := noSuchFile
		if p.Manifest.isPrivate(name, false) {
			got = "a file that privateFiles keeps out"
		}
		want := "a file " + name + " in this folder"
		l.problems = append(l.problems, strictyaml.Problem{Path: where, Want: want, Got: got})
	}
	if p.Manifest.ABIHeader != "" {
		missing("abiHeader", p.Manifest.ABIHeader)
	}
	for i, header := range p.Manifest.ABIHeaders {
		missing(fmt.Sprintf("abiHeaders[%d]", i), header)
	}
	for i, header := range p.Manifest.IoctlHeaders {
		missing(fmt.Sprintf("ioctlHeaders[%d]", i), header)
	}
	for i, dir := range p.Manifest.CMake.Subdirectories {
		missing(fmt.Sprintf("cmake.subdirectories[%d]", i), path.Join(dir, cmakeName))
	}
	if len(l.problems) == 0 {
		return nil
	}
	return strictyaml.Decode(file, data, &l)
}

// pathOf is a file of the folder as messages name it.
func (p *Provider) pathOf(name string) string { return filepath.Join(p.Dir, filepath.FromSlash(name)) }

// ABIHeaders gives the provider's headers that rdma-core's script turns into
// kernel-abi/, as they are.
func (p *Provider) ABIHeaders() []File {
	var files []File
	for _, f := range p.Files {
		if slices.Contains(p.Manifest.ABIs(), f.Name) {
			files = append(files, f)
		}
	}
	return files
}
