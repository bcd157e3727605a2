// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// The checks that need nothing but the folder, as they are called.
const (
	CheckManifest = "manifest"
	CheckFolder   = "folder"
	CheckCMake    = "CMake"
	CheckLicence  = "licence lines"
	CheckMatch    = "match table"
)

// Examination is what a look at a provider's folder found.
type Examination struct {
	Provider *Provider // nil where it cannot be loaded
	Answers  []Answer
}

// Examine looks at a provider's folder in every way that needs neither a
// release nor a compiler, and tells all that it finds. Where the manifest cannot
// be read, the others are still looked at, with the folder's name as the
// provider's; what needs the manifest is then left out.
func Examine(dir string) Examination {
	e := &examiner{dir: dir, p: &Provider{Dir: dir}}
	root, err := os.OpenRoot(dir)
	if err != nil {
		a := Answer{Check: CheckFolder}
		a.fail(&FileError{File: dir, Want: "a provider's folder", Got: err.Error(), Err: err})
		return Examination{Answers: []Answer{a}}
	}
	defer func() { _ = root.Close() }()
	e.manifest(root)
	e.folder(root)
	e.sources()
	x := Examination{Answers: []Answer{e.manifestAnswer, e.folderAnswer, e.cmake, e.licences, e.match}}
	if !e.manifestAnswer.Failed() && !e.folderAnswer.Failed() {
		// Load decides what a provider is; what it says beyond the above is told too.
		if x.Provider, err = Load(dir); err != nil && !e.cmake.Failed() {
			x.Answers[2].fail(err)
		}
	}
	return x
}

type examiner struct {
	dir    string
	p      *Provider
	file   string // the manifest
	data   []byte
	decode error // of the manifest

	manifestAnswer, folderAnswer, cmake, licences, match Answer
}

// manifest decodes provider.yaml.
func (e *examiner) manifest(root *os.Root) {
	e.manifestAnswer = Answer{Check: CheckManifest}
	e.file = filepath.Join(e.dir, ManifestName)
	if e.data, _, e.decode = readLimited(root, ManifestName, e.file); e.decode == nil {
		e.decode = strictyaml.Decode(e.file, e.data, &e.p.Manifest)
	}
	for _, err := range joined(e.decode) {
		e.manifestAnswer.fail(err)
	}
	if e.decode != nil {
		e.p.Manifest = Manifest{Name: filepath.Base(e.dir)}
		return
	}
	m := &e.p.Manifest
	e.manifestAnswer.Evidence = fmt.Sprintf("%s, %s, device %s", m.Name, m.DriverID.Constant, m.Device.Name)
	if base := filepath.Base(absolute(e.dir)); base != m.Name {
		e.manifestAnswer.warn(e.remark("name", "the folder's name, "+base, m.Name))
	}
	if strings.HasSuffix(m.Maintainer.Email, ".invalid") {
		e.manifestAnswer.warn(e.remark("maintainer.email", "the address of who answers for it", "a placeholder"))
	}
	if UpstreamHas(m.Name) && !m.ReplacesUpstream {
		e.manifestAnswer.warn(e.remark("name", "a name that no release of rdma-core has", "one that some have"))
	}
}

// remark is a mistake at a value of a manifest that is otherwise right.
func (e *examiner) remark(path, want, got string) error {
	l := located{problems: []strictyaml.Problem{{Path: path, Want: want, Got: got}}}
	return strictyaml.Decode(e.file, e.data, &l)
}

func absolute(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return abs
}

// folder reads the files.
func (e *examiner) folder(root *os.Root) {
	e.folderAnswer = Answer{Check: CheckFolder}
	files, err := readFolder(root, e.dir, &e.p.Manifest)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	e.p.Files = files
	for _, err := range joined(err) {
		e.folderAnswer.fail(err)
	}
	if e.decode == nil {
		for _, err := range joined(e.p.checkNamed(e.file, e.data)) {
			e.manifestAnswer.fail(err)
		}
	}
	var bytes int64
	for _, f := range files {
		bytes += f.Size
	}
	e.folderAnswer.Evidence = fmt.Sprintf("%d files, %d bytes", len(files), bytes)
}

// sources looks into the files.
func (e *examiner) sources() {
	e.cmake = Answer{Check: CheckCMake}
	for _, err := range joined(e.p.checkBuild()) {
		e.cmake.fail(err)
	}
	c, errs := e.p.readC()
	built := e.p.readBuilt()
	e.p.checkBuilt(&e.cmake, c, built)
	n := 0
	for _, f := range c.files {
		if strings.HasSuffix(f.name, ".c") && built.has(f.name) {
			n++
		}
	}
	e.cmake.Evidence = fmt.Sprintf("%d sources", n)
	e.licences = e.p.checkLicences()
	e.match = e.p.checkMatch(c, built)
	for _, err := range errs {
		e.match.fail(err)
	}
}

// joined gives the parts of a joined error, each by itself.
func joined(err error) []error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, part := range many.Unwrap() {
			all = append(all, joined(part)...)
		}
		return all
	}
	return []error{err}
}
