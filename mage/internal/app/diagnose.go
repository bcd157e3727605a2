// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/diagnose"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// DiagnoseFlags are the flags of diagnose; nil means not given.
type DiagnoseFlags struct {
	Root *string
	JSON *bool
}

// statusError is an error with an exit status of its own, which mage asks for.
type statusError struct {
	err    error
	status int
}

func (e *statusError) Error() string   { return e.err.Error() }
func (e *statusError) Unwrap() error   { return e.err }
func (e *statusError) ExitStatus() int { return e.status }

// notAsked is the exit status of diagnose where it could not ask; what it has found has those of the report.
const notAsked = 3

// Diagnose is the diagnose target. It needs no repository, no engine and no cache. Its error has the report's exit status.
func Diagnose(ctx context.Context, f DiagnoseFlags) error {
	ctx, stop := untilSignal(ctx)
	defer stop(nil)
	out := newUI(folders{}, &providerPlace{}, nil)
	var report *diagnose.Report
	err := notEmpty("root", f.Root, "a directory with a machine's files")
	if err == nil {
		request := diagnose.Request{Root: value(f.Root, ""), JSON: f.JSON != nil && *f.JSON, LookupEnv: os.LookupEnv}
		report, err = diagnose.Do(ctx, request, out.Out())
		err = errors.Join(err, out.OutError())
	}
	if err := finish(ctx, failedRun{ui: out}, err); err != nil {
		return &statusError{err, notAsked}
	}
	if report.Status != diagnose.StatusFine {
		return &statusError{errors.New(report.Summary()), int(report.Status)} //nolint:err113 // for people
	}
	return nil
}

// DiagnoseBuild is the diagnose:build target: the same as one static program for each architecture.
func (a *App) DiagnoseBuild(ctx context.Context) error {
	dir := filepath.Join(a.dirs.dist, "diagnose")
	archs := []string{"amd64", "arm64"}
	name := func(dir, arch string) string { return filepath.Join(dir, "verbsmith-diagnose-"+arch) }
	err := a.pipeline.Collector().PlaceFolder(ctx, dir, func(dir string) error {
		for _, arch := range archs {
			if err := stage.BuildProgram(ctx, a.dirs.module(), stage.DiagnoseProgram, arch, name(dir, arch)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(archs))
	for _, arch := range archs {
		info, err := os.Stat(name(dir, arch))
		if err != nil {
			return err
		}
		rows = append(rows, []string{arch, size(info.Size()), a.relative(name(dir, arch))})
	}
	a.ui.Table("diagnose for machines without Go", []string{"architecture", "size", "path"}, rows)
	return nil
}
