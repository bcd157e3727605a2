// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// The names of the checks that need only the directory.
const (
	CheckManifest = "manifest"
	CheckFolder   = "directory"
	CheckCMake    = "CMake"
	CheckLicence  = "licence lines"
	CheckMatch    = "match table"
)

// Result is the result of examining a provider's directory.
type Result struct {
	Provider *provider.Provider // nil if it cannot be loaded
	Answers  []Answer
	Ended    error // the cause of the context's end; there are no answers then
}

// Examine makes all checks of a provider's directory that need neither a release nor a
// compiler, and reports all mistakes, but not their consequences: if a value of the manifest is
// invalid, the checks do without it; if the manifest cannot be read, the others are skipped.
func Examine(ctx context.Context, dir string) Result {
	draft, err := provider.Open(dir)
	if err != nil {
		a := Answer{Check: CheckFolder}
		a.fail(err)
		return Result{Answers: []Answer{a}}
	}
	defer func() { _ = draft.Close() }()
	e := &examiner{draft: draft, p: &subject{Provider: draft.Provider, doubtful: map[string]bool{}, refused: map[string]bool{}}}
	e.manifest()
	if e.unread != "" {
		x := Result{Answers: []Answer{e.manifestAnswer}}
		for _, check := range []string{CheckFolder, CheckCMake, CheckLicence, CheckMatch} {
			x.Answers = append(x.Answers, Answer{Check: check, Skipped: e.unread})
		}
		return x
	}
	e.folder(ctx)
	e.sources(ctx)
	x := Result{Answers: []Answer{e.manifestAnswer, e.folderAnswer, e.cmake, e.licences, e.match}}
	if !e.manifestAnswer.Failed() && !e.folderAnswer.Failed() {
		// Load decides whether it is a provider; its additional errors are reported too.
		if x.Provider, err = provider.Load(ctx, dir); err != nil && !e.cmake.Failed() {
			x.Answers[2].fail(err)
		}
		if x.Provider != nil {
			x.Provider.LicenceTold = e.licences.Failed()
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		return Result{Ended: cause}
	}
	return x
}

type examiner struct {
	draft  *provider.Draft
	p      *subject
	decode error  // of the manifest
	unread string // why it could not be read at all; empty if it could

	manifestAnswer, folderAnswer, cmake, licences, match Answer
}

// manifest decodes provider.yaml.
func (e *examiner) manifest() {
	e.manifestAnswer = Answer{Check: CheckManifest}
	e.decode = e.draft.ReadManifest()
	for _, err := range joined(e.decode) {
		e.manifestAnswer.fail(err)
	}
	if e.decode != nil {
		e.doubt()
		return
	}
	for _, q := range e.p.Questions {
		e.manifestAnswer.warn(&q)
	}
	m := &e.p.Manifest
	e.manifestAnswer.Evidence = strings.Join(slices.DeleteFunc([]string{m.Name, m.DriverID.Constant, "device " + m.Device.Name},
		func(s string) bool { return s == "" }), ", ")
	if base := filepath.Base(absolute(e.p.Dir)); amongProviders(e.p.Dir) && base != m.Name && base != m.Directory {
		e.manifestAnswer.warn(e.draft.Mistake("name", "the directory's name, "+base, m.Name))
	}
	if strings.HasSuffix(m.Maintainer.Email, ".invalid") {
		e.manifestAnswer.warn(e.draft.Mistake("maintainer.email", "the maintainer's address", "a placeholder"))
	}
	if provider.UpstreamHas(m.Name) && !m.ReplacesUpstream {
		e.manifestAnswer.warn(e.draft.Mistake("name", "a name not used in any release of rdma-core", "one that is used"))
	}
}

// amongProviders reports whether the directory is one of provider/ or providers/, where a provider's directory has its
// name. Elsewhere, as in the vendor's userspace/, it has any.
func amongProviders(dir string) bool {
	above := filepath.Base(filepath.Dir(absolute(dir)))
	return above == "provider" || above == "providers"
}

func absolute(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	return abs
}

// folder reads the files.
func (e *examiner) folder(ctx context.Context) {
	e.folderAnswer = Answer{Check: CheckFolder}
	err := e.draft.ReadFiles(ctx)
	if e.p.doubts(fieldPrivate) {
		e.folderAnswer.Skipped = wantsRight(fieldPrivate)
		return
	}
	for _, err := range joined(err) {
		e.folderAnswer.fail(err)
		e.refuse(err)
	}
	if e.decode == nil {
		for _, err := range joined(e.draft.CheckNames()) {
			e.manifestAnswer.fail(err)
		}
	}
	var bytes int64
	for _, f := range e.p.Files {
		bytes += f.Size
	}
	e.folderAnswer.Evidence = fmt.Sprintf("%d files, %d bytes", len(e.p.Files), bytes)
}

// refuse records the file of an error of the directory.
func (e *examiner) refuse(err error) {
	file := ""
	if of, ok := errors.AsType[*provider.FileError](err); ok {
		file = of.File
	} else if of, ok := errors.AsType[*provider.SourceError](err); ok {
		file = of.File
	} else if of, ok := errors.AsType[*provider.LimitError](err); ok {
		file = of.File
	}
	if name, err := filepath.Rel(e.p.Dir, file); err == nil && file != "" {
		name = filepath.ToSlash(name)
		e.p.refused[name] = true
		e.draft.Refuse(name)
	}
}

const unreadFiles = "not all files can be read"

// lacks reports whether a file with one of these suffixes, or the whole directory, could not be
// read.
func (e *examiner) lacks(ends ...string) bool {
	for name := range e.p.refused {
		if name == "." || slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(name, end) }) {
			return true
		}
	}
	return false
}

// sources checks the files.
func (e *examiner) sources(ctx context.Context) {
	e.cmake = Answer{Check: CheckCMake}
	if e.lacks(cmake.FileName) {
		e.cmake.Skipped, e.match = unreadFiles, Answer{Check: CheckMatch, Skipped: unreadFiles}
		e.licences = e.p.checkLicences()
		return
	}
	if name := e.p.TargetName(); name != "" && e.p.doubts(fieldName) {
		e.p.Manifest.Name = name
	}
	e.draft.UnknownHeaders = e.p.doubtsHeaders()
	warnings, err := e.draft.ReadBuild()
	for _, err := range joined(err) {
		e.cmake.fail(err)
	}
	for _, err := range warnings {
		e.cmake.warn(err)
	}
	c, errs := e.p.Sources(ctx)
	built := e.p.Built()
	built.Unclear = built.Unclear || e.p.doubts(fieldCMake)
	e.p.checkBuilt(&e.cmake, c, built)
	e.p.checkNeeds(&e.cmake)
	for _, err := range e.p.includesOutside(c) {
		e.cmake.fail(err)
	}
	n := 0
	for _, f := range c.Files {
		if strings.HasSuffix(f.Name, ".c") && built.Has(f.Name) {
			n++
		}
	}
	e.cmake.Evidence = fmt.Sprintf("%d sources", n)
	if n == 1 {
		e.cmake.Evidence = "1 source"
	}
	e.licences = e.p.checkLicences()
	if e.lacks(".c", ".h") {
		e.match = Answer{Check: CheckMatch, Skipped: unreadFiles}
		return
	}
	if len(errs) > 0 { // their content is not known
		e.match = Answer{Check: CheckMatch}
		for _, err := range errs {
			e.match.fail(err)
		}
		return
	}
	e.match = e.p.checkMatch(c, built)
}

// joined returns the parts of a joined error.
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
