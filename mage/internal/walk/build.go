// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

const (
	releaseBuildStage  = 1
	releaseBuildScript = "release-build.sh"

	releaseOut = "/builder/out"
	// checkedTree is the same for all releases, so that the compiler's cache
	// knows a file that two of them share.
	checkedTree = stage.TreeDir + "/rdma-core-checked"
)

// CheckBuilds compiles each release with the provider, whose own files must compile
// without warnings, and has ibv_devices of that build list the device. At least two
// at a time: much of a row is copying and configuring, which leave cores idle.
func (w *Walker) CheckBuilds(ctx context.Context, j job.Job, tc artifact.Toolchain, r *Releases) error {
	return w.eachRow(ctx, "compile", max(2, runtime.NumCPU()/2), r, func(ctx context.Context, row *Row) (bool, error) {
		if !row.edited() {
			row.Compile, row.Devices = report.Result{State: report.NotTried}, report.Result{State: report.NotTried}
			return true, nil
		}
		hit, err := w.buildRow(ctx, j, tc, r, row)
		row.Compile, row.Devices = row.answer(err), report.Result{State: report.NotTried}
		switch _, undiscovered := errors.AsType[*report.FailedError](err); {
		case undiscovered:
			row.Compile, row.Devices = report.Result{State: report.Pass}, row.answer(err)
		case err == nil:
			row.Devices = report.Result{State: report.Pass}
		}
		return hit, err
	})
}

func (w *Walker) buildRow(ctx context.Context, j job.Job, tc artifact.Toolchain, r *Releases, row *Row) (bool, error) {
	key, err := discoverKey(makeStage, releaseBuildStage)
	if err != nil {
		return false, err
	}
	key = w.Compiler(j, tc, row.Release.Time, stage.ForTrial).Key(key).String("edit", row.edit.key)
	entry, err := w.Do(ctx, key, func(ctx context.Context, _ string) error {
		return w.inScratch(row.Release.Name, func(q *Walker) error {
			return q.buildRelease(ctx, j, tc, r.clone.Path(), row)
		})
	})
	return entry.Hit, err
}

// discoverKey begins the key of a stage that has ibv_devices of what
// release-build.sh compiled list the device: the scripts, and what plays the
// kernel's netlink to it.
func discoverKey(name string, version int) (*stagecache.KeyBuilder, error) {
	key, err := stage.ScriptKey(name, version, releaseBuildScript, scripts.Verdict, scripts.NetlinkPlayer)
	if err != nil {
		return nil, err
	}
	return key.Bytes(scripts.NetlinkSource, scripts.Netlink), nil
}

// buildRelease starts from the whole source, as the rpm target does, and compares
// the resulting patch with the one from the sparse tree.
func (w *Walker) buildRelease(ctx context.Context, j job.Job, tc artifact.Toolchain, clone string, row *Row) error {
	tree, err := w.sameInWhole(ctx, j, clone, row)
	if err != nil {
		return err
	}
	out := filepath.Join(w.CacheDir, "out")
	if err := w.compileRelease(ctx, j, tc, tree, out); err != nil {
		return err
	}
	return w.discover(ctx, j, tc, tree, out, "listed")
}

// sameInWhole integrates the provider into the whole source of a row, and compares
// the patch with the row's own.
func (w *Walker) sameInWhole(ctx context.Context, j job.Job, clone string, row *Row) (artifact.Tree, error) {
	// The version without the release: published sums do not apply to master, which
	// may have the number of a future release.
	j.Given, j.Version, j.Release = clone+"@"+row.Release.Commit, row.Release.Version, nil
	src, err := w.Source(ctx, j)
	if err != nil {
		return artifact.Tree{}, err
	}
	tree, err := w.Integrate(ctx, j, src)
	if err != nil {
		return artifact.Tree{}, err
	}
	patch, err := w.Patch(ctx, j, tree)
	if err != nil {
		return artifact.Tree{}, err
	}
	if err := sameFiles(patch.File, row.edit.patch); err != nil {
		return artifact.Tree{}, err
	}
	return tree, nil
}

// errPatchesDiffer is a bug: an edit reads a file that it does not declare.
var errPatchesDiffer = errors.New("internal error: the patch from the full tree differs from the patch from the sparse tree")

func sameFiles(a, b string) error {
	left, errA := stagecache.ReadFile(a)
	right, errB := stagecache.ReadFile(b)
	if err := errors.Join(errA, errB); err != nil {
		return fmt.Errorf("compare the patches: %w", err)
	}
	if !bytes.Equal(left, right) {
		return errPatchesDiffer
	}
	return nil
}

func (w *Walker) compileRelease(ctx context.Context, j job.Job, tc artifact.Toolchain, tree artifact.Tree, out string) error {
	s := w.Begin("compile")
	return w.End("compile", s, false, w.compileInto(ctx, s, j, tc, tree, out))
}

// compileInto compiles what discovery needs and leaves it in the directory out.
func (w *Walker) compileInto(ctx context.Context, s *ui.Stage, j job.Job, tc artifact.Toolchain, tree artifact.Tree, out string) error {
	files, err := stage.Files(tree.Dir)
	if err != nil {
		return err
	}
	for i := range files {
		files[i].Owner, files[i].Time = stage.BuilderUID, tree.Source.Epoch
	}
	argv := []string{releaseBuildScript, checkedTree, j.ProviderName(), j.Provider.Manifest.Folder(), releaseOut}
	c := w.Compiler(j, tc, tree.Source.Epoch, stage.ForTrial)
	return w.Compile(ctx, s, c, containers.RunSpec{
		Argv: argv,
		Name: "compile", User: stage.Builder, Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
		Inputs:  []containers.Input{stage.BuilderInput(checkedTree, files)},
		Outputs: []containers.Output{{Path: releaseOut, Dir: out}},
	})
}

// discover runs ibv_devices of the build where it was built, in containers of
// their own: a device node can only be made by root, and nothing compiles as root.
func (w *Walker) discover(
	ctx context.Context, j job.Job, tc artifact.Toolchain, tree artifact.Tree, out string, verdicts ...string,
) error {
	s := w.Begin("discover")
	_, err := w.judgeBuild(ctx, s, j, tc, tree, out, verdicts)
	return w.End("discover", s, false, err)
}

// judgeBuild returns the evidence of the last verdict. One that does not pass is
// a *report.FailedError.
func (w *Walker) judgeBuild(
	ctx context.Context, s *ui.Stage, j job.Job, tc artifact.Toolchain, tree artifact.Tree, out string, verdicts []string,
) (evidence string, err error) {
	files, err := stage.Files(out)
	if err != nil {
		return "", err
	}
	build := containers.Input{Path: checkedTree + "/build", Write: stage.Tar(files)}
	return w.Judge(ctx, s, Build{Job: j, Toolchain: tc, Result: tree.Result, Input: build}, verdicts)
}
