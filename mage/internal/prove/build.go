// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"path"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// Build is a build of the provider whose ibv_devices is run.
type Build struct {
	Job       job.Job
	Toolchain artifact.Toolchain
	Result    provider.Result  // of the provider's integration
	Input     containers.Input // bin and lib of the build, at the path where it was built
}

// JudgeBuild runs verdicts about a build where it was built, each in a container of its own:
// a device node can only be made by root, and nothing compiles as root. It returns the
// evidence of the last one.
//
// Errors: *report.FailedError if one did not pass.
func (p *Prover) JudgeBuild(ctx context.Context, s *ui.Stage, b Build, verdicts []string) (evidence string, err error) {
	m, err := subjectOf(b.Job, b.Result.PrivateABI, b.Result.DriverID)
	if err != nil {
		return "", err
	}
	spec, err := p.cleanRun(ctx, s, b.Toolchain, b.Toolchain.ID, m)
	if err != nil {
		return "", err
	}
	spec.Env["BIN"] = path.Join(b.Input.Path, "bin")
	spec.Inputs = append(spec.Inputs, b.Input)
	for _, name := range verdicts {
		v := report.Result{Name: name, Title: name + " of the build, for " + m.device}
		if err := p.judge(ctx, s, &v, spec); err != nil {
			return "", err
		}
		if !v.Passed() {
			return "", &report.FailedError{Failed: []report.Result{v}}
		}
		evidence = v.Evidence
	}
	return evidence, nil
}
