// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// showPackages ends a target that made packages: the times, then what matters, and last the table of all packages.
func (a *App) showPackages(out artifact.Dist) error {
	m := out.Manifest
	found, err := dist.Inspect(out, nil, m.Provider)
	if err != nil {
		return err
	}
	a.showTimes()
	title := fmt.Sprintf("rdma-core %s for %s", m.Label(), filepath.Base(filepath.Dir(out.Dir)))
	if m.Standin {
		title += " (stand-in base: not releasable)"
	}
	where := a.relative(out.Dir)
	fields := []ui.Field{{Name: "verdict", Text: a.verdict(out)}, {Name: "where", Text: where}}
	if text := addedFiles(found); text != "" {
		fields = append(fields, ui.Field{Name: m.Provider + " adds", Text: text})
	}
	rows, err := a.fileRows(out, found)
	if err != nil {
		return err
	}
	a.ui.List(title, fields)
	header := []string{"package", "version", "size", "path"}
	if a.ui.OutWidth() > 0 {
		header[3] = "directory"
	}
	a.ui.Table("packages", header, rows)
	return nil
}

// verdict says in a line what a target that made packages has done.
func (a *App) verdict(out artifact.Dist) string {
	if len(a.pipeline.Ran()) == 0 {
		return "nothing to do: " + a.relative(out.Dir) + " is up to date"
	}
	packages := 0
	for _, f := range out.Manifest.Files {
		if pkgfile.IsRPM(f.Path) || pkgfile.IsDeb(f.Path) {
			packages++
		}
	}
	target := "test:integration"
	if out.Debian() {
		target = "test:deb"
	}
	return fmt.Sprintf("built %s; go tool mage %s installs them and tests discovery", count(packages, "package"), target)
}

// addedFiles lists the provider's files, a line for each package that has some.
func addedFiles(found dist.Inspection) string {
	const most = 4 // of a package
	owned := map[string][]string{}
	for _, file := range found.OwnedFiles() {
		owned[found.Owners[file]] = append(owned[found.Owners[file]], file)
	}
	var lines []string
	for _, pkg := range found.Packages {
		files := owned[pkg.NEVRA]
		if len(files) == 0 {
			continue
		}
		shown := strings.Join(files[:min(len(files), most)], ", ")
		if more := len(files) - most; more > 0 {
			shown += fmt.Sprintf(" and %d more (inspect lists them)", more)
		}
		lines = append(lines, fmt.Sprintf("%s in %s: %s", count(len(files), "file"), pkg.Name, shown))
	}
	return strings.Join(lines, "\n")
}

// fileRows are the packages and what is next to them. A file's path is that below the repository, as scripts read it; on a
// screen, which has no room for it, it is the directory below where the packages are.
func (a *App) fileRows(out artifact.Dist, found dist.Inspection) ([][]string, error) {
	packages := map[string]pkgfile.RPM{}
	for _, pkg := range found.Packages {
		packages[pkg.NEVRA] = pkg.RPM
	}
	screen := a.ui.OutWidth() > 0
	rows := make([][]string, 0, len(out.Manifest.Files))
	for _, f := range out.Manifest.Files {
		file := filepath.Join(out.Dir, filepath.FromSlash(f.Path))
		name, version := path.Base(f.Path), ""
		if pkgfile.IsDeb(f.Path) {
			name, version = pkgfile.DebName(f.Path)
		}
		if f.NEVRA != "" {
			pkg, ok := packages[f.NEVRA]
			if !ok { // the source package
				var err error
				if pkg, err = pkgfile.ReadRPM(file); err != nil {
					return nil, err
				}
			}
			name, version = pkg.Name, pkg.Version+"-"+pkg.Release
		}
		place := a.relative(file)
		if screen {
			place = path.Dir(f.Path)
		}
		rows = append(rows, []string{name, version, size(f.Size), place})
	}
	return rows, nil
}

// showTimes is the table of the stages, and for those that ran a container the phases that took
// the most time.
func (a *App) showTimes() {
	a.ui.Summary(a.ui.StageTimes())
	for _, s := range timing.Sum(a.pipeline.Times()) {
		fmt.Fprintln(a.ui.Out(), phaseLine(s))
	}
}

