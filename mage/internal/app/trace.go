// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

const traceVariable = "VERBSMITH_TRACE"

// traceFile is where the run's events go; the zero value is for a run without a trace.
type traceFile struct {
	events *timing.Trace
	path   string
}

// TraceError says that the trace cannot be written to a path.
type TraceError struct {
	Path string
	Err  error
}

// Error names the path and what sets it.
func (e *TraceError) Error() string {
	return fmt.Sprintf("write the trace to %s (-trace or VERBSMITH_TRACE): %v", e.Path, e.Err)
}

// Unwrap returns the reason.
func (e *TraceError) Unwrap() error { return e.Err }

// openTrace begins the trace that the environment asks for, and makes sure that it can be written.
// The variable is removed, because the runs that a run starts are no part of its trace.
func openTrace() (traceFile, error) {
	path, asked := os.LookupEnv(traceVariable)
	if !asked {
		return traceFile{}, nil
	}
	t := traceFile{events: timing.NewTrace(time.Now), path: absolute(path)}
	err := os.Unsetenv(traceVariable)
	if path == "" {
		err = errors.Join(err, &EmptyFlagError{Flag: "trace", Want: "the path of a file"})
	}
	if err == nil {
		err = checkOutput(t.path, timing.TraceStart)
	}
	if err != nil {
		return traceFile{}, &TraceError{Path: path, Err: err}
	}
	return t, nil
}

var errOtherFile = errors.New("there is another file of that name")

// checkOutput makes sure, before a run, that a file for its results can be written, and that it
// replaces none but earlier ones, which begin with start.
func checkOutput(path, start string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("want a regular file, got one of mode %s", info.Mode()) //nolint:err113 // wrapped by the caller
	case err == nil && info.Size() > 0:
		if err := beginsWith(path, start); err != nil {
			return err
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	probe, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return err
	}
	return probe.Cleanup()
}

// beginsWith returns an error unless a file begins with that text.
func beginsWith(path, text string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	start, err := io.ReadAll(io.LimitReader(f, int64(len(text))))
	if err == nil && string(start) != text {
		err = errOtherFile
	}
	return err
}

// write writes the trace as a whole, also after a run that failed.
func (t traceFile) write() error {
	if t.events == nil {
		return nil
	}
	data, err := t.events.JSON()
	if err == nil {
		err = renameio.WriteFile(t.path, data, 0o644, renameio.WithTempDir(filepath.Dir(t.path)))
	}
	if err != nil {
		return &TraceError{Path: t.path, Err: err}
	}
	return nil
}
