// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"fmt"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	debStage  = 2
	debScript = "deb-build.sh"
	debFolder = "/builder/deb" // the Containerfile makes it
	debIn     = debFolder + "/in"
	debOut    = debFolder + "/out"
)

// Deb makes Debian's source package from the release's tarball and debian/, and
// from that package alone the binary ones, without a network and as an
// unprivileged user.
//
// Errors: *containers.RunError.
func (p *Packer) Deb(
	ctx context.Context, j job.Job, src artifact.Source, debian artifact.DebianSource, tc artifact.Toolchain,
) (artifact.Packages, error) {
	key, err := stage.ScriptKey("deb", debStage, debScript)
	if err != nil {
		return artifact.Packages{}, err
	}
	c := p.Compiler(j, tc, src.Epoch, stage.ForPackages)
	key = c.Key(key).
		File("tarball", src.Tarball).
		String("debian", debian.Digest)
	entry, err := p.Cached(ctx, "deb", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		return p.dpkgBuildpackage(ctx, src, debian, c, dir, s)
	})
	return artifact.Packages{Dir: entry.Dir, Key: entry.Key}, err
}

func (p *Packer) dpkgBuildpackage(
	ctx context.Context, src artifact.Source, debian artifact.DebianSource, c stage.Compiler, dir string, s *ui.Stage,
) error {
	inputs, err := stage.Files(debian.Dir)
	if err != nil {
		return err
	}
	for i, f := range inputs {
		inputs[i].Name = artifact.DebianDir + "/" + f.Name
	}
	inputs = append(inputs, stage.File{Name: fmt.Sprintf("rdma-core_%s.orig.tar.gz", src.Version), Path: src.Tarball})
	for i := range inputs {
		inputs[i].Owner, inputs[i].Time = stage.BuilderUID, src.Epoch
	}
	err = p.Compile(ctx, s, c, containers.RunSpec{
		Argv: []string{debScript, src.Version, debIn, debOut},
		Name: "deb", User: stage.Builder, WorkDir: debFolder,
		Volumes: []containers.VolumeMount{stage.OwnVolume(debFolder)},
		Inputs:  []containers.Input{stage.BuilderInput(debIn, inputs)},
		Outputs: []containers.Output{{Path: debOut, Dir: dir}},
		Log:     stage.NinjaLog(s),
	})
	if err != nil {
		return err
	}
	return stage.KeepLog(s, dir, "deb.log")
}
