// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
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
	Ended    error // the cause of the context's end; there are no answers then
}

// Examine looks at a provider's directory in every way that needs neither a
// release nor a compiler, and tells all that it finds. What rests on a mistake that is
// told already is not told: where a value of the manifest is invalid, the checks do
// without that value; where the manifest cannot be read, the others are skipped.
func Examine(ctx context.Context, dir string) Examination {
	e := &examiner{dir: dir, p: &Provider{Dir: dir, doubtful: map[string]bool{}, refused: map[string]bool{}}}
	root, err := openFolder(dir)
	if err != nil {
		a := Answer{Check: CheckFolder}
		a.fail(err)
		return Examination{Answers: []Answer{a}}
	}
	defer func() { _ = root.Close() }()
	e.manifest(root)
	if e.unread != "" {
		x := Examination{Answers: []Answer{e.manifestAnswer}}
		for _, check := range []string{CheckFolder, CheckCMake, CheckLicence, CheckMatch} {
			x.Answers = append(x.Answers, Answer{Check: check, Skipped: e.unread})
		}
		return x
	}
	e.folder(ctx, root)
	e.sources(ctx)
	x := Examination{Answers: []Answer{e.manifestAnswer, e.folderAnswer, e.cmake, e.licences, e.match}}
	if !e.manifestAnswer.Failed() && !e.folderAnswer.Failed() {
		// Load decides what a provider is; what it says beyond the above is told too.
		if x.Provider, err = Load(ctx, dir); err != nil && !e.cmake.Failed() {
			x.Answers[2].fail(err)
		}
		if x.Provider != nil && e.licences.Failed() {
			x.Provider.doubtful = map[string]bool{fieldLicense: true}
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return Examination{Ended: cause}
	}
	return x
}

type examiner struct {
	dir    string
	p      *Provider
	file   string // the manifest
	data   []byte
	decode error  // of the manifest
	unread string // why nothing of it is known; empty where something is

	manifestAnswer, folderAnswer, cmake, licences, match Answer
}

// manifest decodes provider.yaml.
func (e *examiner) manifest(root *os.Root) {
	e.manifestAnswer = Answer{Check: CheckManifest}
	e.file = filepath.Join(e.dir, ManifestName)
	if e.data, e.decode = readManifest(root, e.file); e.decode == nil {
		e.decode = e.p.Manifest.decode(e.file, e.data)
	}
	for _, err := range joined(e.decode) {
		e.manifestAnswer.fail(err)
	}
	if e.decode != nil {
		e.doubt()
		return
	}
	m := &e.p.Manifest
	e.manifestAnswer.Evidence = strings.Join(slices.DeleteFunc([]string{m.Name, m.DriverID.Constant, "device " + m.Device.Name},
		func(s string) bool { return s == "" }), ", ")
	if base := filepath.Base(absolute(e.dir)); base != m.Name && base != m.Directory {
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
func (e *examiner) folder(ctx context.Context, root *os.Root) {
	e.folderAnswer = Answer{Check: CheckFolder}
	files, err := readFolder(ctx, root, e.dir, &e.p.Manifest)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	e.p.Files = files
	if e.p.doubts(fieldPrivate) {
		e.folderAnswer.Skipped = wantsRight(fieldPrivate)
		return
	}
	for _, err := range joined(err) {
		e.folderAnswer.fail(err)
		e.refuse(err)
	}
	if e.decode == nil {
		for _, err := range joined(errors.Join(e.p.checkNamed(e.file, e.data), e.p.checkLicense(e.file, e.data))) {
			e.manifestAnswer.fail(err)
		}
	}
	var bytes int64
	for _, f := range files {
		bytes += f.Size
	}
	e.folderAnswer.Evidence = fmt.Sprintf("%d files, %d bytes", len(files), bytes)
}

// refuse notes the file that an error of the folder is of.
func (e *examiner) refuse(err error) {
	file := ""
	if of, ok := errors.AsType[*FileError](err); ok {
		file = of.File
	} else if of, ok := errors.AsType[*SourceError](err); ok {
		file = of.File
	} else if of, ok := errors.AsType[*LimitError](err); ok {
		file = of.File
	}
	if name, err := filepath.Rel(e.dir, file); err == nil && file != "" {
		e.p.refused[filepath.ToSlash(name)] = true
	}
}

const unreadFiles = "not all files can be read"

// lacks says whether a file with one of these ends of names could not be taken, or the
// folder as a whole.
func (e *examiner) lacks(ends ...string) bool {
	for name := range e.p.refused {
		if name == "." || slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) }) {
			return true
		}
	}
	return false
}

// sources looks into the files.
func (e *examiner) sources(ctx context.Context) {
	e.cmake = Answer{Check: CheckCMake}
	if e.lacks(cmakeName) {
		e.cmake.Skipped, e.match = unreadFiles, Answer{Check: CheckMatch, Skipped: unreadFiles}
		e.licences = e.p.checkLicences()
		return
	}
	if name := e.p.targetName(); name != "" && e.p.doubts(fieldName) {
		e.p.Manifest.Name = name
	}
	for _, err := range joined(e.p.checkBuild()) {
		e.cmake.fail(err)
	}
	for _, err := range e.p.buildWarnings {
		e.cmake.warn(err)
	}
	c, errs := e.p.readC(ctx)
	built := e.p.readBuilt()
	e.p.checkBuilt(&e.cmake, c, built)
	e.p.checkNeeds(&e.cmake)
	for _, err := range e.p.includesOutside(c) {
		e.cmake.fail(err)
	}
	n := 0
	for _, f := range c.files {
		if strings.HasSuffix(f.name, ".c") && built.has(f.name) {
			n++
		}
	}
	e.cmake.Evidence = fmt.Sprintf("%d sources", n)
	e.licences = e.p.checkLicences()
	if e.lacks(".c", ".h") {
		e.match = Answer{Check: CheckMatch, Skipped: unreadFiles}
		return
	}
	if len(errs) > 0 { // what is in these files is not known
		e.match = Answer{Check: CheckMatch}
		for _, err := range errs {
			e.match.fail(err)
		}
		return
	}
	e.match = e.p.checkMatch(c, built)
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