// phaseLine names the biggest phases of a stage, as "rpm: compile 1:02, prep 9.0 s, all else 7.7 s".
func phaseLine(s timing.Stage) string {
	const shown = 4
	most, others := s.Biggest(shown)
	parts := make([]string, 0, shown+1)
	for _, share := range most {
		parts = append(parts, share.Phase.Words()+" "+ui.Took(timing.Duration(share.Seconds)))
	}
	if others > 0 {
		parts = append(parts, "all else "+ui.Took(timing.Duration(others)))
	}
	return s.Stage + ": " + strings.Join(parts, ", ")
}

// size formats a number of bytes.
func size(n int64) string {
	const unit = 1024
	units := []string{"B", "KiB", "MiB", "GiB"}
	f, i := float64(n), 0
	for f >= unit && i < len(units)-1 {
		f, i = f/unit, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

// Patch is the patch target.
func (a *App) Patch(ctx context.Context) error {
	j, err := a.patchJob(ctx)
	if err != nil {
		return err
	}
	if j.Provider == nil {
		return needsProvider()
	}
	s := pipeline.NewState(j)
	if err := a.pipeline.Do(ctx, pipeline.ForPatch, s); err != nil {
		return err
	}
	file, err := a.pipeline.Collector().PlaceFile(ctx, s.Job, s.Source.Label(), s.Patch.Name, s.Patch.File)
	if err != nil {
		return err
	}
	a.showTimes()
	edits := make([][]string, 0, len(s.Tree.Edits()))
	for _, e := range s.Tree.Edits() {
		edits = append(edits, []string{e.File, e.What})
	}
	a.ui.Table("edits", []string{"file", "what"}, edits)
	a.warnShared(s.Tree.Result.Warnings)
	fmt.Fprintf(a.ui.Out(), "%s applies with git apply and patch -p1 -F0; %s\n", a.relative(file), s.Tree.DriverID())
	return nil
}

// warnShared warns of other providers that match the same driver id.
func (a *App) warnShared(warnings []provider.SharedIDError) {
	for _, w := range warnings {
		fmt.Fprintln(a.ui.Out(), "warning: "+w.Error())
		a.ui.Annotate(ui.Annotation{Level: ui.LevelWarning, Title: "driver id", Message: w.Error(), File: w.File, Line: w.Line})
	}
}

// Spec is the spec target.
func (a *App) Spec(ctx context.Context) error {
	s, err := a.doRPM(ctx, pipeline.ForSpec)
	if err != nil {
		return err
	}
	file, err := a.pipeline.Collector().PlaceFile(ctx, s.Job, s.Source.Label(), filepath.Base(s.Spec.File), s.Spec.File)
	if err != nil {
		return err
	}
	fmt.Fprint(a.ui.Out(), s.Spec.Diff)
	fmt.Fprintln(a.ui.Out(), a.relative(file))
	if s.Patch.Name != "" {
		fmt.Fprintf(a.ui.Out(), "it names %s, which go tool mage patch writes\n", s.Patch.Name)
	}
	return nil
}

// showInspection shows what the packages of a directory contain.
func (a *App) showInspection(found dist.Inspection, of artifact.Dist) {
	out, target := a.ui.Out(), "rpm"
	if of.Debian() {
		target = "deb"
	}
	for _, pkg := range found.Packages {
		fmt.Fprint(out, dist.FileTree(pkg))
	}
	rows := make([][]string, 0, len(found.Owners))
	for _, file := range found.OwnedFiles() {
		rows = append(rows, []string{file, found.Owners[file]})
	}
	a.ui.Table("files of "+of.Manifest.Provider, []string{"file", "package"}, rows)
	if found.Stock == "" {
		const hint = "+ marks files with the provider's name; %s -provider=%s builds the stock packages to compare with\n"
		fmt.Fprintf(out, hint, target, noProvider)
		return
	}
	rows = nil
	for _, pkg := range found.Packages {
		added, missing := pkg.Difference()
		if len(added)+len(missing) > 0 {
			rows = append(rows, []string{pkg.Name, strings.Join(added, "\n"), strings.Join(missing, "\n")})
		}
	}
	a.ui.Table("compared with the stock packages in "+a.relative(found.Stock), []string{"package", "added", "missing"}, rows)
}
