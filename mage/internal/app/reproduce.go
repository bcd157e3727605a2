// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/reproduce"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// ReproduceFlags are the flags of the reproduce target that no other has.
type ReproduceFlags struct{ Kind, Vary *string }

// NotReproducedError says which packages are not the same in two builds, and why.
type NotReproducedError struct {
	Kind    artifact.Kind
	Outcome reproduce.Outcome
}

// Error names the packages and the causes.
func (e *NotReproducedError) Error() string {
	causes := make([]string, 0, len(e.Outcome.Causes))
	for _, c := range e.Outcome.Causes {
		causes = append(causes, c.Name)
	}
	differ := e.Outcome.Differing()
	return fmt.Sprintf("%s: %d of %d packages differ between builds: %s. The cause: %s",
		e.Kind, len(differ), e.Outcome.Packages, few(differ), strings.Join(causes, ", "))
}

// Reproduce is the reproduce target: it builds packages twice from nothing, the second time with everything varied that a build
// should not notice, and looks for the cause if they differ.
func (a *App) Reproduce(ctx context.Context, f ReproduceFlags) error {
	kinds, err := reproducedKinds(f.Kind)
	wanted, each, errVary := reproduce.Choose(value(f.Vary, reproduce.All))
	empty := errors.Join(
		notEmpty("kind", f.Kind, "one of "+strings.Join(kindNames(), ", ")),
		notEmpty("vary", f.Vary, "all, each, or names of variations"))
	if err := errors.Join(empty, err, errVary); err != nil {
		return err
	}
	var failed []error
	rows := make([][]string, 0, len(kinds))
	for _, kind := range kinds {
		out, err := a.reproduce(ctx, kind, wanted, each)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		rows = append(rows, reproducedRow(kind, out))
		if len(out.Differ) > 0 {
			failed = append(failed, &NotReproducedError{Kind: kind, Outcome: out})
		}
	}
	a.ui.Table("two builds, varied: "+described(wanted), []string{packagesColumn, "bytes", "cause"}, rows)
	return errors.Join(failed...)
}

// described names variations.
func described(all []reproduce.Variation) string {
	names := make([]string, 0, len(all))
	for _, v := range all {
		names = append(names, v.Name)
	}
	return strings.Join(names, ", ")
}

func reproducedRow(kind artifact.Kind, out reproduce.Outcome) []string {
	if len(out.Differ) == 0 {
		made := count(out.Packages, "package") + ", " + count(out.Builds, "build")
		return []string{string(kind), "same", made + ", no byte differs"}
	}
	lines := make([]string, 0, len(out.Causes))
	for _, c := range out.Causes {
		line := c.Name
		if c.Title != "" {
			line += " (" + c.Title + ")"
		}
		lines = append(lines, line+": "+few(c.Where()))
	}
	return []string{string(kind), "DIFFER", strings.Join(lines, "\n")}
}

// few names the first of many.
func few(names []string) string {
	const most = 4
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func kindNames() []string {
	return []string{string(artifact.RPMs), string(artifact.RPMAddon), string(artifact.Debs), string(artifact.DebAddon)}
}

// reproducedKinds are those of -kind.
func reproducedKinds(given *string) ([]artifact.Kind, error) {
	names := []string{string(artifact.RPMs), string(artifact.RPMAddon), string(artifact.Debs)}
	if given := value(given, ""); given != "" {
		names = strings.Split(given, ",")
	}
	kinds := make([]artifact.Kind, 0, len(names))
	for _, name := range names {
		if !slices.Contains(kindNames(), name) {
			return nil, &specs.UnknownError{Kind: "kind of packages", Name: name, Known: kindNames()}
		}
		kinds = append(kinds, artifact.Kind(name))
	}
	return kinds, nil
}

// reproduce builds one kind of packages as often as the search needs.
func (a *App) reproduce(ctx context.Context, kind artifact.Kind, wanted []reproduce.Variation, each bool) (reproduce.Outcome, error) {
	j, recipe, err := a.reproducedJob(ctx, kind)
	if err != nil {
		return reproduce.Outcome{}, err
	}
	if kind.Addon() && j.Provider == nil {
		return reproduce.Outcome{}, needsProvider()
	}
	s := pipeline.NewState(j)
	s.Record.Kind = kind
	if err := a.pipeline.Do(ctx, recipe, s); err != nil {
		return reproduce.Outcome{}, err
	}
	builds := 0
	var first reproduce.Sums
	return reproduce.Search(ctx, wanted, each, func(ctx context.Context, with []reproduce.Variation) (reproduce.Sums, error) {
		builds++
		what := "as it is"
		if len(with) > 0 {
			what = "varied: " + described(with)
			if with[0].Title == "" {
				what = "held still: " + described(with)
			}
		}
		fmt.Fprintf(a.ui.Out(), "%s, build %d: %s\n", kind, builds, what)
		sums, err := a.buildVaried(ctx, s, with)
		if first == nil {
			first = sums
		} else if differ := first.Differ(sums); err == nil && len(differ) > 0 {
			fmt.Fprintf(a.ui.Out(), "%s, build %d: differs from the first: %s\n", kind, builds, few(differ))
		}
		return sums, err
	})
}

// buildVaried builds once.
func (a *App) buildVaried(ctx context.Context, s *pipeline.State, with []reproduce.Variation) (reproduce.Sums, error) {
	dir, err := os.MkdirTemp("", "verbsmith-reproduce-")
	if err != nil {
		return nil, fmt.Errorf("create a directory for the packages: %w", err)
	}
	defer os.RemoveAll(dir)
	s.Anew = stage.Anew{Dir: dir}
	if len(with) > 0 {
		if s.Anew.Vary, err = reproduce.Vary(with, s.Library); err != nil {
			return nil, err
		}
	}
	if err := a.pipeline.Do(ctx, pipeline.ForRemake, s); err != nil {
		return nil, err
	}
	return reproduce.Sum(dir)
}

// reproducedJob is the job for one kind of packages, and what comes before they are made.
func (a *App) reproducedJob(ctx context.Context, kind artifact.Kind) (job.Job, pipeline.Recipe, error) {
	recipe := pipeline.ForReproduceRPM
	if kind == artifact.Debs {
		recipe = pipeline.ForReproduceDeb
	}
	if kind.Addon() {
		recipe = pipeline.ForReproduceAddon
	}
	if kind.Debian() {
		j, err := a.debJob(ctx)
		return j, recipe, err
	}
	if kind.Addon() {
		j, err := a.rpmJob(ctx)
		return j, recipe, err
	}
	j, err := a.patchedRPMJob(ctx)
	return j, recipe, err
}
