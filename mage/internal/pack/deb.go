// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
)

// Deb builds Debian's source package from the release's tarball and debian/, and the binary
// packages from that package alone, without a network and as an unprivileged user.
//
// Errors: *containers.RunError.
func (p *Packer) Deb(
	ctx context.Context, j job.Job, src artifact.Source, debian artifact.DebianSource, tc artifact.Toolchain,
) (artifact.Packages, error) {
	files, err := stage.Files(debian.Dir)
	if err != nil {
		return artifact.Packages{}, err
	}
	in := debInput{stage.NewDebBuild(p.Compiler(j, tc, src.Epoch, stage.ForPackages), tc.Base, rdmaCore, src, files)}
	if p.Anew.Dir != "" {
		in.Compiler = in.Compiler.Fresh()
	} else if j.Provider != nil {
		in.DebBuild = in.WithCommon(p.Compiler(j.Stock(), tc, src.Epoch, stage.ForPackages), debian.Patch)
	}
	return p.MakePackages(ctx, "deb", stage.PackagesInput{
		Input: in, Script: scripts.DebBuild, Compiler: in.Compiler, Files: in.Files, Anew: p.Anew,
	}, nothing)
}

// rdmaCore is the name of upstream's source package.
const rdmaCore = "rdma-core"

// debInput is the input of dpkg-buildpackage.
type debInput struct{ stage.DebBuild }

// Make implements stage.Input.
func (in debInput) Make(ctx context.Context, w *stage.Work) error {
	if err := in.Common.Run(ctx, w); err != nil {
		return err
	}
	return stage.KeepLog(w.Stage, w.Dir, "deb.log")
}
