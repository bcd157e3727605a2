// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"bytes"
	"context"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
)

// Prober reads facts about images.
type Prober struct{ *stage.Runner }

// Probe reads the facts about a job's base: about the image in which packages are tested, and about what a toolchain for
// the spec would install. Only the second may need a network; what it cannot be asked for is in the facts too.
func (p *Prober) Probe(ctx context.Context, j job.Job, base artifact.Base, spec artifact.Spec) (Facts, error) {
	s := p.Begin("probe")
	var out bytes.Buffer
	run := func(image string, network bool, argv ...string) error {
		file := stage.File{Name: stage.ScriptDir[1:] + "/" + artifact.SpecFile, Path: spec.File}
		_, err := p.Script(ctx, s, containers.RunSpec{
			Argv: append([]string{scripts.DistroProbe}, argv...), Name: "probe", Image: image, Root: true, User: "root",
			Network: network, Repositories: true, Stdout: &out,
			Inputs: []containers.Input{{Path: "/", Write: stage.Tar([]stage.File{file})}},
		})
		return err
	}
	err := run(base.Minimal, false, "plain")
	if err == nil {
		argv := append([]string{"toolchain", stage.ScriptDir + "/" + artifact.SpecFile}, j.Distro().Repositories...)
		err = run(base.ID, base.Network(), argv...)
	}
	facts := Facts{}
	if err == nil {
		facts, err = Parse(out.String())
	}
	return facts, p.End("probe", s, false, err)
}
