// SPDX-License-Identifier: Apache-2.0

package record

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// Build is a build to record.
type Build struct {
	Job       job.Job
	Kind      artifact.Kind
	Source    artifact.Source
	Toolchain artifact.Toolchain
	Packages  artifact.Packages
}

// KindOf is the kind of packages that a job makes.
func KindOf(j job.Job, addon bool) artifact.Kind {
	_, debian := j.Target.(job.Deb)
	switch {
	case debian && addon:
		return artifact.DebAddon
	case debian:
		return artifact.Debs
	case addon:
		return artifact.RPMAddon
	}
	return artifact.RPMs
}

// Describe is the record of a build without its outputs, as a part of stage s.
//
// Errors: *containers.RunError.
func (r *Recorder) Describe(ctx context.Context, s *ui.Stage, b Build) (artifact.Record, error) {
	rec := Known(b)
	rec.Verbsmith = r.Version(ctx)
	var err error
	rec.BuildRoot, err = r.BuildRoot(ctx, s, b.Toolchain, b.Kind)
	return rec, err
}

// Known is the part of a record that needs no container.
func Known(b Build) artifact.Record {
	rec := artifact.Record{
		Format: artifact.RecordFormat, Kind: b.Kind, Distro: b.Job.Distro().Name, Suite: b.Job.Suite().Name,
		Processor: b.Job.Processor().Mark(), Cross: string(b.Job.Cross),
		Release: b.Source.Version, Suffix: b.Job.Suffix, Standin: b.Toolchain.Base.Standin,
		Source: source(b.Source), Inputs: b.Packages.Inputs,
		Base:        artifact.RecordedImage{Name: b.Toolchain.Base.Name(), ID: b.Toolchain.Base.ID},
		Toolchain:   artifact.RecordedImage{Name: b.Toolchain.Ref, ID: b.Toolchain.ID},
		Environment: b.Packages.Environment,
	}
	if p := b.Job.Provider; p != nil {
		rec.Provider = &artifact.RecordedProvider{Name: p.Manifest.Name, SHA256: p.Digest(), Files: files(p)}
	}
	return rec
}

func source(src artifact.Source) artifact.RecordedSource {
	name := artifact.TarballName(src.Version)
	if src.Package != nil {
		name = src.Package.Name + ".src.rpm"
	}
	return artifact.RecordedSource{Name: name, Digest: src.Digest, Tag: src.Tag, Commit: src.Commit, Trust: src.Trust}
}

// files are a provider's, with their sums.
func files(p *provider.Provider) []artifact.Digest {
	list := make([]artifact.Digest, 0, len(p.Files))
	for _, f := range p.Files {
		list = append(list, artifact.Digest{Path: f.Name, SHA256: f.SHA256})
	}
	return list
}

// mostRecord bounds a record's size, in bytes.
const mostRecord = 16 << 20

// FileError is a file that is no record.
type FileError struct {
	File      string
	Line      int // 0: of no line
	Want, Got string
}

// Error names the file and line, what was wanted and what was found.
func (e *FileError) Error() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Sprintf("%s: want %s, got %s", place, e.Want, e.Got)
}

// Read reads a record.
//
// Errors: *FileError, or that of the file system.
func Read(file string) (artifact.Record, error) {
	var rec artifact.Record
	data, err := owned.ReadFile(file, mostRecord)
	if err != nil {
		return rec, fmt.Errorf("read the record of a build: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&rec)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errMore
		}
	}
	line := bytes.Count(data[:min(int(decoder.InputOffset()), len(data))], []byte("\n")) + 1
	if err != nil {
		return rec, &FileError{File: file, Line: lineOf(data, err, line), Want: "the record of a build, as JSON", Got: err.Error()}
	}
	rec.Processor = cmp.Or(rec.Processor, rec.Cross) // earlier versions wrote that alone
	return rec, check(file, rec)
}

var errMore = errors.New("more behind its end")

// lineOf is the line of a mistake that JSON's decoder has found; otherwise is where it stopped.
func lineOf(data []byte, err error, otherwise int) int {
	offset := int64(-1)
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = wrong.Offset
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset = wrong.Offset
	}
	if offset < 0 || offset > int64(len(data)) {
		return otherwise
	}
	return bytes.Count(data[:offset], []byte("\n")) + 1
}

// check rejects a record that no build can be made from.
func check(file string, rec artifact.Record) error {
	wrong := func(want, got string) error { return &FileError{File: file, Want: want, Got: got} }
	switch {
	case rec.Format != artifact.RecordFormat:
		return wrong(fmt.Sprintf("\"format\": %q", artifact.RecordFormat), fmt.Sprintf("%q", rec.Format))
	case !rec.Kind.Known():
		return wrong("\"kind\": rpm, deb, rpm:addon or deb:addon", fmt.Sprintf("%q", rec.Kind))
	case rec.Release == "":
		return wrong("a \"release\"", "none")
	case rec.Kind.Addon() && rec.Provider == nil:
		return wrong("a \"provider\" of an add-on", "none")
	case len(rec.Outputs) == 0:
		return wrong("\"outputs\"", "none")
	}
	for _, out := range rec.Outputs {
		if !filepath.IsLocal(filepath.FromSlash(out.Path)) {
			return wrong("paths of outputs below the record's directory", fmt.Sprintf("%q", out.Path))
		}
	}
	return nil
}
