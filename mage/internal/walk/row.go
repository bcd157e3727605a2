// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// Row has the results of one release.
type Row struct {
	Release Release

	// Results of the edit, once Patch has been tried.
	PrivateABI int
	DriverID   int
	Constant   string
	Warnings   []provider.SharedIDError
	NoEdits    []string // files without an edit

	Patch, Spec, Compile, Devices report.Result

	edit          releaseEdit
	parsed, built bool   // passed together with other rows
	oldest        string // the oldest release that the distro compiles; "": all
}

func newRow(ref Release) *Row {
	row := &Row{Release: ref}
	if ref.Skipped != "" {
		row.Patch = report.Result{State: report.Skipped, Evidence: ref.Skipped}
	}
	return row
}

// Skipped says that the row's release was not tried, or has the very provider already.
func (r *Row) Skipped() bool { return r.Patch.State == report.Skipped }

// PatchFile is the patch of the row's edit, "" without one.
func (r *Row) PatchFile() string { return r.edit.patch.File }

// edited reports whether the release has the provider, which later checks need.
func (r *Row) edited() bool { return r.Patch.State == report.Pass }

// checks are the row's checks in their order.
func (r *Row) checks() []report.Result {
	return []report.Result{r.Patch, r.Spec, r.Compile, r.Devices}
}

// Failed says that the row makes the walk fail.
func (r *Row) Failed() bool {
	for _, c := range r.checks() {
		if c.State == report.Fail {
			return true
		}
	}
	return false
}

// Why is the reason of the first check that did not pass, or "".
func (r *Row) Why() string {
	for _, c := range r.checks() {
		if c.Evidence != "" {
			return c.Evidence
		}
	}
	return ""
}

// LogPath is the log of the first check that did not pass, or "".
func (r *Row) LogPath() string {
	for _, c := range r.checks() {
		if c.Log != "" {
			return c.Log
		}
	}
	return ""
}

// answer converts the error of a check to its result. Releases before the oldest supported one
// may fail, and those before the oldest one that the distro compiles.
func (r *Row) answer(err error) report.Result {
	if err == nil {
		return report.Result{State: report.Pass}
	}
	c := report.Result{State: report.Fail, Evidence: reason(err), Log: logOf(err)}
	if errors.Is(err, patchset.ErrNoDifference) {
		return report.Result{State: report.Skipped, Evidence: "has the same provider already"}
	}
	if compareNames(r.Release.Name, OldestSupported) < 0 || r.oldest != "" && compareNames(r.Release.Name, r.oldest) < 0 {
		c.State = report.Unsupported
	}
	return c
}

// reason is an error in one line. A compiler's message comes before the end of its container.
func reason(err error) string {
	if run, ok := errors.AsType[*containers.RunError](err); ok {
		if said := firstCompilerError(run.Log); said != "" {
			return said
		}
		if len(run.Lines) > 0 {
			return strings.TrimSpace(run.Lines[len(run.Lines)-1])
		}
	}
	text, name := err.Error(), ""
	if failed, ok := errors.AsType[*stage.Error](err); ok {
		text, name = failed.Err.Error(), failed.Name+": "
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return name + cacheSays.ReplaceAllString(first, "")
}

// cacheSays is the prefix that the stage cache adds to the error of a stage; in a walk, stages
// are nested.
var cacheSays = regexp.MustCompile(`^(stage [a-z-]+: )+`)

func firstCompilerError(log string) string {
	f, err := os.Open(log)
	if err != nil {
		return ""
	}
	defer f.Close()
	found := ui.CompilerErrors(f)
	if len(found) == 0 {
		return ""
	}
	said := inTree.ReplaceAllString(found[0].String(), "")
	if why := stage.ExplainCompiler(found[0]); why != "" {
		said += " (" + why + ")"
	}
	return said
}

// inTree is the path of a release's tree in its container, which means nothing to the reader of
// a row.
var inTree = regexp.MustCompile(`^` + stage.TreeDir + `/rdma-core-[^/]+/`)

func logOf(err error) string {
	failed, ok := errors.AsType[*stage.Error](err)
	if !ok {
		return ""
	}
	if _, err := os.Stat(failed.Log); err != nil {
		return "" // it wrote none
	}
	return failed.Log
}

// CountReleases is a number of releases in words.
func CountReleases(n int) string {
	if n == 1 {
		return "1 release"
	}
	return fmt.Sprintf("%d releases", n)
}

// ReleasesError says which releases failed, each with its reason.
type ReleasesError struct{ Failed []*Row }

// Error implements error.
func (e *ReleasesError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s failed", CountReleases(len(e.Failed)))
	for _, row := range e.Failed {
		fmt.Fprintf(&text, "\n%s: %s", row.Release.Name, row.Why())
		if log := row.LogPath(); log != "" {
			fmt.Fprintf(&text, " (log %s)", log)
		}
	}
	return text.String()
}

// Err is nil if no row failed, else a *ReleasesError.
func (r *Releases) Err() error {
	var failed []*Row
	for _, row := range r.Rows {
		if row.Failed() {
			failed = append(failed, row)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &ReleasesError{Failed: failed}
}
