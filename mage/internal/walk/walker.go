// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

// Walker runs the stages of rows. Its fields are set once.
type Walker struct {
	*stage.Runner
	Stages

	Root     string // the repository: the manifests of transplants are read below it
	Releases *specs.Releases
	together int // groups of rows that are tried at a time; 0: as many as the machine can
	// Over returns the same walker with another runner and record of sums.
	Over func(runner *stage.Runner, sums *specs.Sums) *Walker
}

// Stages are the stages of other families that a row needs.
type Stages struct {
	Source     func(ctx context.Context, j job.Job) (artifact.Source, error)
	Integrate  func(ctx context.Context, j job.Job, src artifact.Source) (artifact.Tree, error)
	Patch      func(ctx context.Context, j job.Job, tree artifact.Tree) (artifact.Patch, error)
	ProvePatch func(ctx context.Context, tree artifact.Tree, patch artifact.Patch) ([]patchset.Proof, error)
	Spec       func(ctx context.Context, j job.Job, src artifact.Source) (artifact.Spec, error)

	Judge Judge
	// JudgeTogether runs a verdict on several builds in one container, and reports which have
	// passed.
	JudgeTogether func(ctx context.Context, s *ui.Stage, builds []artifact.ProviderBuild, verdict string) ([]bool, error)

	// PlaceFolder replaces a directory of the outputs with the files that fill writes to dir.
	//
	// Errors: *owned.ForeignError if the directory has a file that is not verbsmith's.
	PlaceFolder func(ctx context.Context, folder string, fill func(dir string) error) error
}

// Judge runs verdicts on a build, each in its own container, and returns the evidence of the
// last one.
//
// Errors: *report.FailedError if one did not pass.
type Judge func(ctx context.Context, s *ui.Stage, b artifact.ProviderBuild, verdicts []string) (evidence string, err error)

// inScratch runs stages for one of many releases: they show nothing, and their outputs are
// deleted at the end, so that a walk neither fills the disk nor evicts a day's work from the
// cache. The sums of archives made from the user's own clone are not recorded either.
func (w *Walker) inScratch(name string, run func(*Walker) error) (err error) {
	dir, err := os.MkdirTemp("", "verbsmith-releases-")
	if err != nil {
		return fmt.Errorf("create a directory for a release: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	sums, err := specs.OpenSums(filepath.Join(dir, "sums"))
	if err != nil {
		return err
	}
	runner, err := w.Scratch(name, dir)
	if err != nil {
		return err
	}
	defer runner.UI.Close()
	return run(w.Over(runner, sums))
}
