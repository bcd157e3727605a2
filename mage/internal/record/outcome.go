// SPDX-License-Identifier: Apache-2.0

package record

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// Outcome is how packages that were made anew compare with the recorded ones.
type Outcome struct {
	Same   int         // files with the same bytes
	Differ []string    // recorded files that differ, or that were not made
	Input  *InputError // the first input that differs, nil if none does
}

// DifferError says that packages are not the recorded ones.
type DifferError struct{ Outcome }

// Error names the first of them, and what is known of the reason.
func (e *DifferError) Error() string {
	text := fmt.Sprintf("%d of %d packages differ from the record: %s", len(e.Differ), len(e.Differ)+e.Same, several(e.Differ))
	if e.Input == nil {
		return text + "; every recorded input is the same, so the build gives other bytes each time"
	}
	return text + "; the first input that differs: " + e.Input.Error()
}

// Unwrap is the input.
func (e *DifferError) Unwrap() error {
	if e.Input == nil {
		return nil
	}
	return e.Input
}

// several names a few of many.
func several(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

const compareStage = "compare"

// Compare compares the packages of a build with those of a record, and if there is a difference in its inputs finds the first.
//
// Errors: *DifferError, *containers.RunError.
func (r *Recorder) Compare(ctx context.Context, want artifact.Record, b Build) (Outcome, error) {
	s := r.Begin(compareStage)
	out, err := r.compare(ctx, s, want, b)
	return out, r.EndLook(compareStage, s, err)
}

func (r *Recorder) compare(ctx context.Context, s *ui.Stage, want artifact.Record, b Build) (Outcome, error) {
	var out Outcome
	got, err := r.Describe(ctx, s, b)
	if err != nil {
		return out, err
	}
	out.Same, out.Differ, err = sameFiles(want.Outputs, b.Packages.Dir)
	if err != nil {
		return out, err
	}
	if found, ok := errors.AsType[*InputError](SameInputs(want, got)); ok {
		out.Input = found
	}
	if len(out.Differ) > 0 {
		return out, &DifferError{out}
	}
	return out, nil
}

// sameFiles compares the files of a directory with recorded ones.
func sameFiles(want []artifact.Digest, dir string) (same int, differ []string, err error) {
	for _, f := range want {
		sum, err := stage.Sum(filepath.Join(dir, filepath.FromSlash(f.Path)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			differ = append(differ, f.Path+" (missing)")
		case err != nil:
			return same, differ, err
		case sum != f.SHA256:
			differ = append(differ, f.Path)
		default:
			same++
		}
	}
	return same, differ, nil
}

// GivenError says that given packages are not the recorded ones.
type GivenError struct {
	Dir    string
	Differ []string
}

// Error implements error.
func (e *GivenError) Error() string {
	return e.Dir + ": not the recorded packages: " + several(e.Differ)
}

// Given compares packages in a directory, as they are next to their record or all in one place, with the record.
//
// Errors: *GivenError.
func Given(rec artifact.Record, dir string) error {
	if _, err := os.ReadDir(dir); err != nil {
		return fmt.Errorf("read the directory of packages: %w", err)
	}
	list := rec.Outputs
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(list[0].Path))); errors.Is(err, fs.ErrNotExist) {
		list = make([]artifact.Digest, 0, len(rec.Outputs))
		for _, f := range rec.Outputs {
			list = append(list, artifact.Digest{Path: path.Base(f.Path), SHA256: f.SHA256})
		}
	}
	_, differ, err := sameFiles(list, dir)
	if err != nil || len(differ) == 0 {
		return err
	}
	return &GivenError{Dir: dir, Differ: differ}
}
