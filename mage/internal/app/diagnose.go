// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/diagnose"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// DiagnoseFlags are the flags of diagnose; nil means not given.
type DiagnoseFlags struct {
	Root, Image *string
	Packages    *string // files and directories, separated by commas
	Dist        *string // a directory, "" for the directory of outputs
	JSON        *bool
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

// errTwoQuestions is a contradiction of flags.
var errTwoQuestions = errors.New("-packages cannot be combined with -dist: give -packages=DIR for the packages of one directory")

// Diagnose is the diagnose target. It needs no repository, and an engine and a cache for an image alone. Its error has the
// report's exit status.
func Diagnose(ctx context.Context, f DiagnoseFlags) error {
	ctx, stop := untilSignal(ctx)
	defer stop(nil)
	out := newUI(folders{}, &providerPlace{}, nil)
	reports, err := f.ask(ctx, out)
	err = errors.Join(err, out.OutError())
	if err := finish(ctx, failedRun{ui: out}, err); err != nil {
		return &statusError{err, notAsked}
	}
	if worst := worstOf(reports); worst.Status != diagnose.StatusFine {
		return &statusError{errors.New(worst.Summary()), int(worst.Status)} //nolint:err113 // for people
	}
	return nil
}

// worstOf is the report whose status counts for several: a fault, or else one that is fine.
func worstOf(reports []*diagnose.Report) *diagnose.Report {
	for _, status := range []diagnose.Status{diagnose.StatusFault, diagnose.StatusFine} {
		for _, r := range reports {
			if r.Status == status {
				return r
			}
		}
	}
	return reports[0]
}

// check refuses flags that are empty or contradict each other.
func (f DiagnoseFlags) check() error {
	err := errors.Join(
		notEmpty("root", f.Root, "a directory with a machine's files"),
		notEmpty("image", f.Image, "an image such as docker.io/library/rockylinux:9"),
		notEmpty("packages", f.Packages, "package files, or directories with them, separated by commas"),
	)
	if f.Packages != nil && f.Dist != nil {
		err = errors.Join(err, errTwoQuestions)
	}
	return err
}

// ask asks all that the flags ask for, and shows it.
func (f DiagnoseFlags) ask(ctx context.Context, out *ui.UI) (reports []*diagnose.Report, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	dirs, err := f.directories()
	if err != nil {
		return nil, err
	}
	request := diagnose.Request{
		Root: value(f.Root, ""), Image: value(f.Image, ""), Alone: f.Packages != nil || f.Dist != nil, LookupEnv: os.LookupEnv,
		Export: func(ctx context.Context, read func(io.Reader) error) error {
			return exportImage(ctx, value(f.Image, ""), out, read)
		},
	}
	source, err := diagnose.Open(ctx, request)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	format := diagnose.Format{JSON: f.JSON != nil && *f.JSON, Columns: out.OutWidth()}
	if f.Dist == nil {
		var packages []string
		if f.Packages != nil {
			packages = strings.Split(*f.Packages, ",")
		}
		report, err := source.Ask(ctx, packages)
		if err != nil {
			return nil, err
		}
		return []*diagnose.Report{report}, format.Write(out.Out(), report)
	}
	asked := make([]string, 0, len(dirs))
	for _, dir := range dirs {
		packages, name := []string{dir}, shownPath(dir)
		if stock, err := dist.BesideAddon(dir); err != nil {
			return nil, err
		} else if stock != "" {
			packages, name = append(packages, stock), name+" next to "+filepath.Base(stock)
		}
		report, err := source.Ask(ctx, packages)
		if err != nil {
			return nil, err
		}
		reports, asked = append(reports, report), append(asked, name)
	}
	return reports, showDiagnoses(out.Out(), asked, reports, format)
}

// showDiagnoses shows an answer for each directory, by its name: as text, first a line of each; as JSON, a list of what one answer is.
func showDiagnoses(w io.Writer, names []string, reports []*diagnose.Report, format diagnose.Format) error {
	if format.JSON {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(reports) //nolint:wrapcheck // of writing
	}
	if len(reports) > 1 {
		for i, r := range reports {
			fmt.Fprintf(w, "%s: %s\n", names[i], r.Summary())
		}
		fmt.Fprintln(w)
	}
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, names[i])
		if err := format.Write(w, r); err != nil {
			return err
		}
	}
	return nil
}

// shownPath is a path below the working directory as it is, or else absolute.
func shownPath(dir string) string {
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, dir); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return dir
}

// directories are those with packages that -dist asks about.
func (f DiagnoseFlags) directories() ([]string, error) {
	if f.Dist == nil {
		return nil, nil
	}
	dir := strings.TrimSpace(*f.Dist)
	if dir == "" {
		dirs, err := findFolders()
		if err != nil {
			return nil, err
		}
		dir = dirs.dist
	}
	found, err := directoriesIn(absolute(dir))
	if err != nil {
		return nil, err
	}
	var with []string
	for _, dir := range found {
		if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err == nil { // others have a walk's results
			with = append(with, dir)
		}
	}
	if len(with) == 0 {
		return nil, &stage.AdviceError{
			Err:  fmt.Errorf("%s has no directory with packages", dir), //nolint:err113 // for people
			What: "build some with rpm, rpm:addon, deb or deb:addon, or name files with -packages=FILE",
		}
	}
	return with, nil
}

// exportImage streams the files of an image, which is pulled if the engine does not have it.
func exportImage(ctx context.Context, ref string, out *ui.UI, read func(io.Reader) error) (err error) {
	dirs, err := findFolders()
	if err != nil {
		return err
	}
	mirror, err := image.ParseMirror(os.Getenv(image.MirrorVariable))
	if err != nil {
		return err
	}
	engine, err := containers.Connect(ctx, containers.Options{
		RunDir: dirs.runs(), Notice: func(text string) { fmt.Fprintln(out.Err(), text) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }() //nolint:contextcheck // it cleans up after ctx has ended
	defer containers.EndSSH()                                 //nolint:contextcheck // as above
	for _, name := range []string{ref, mirror.Reference(ref)} {
		if _, here, err := engine.ImageID(ctx, name); err != nil {
			return err
		} else if here {
			return engine.Export(ctx, name, read)
		}
	}
	ref = mirror.Reference(ref)
	fmt.Fprintln(out.Err(), "pull "+ref)
	if err := engine.Pull(ctx, ref, nil); err != nil {
		return err
	}
	return engine.Export(ctx, ref, read)
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
