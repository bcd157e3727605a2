// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
)

const (
	releaseBuildScript = "release-build.sh"

	releaseOut = "/builder/out"
	// checkedTree is the same for all releases, so that ccache recognises files that they
	// share.
	checkedTree = stage.TreeDir + "/rdma-core-checked"
)

// CompileProvider compiles the provider as releases:check does: a warning in its own files is
// an error.
//
// Errors: *containers.RunError with the compiler's messages in the stage's log.
func (w *Walker) CompileProvider(
	ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain,
) (artifact.ProviderBuild, error) {
	return w.compile(ctx, w.Compiler(j, tc, tree.Source.Epoch, stage.ForTrial), tree, j.Provider.Manifest)
}

// compile compiles the parts that discovery needs.
func (w *Walker) compile(ctx context.Context, c stage.Compiler, tree artifact.Tree, m provider.Manifest) (artifact.ProviderBuild, error) {
	entry, err := w.Make(ctx, "compile", compileInput{Compiler: c, Tree: tree, Provider: m.Name, Directory: m.Folder()})
	return artifact.ProviderBuild{
		Provider: m.Name, Device: m.Device, PrivateABI: tree.Result.PrivateABI, DriverID: tree.Result.DriverID,
		Toolchain: c.Image, At: checkedTree + "/build", Built: artifact.Directory{Path: entry.Dir, Digest: entry.Digest},
	}, err
}

// compileInput is the input of a provider's compilation.
type compileInput struct {
	Compiler  stage.Compiler
	Tree      artifact.Tree
	Provider  string
	Directory string // the provider's in the tree
}

// Container implements stage.Contained.
func (in compileInput) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: []string{releaseBuildScript, checkedTree, in.Provider, in.Directory, releaseOut},
		Name: "compile", User: stage.Builder, Volumes: []containers.VolumeMount{stage.OwnVolume(stage.TreeDir)},
		Inputs:  []containers.Input{stage.TreeInput(checkedTree, in.Tree.Dir, in.Tree.Source.Epoch)},
		Outputs: []containers.Output{{Path: releaseOut}},
	})
}

// Make implements stage.Input.
func (in compileInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// DiscoverProvider checks that ibv_devices of CompileProvider's build lists the device, and
// returns the evidence.
//
// Errors: *report.FailedError.
func (w *Walker) DiscoverProvider(ctx context.Context, b artifact.ProviderBuild) (string, error) {
	return w.discover(ctx, b, "listed")
}

// discover returns the evidence of the last verdict.
func (w *Walker) discover(ctx context.Context, b artifact.ProviderBuild, verdicts ...string) (string, error) {
	entry, err := w.Make(ctx, "discover", discoverInput{Build: b, Verdicts: verdicts, Judge: w.Judge})
	if err != nil {
		return "", err
	}
	said, err := stagecache.ReadFile(filepath.Join(entry.Dir, "said"))
	if err != nil {
		return "", fmt.Errorf("read the evidence of ibv_devices: %w", err)
	}
	return string(said), nil
}

// discoverInput is the input of the verdicts on a build.
type discoverInput struct {
	Build    artifact.ProviderBuild
	Verdicts []string

	Judge Judge `key:"-"`
}

// Make implements stage.Input.
func (in discoverInput) Make(ctx context.Context, w *stage.Work) error {
	said, err := in.Judge(ctx, w.Stage, in.Build, in.Verdicts)
	if err != nil {
		return err
	}
	return stage.WriteFile(w.Dir, "said", []byte(said))
}

// ReadModule reads the module of a build.
func ReadModule(b artifact.ProviderBuild) (*examine.Module, error) {
	file := filepath.Join(b.Built.Path, "lib", fmt.Sprintf("lib%s-rdmav%d.so", b.Provider, b.PrivateABI))
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open the module: %w", err)
	}
	defer f.Close()
	return examine.ReadModule(f)
}
