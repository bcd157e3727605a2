// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// InspectFlags are the flags of the inspect target that no other has.
type InspectFlags struct{ Against, JSON *string }

// changesStart is how the JSON of inspect begins.
const changesStart = "{\n  \"changes\": ["

var (
	errJSONOfNothing = errors.New("-json: want -against too, whose changes it gets")
	errTwoTargets    = errors.New("want -distro for RPMs or -suite for Debian packages, got both")
)

// Inspect is the inspect target.
func (a *App) Inspect(ctx context.Context, f InspectFlags) error {
	if err := a.checkInspect(ctx, f); err != nil {
		return err
	}
	s, err := a.doInspected(ctx)
	if err != nil {
		return err
	}
	out := s.Dist
	var compare *artifact.Dist
	if stock, err := a.pipeline.Collector().Stock(s.Job, s.Toolchain.Base, out.Manifest.Label()); err == nil && s.Job.Provider != nil {
		compare = stock
	}
	var found dist.Inspection
	if out.Debian() {
		found, err = dist.InspectDebs(ctx, out, compare, out.Manifest.Provider)
	} else {
		found, err = dist.Inspect(out, compare, out.Manifest.Provider)
	}
	if err != nil {
		return err
	}
	a.showInspection(found, out)
	if against := value(f.Against, ""); against != "" {
		return a.showAgainst(ctx, out, against, value(f.JSON, ""))
	}
	return nil
}

// doInspected makes RPMs, or with -suite Debian's packages.
func (a *App) doInspected(ctx context.Context) (*pipeline.State, error) {
	if a.flags.Suite != nil {
		return a.doDeb(ctx, pipeline.ForDeb)
	}
	return a.doRPM(ctx, pipeline.ForInspect)
}

// checkInspect refuses a mistake in the flags before anything is built.
func (a *App) checkInspect(ctx context.Context, f InspectFlags) error {
	var both error
	if a.flags.Suite != nil && a.flags.Distro != nil {
		both = errTwoTargets
	}
	err := errors.Join(both,
		notEmpty("against", f.Against, "a directory with packages, such as one in dist/, or the URL of a repository"),
		notEmpty("json", f.JSON, "a file to write"))
	file := value(f.JSON, "")
	if against := value(f.Against, ""); err == nil && against != "" {
		err = dist.CheckPlace(ctx, a.flags.Suite != nil, comparedPlace(against))
	}
	if err != nil || file == "" {
		return err
	}
	if value(f.Against, "") == "" {
		return errJSONOfNothing
	}
	if err := checkOutput(absolute(file), changesStart); err != nil {
		return fmt.Errorf("-json=%s: %w", file, err)
	}
	return nil
}

// showAgainst shows what is different for those who have the packages of another build, writes it as JSON, and has it in the report.
func (a *App) showAgainst(ctx context.Context, out artifact.Dist, against, file string) error {
	place := comparedPlace(against)
	list, err := dist.Against(ctx, out, place)
	if err != nil {
		return err
	}
	changes := dist.Changes{List: list, Against: shownPlace(place, hidden(a.dirs, a.flags))}
	rows := make([][]string, 0, len(list))
	for _, c := range list {
		rows = append(rows, []string{c.Package, c.What, c.Was, c.Is})
	}
	if len(rows) > 0 {
		a.ui.Table("changes since "+ui.Redact(against), []string{"name", "what", "was", "is"}, rows)
	} else {
		fmt.Fprintln(a.ui.Out(), "the packages in "+ui.Redact(against)+" have the same files, dependencies, scriptlets and sizes")
	}
	if err := a.pipeline.Collector().PlaceChanges(ctx, out.Dir, changes); err != nil {
		return err
	}
	a.made(out.Dir)
	if file == "" {
		return nil
	}
	text, err := changes.Text()
	if err == nil {
		err = renameio.WriteFile(absolute(file), text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write -json=%s: %w", file, err)
	}
	return nil
}

// comparedPlace is what -against names: a URL, or the path of a directory.
func comparedPlace(against string) string {
	if strings.Contains(against, "://") {
		return against
	}
	return absolute(against)
}

// shownPlace names a directory or a URL for others: without a password, and without what names the machine. Of a directory
// elsewhere on it the end is shown.
func shownPlace(place string, hide func(string) string) string {
	const kept = 3
	place = strings.TrimPrefix(place, "file://")
	shown := hide(ui.Redact(place))
	if !filepath.IsAbs(shown) {
		return shown
	}
	parts := strings.Split(strings.Trim(filepath.Clean(shown), "/"), "/")
	if len(parts) > kept {
		parts = append([]string{"…"}, parts[len(parts)-kept:]...)
	}
	return strings.Join(parts, "/")
}
