// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// PlainRPM is what a person runs by hand on the inputs of RPM, for comparison: rpmbuild -ba in the
// toolchain, with its work in a volume and without ccache. Nothing is copied out.
func PlainRPM(j job.Job, of Sources) containers.RunSpec {
	return plain(of.Source, of.Toolchain, containers.RunSpec{
		Name: "rpmbuild", WorkDir: stage.Topdir,
		Argv:    []string{"rpmbuild", "-ba", "--define", "_topdir " + stage.Topdir, specPath},
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs:  []containers.Input{{Path: stage.Topdir, Write: stage.Tar(rpmFiles(j, of, of.Patch.File))}},
	})
}

// PlainDeb is the same for Deb: dpkg-buildpackage -b. Its argv is a script for stage.Runner.Script.
func PlainDeb(src artifact.Source, debian artifact.DebianSource, tc artifact.Toolchain) (containers.RunSpec, error) {
	files, err := stage.Files(debian.Dir)
	in := stage.NewDebBuild(stage.Compiler{}, artifact.Base{}, rdmaCore, src, files).Container()
	return plain(src, tc, containers.RunSpec{
		Name: "dpkg-buildpackage", WorkDir: in.WorkDir, Argv: []string{"plain-deb.sh", src.Version, in.Inputs[0].Path},
		Volumes: in.Volumes, Inputs: in.Inputs,
	}), err
}

func plain(src artifact.Source, tc artifact.Toolchain, spec containers.RunSpec) containers.RunSpec {
	spec.User = stage.Builder
	spec = stage.Compiler{Image: tc.ID, Epoch: src.Epoch}.Spec(spec)
	spec.Programs = false
	return spec
}
