// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
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
func (p *Pipeline) Deb(ctx context.Context, job job.Job, src artifact.Source, debian artifact.DebianSource, tc artifact.Toolchain) (artifact.Packages, error) {
	key, err := scriptKey("deb", debStage, debScript)
	if err != nil {
		return artifact.Packages{}, err
	}
	c := p.compiler(job, tc, src.Epoch, forPackages)
	key = c.key(key).
		File("tarball", src.Tarball).
		String("debian", debian.Key)
	entry, err := p.cached(ctx, "deb", key, func(ctx context.Context, dir string, s *ui.Stage) error {
		return p.dpkgBuildpackage(ctx, src, debian, c, dir, s)
	})
	return artifact.Packages{Dir: entry.Dir, Key: entry.Key}, err
}

func (p *Pipeline) dpkgBuildpackage(
	ctx context.Context, src artifact.Source, debian artifact.DebianSource, c compiler, dir string, s *ui.Stage,
) error {
	inputs, err := folderFiles(debian.Dir)
	if err != nil {
		return err
	}
	for i, f := range inputs {
		inputs[i].name = artifact.DebianDir + "/" + f.name
	}
	inputs = append(inputs, tarFile{name: fmt.Sprintf("rdma-core_%s.orig.tar.gz", src.Version), path: src.Tarball})
	for i := range inputs {
		inputs[i].owner, inputs[i].mtime = builderUID, src.Epoch
	}
	err = p.runCompiler(ctx, s, c, containers.RunSpec{
		Argv: []string{debScript, src.Version, debIn, debOut},
		Name: "deb", User: builder, WorkDir: debFolder,
		Volumes: []containers.VolumeMount{ownVolume(debFolder)},
		Inputs:  []containers.Input{{Path: debIn, UID: builderUID, GID: builderUID, Write: tarOf(inputs)}},
		Outputs: []containers.Output{{Path: debOut, Dir: dir}},
		Log:     ninjaLog(s),
	})
	if err != nil {
		return err
	}
	return keepLog(s, dir, "deb.log")
}

// DebName takes the name of a package file apart: NAME_VERSION_ARCH.deb.
func DebName(file string) (name, version string) {
	name, rest, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".deb"), "_")
	version, _, _ = strings.Cut(rest, "_")
	return name, version
}

// isDeb tells binary packages by their file name.
func isDeb(file string) bool { return strings.HasSuffix(file, ".deb") }

// isDebugDeb tells packages that carry debugging data from the others.
func isDebugDeb(file string) bool {
	name, _ := DebName(file)
	return strings.HasSuffix(name, "-dbgsym") || strings.HasSuffix(name, "-dbg")
}
