// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/tail"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// mostOutput limits the output of a verdict that is kept for reports, in bytes. Its evidence is at the end.
const mostOutput = 1 << 20

// Verdict runs a script whose exit status is a verdict, and fills in v: its state, its evidence, its output and how long it took. A
// script that fails is no error; the error is about a container that could not run.
func (r *Runner) Verdict(ctx context.Context, s *ui.Stage, v *report.Result, spec containers.RunSpec) (containers.Result, error) {
	out := tail.New(mostOutput)
	if spec.Log == nil {
		spec.Log = s.Log()
	}
	spec.Log = io.MultiWriter(spec.Log, out)
	start := time.Now()
	result, err := r.Script(ctx, s, spec)
	v.Elapsed = time.Since(start)
	v.Output, v.State = out.String(), report.StateOf(err == nil)
	v.Evidence = report.Evidence(v.Output)
	if _, ok := errors.AsType[*containers.RunError](err); ok {
		return result, nil
	}
	return result, err
}
