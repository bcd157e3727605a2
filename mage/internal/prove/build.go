// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

// JudgeBuild runs verdicts on a build in its toolchain, each in its own container: only root
// can create a device node, and nothing compiles as root. It returns the evidence of the last
// one.
//
// Errors: *report.FailedError if one did not pass.
func (p *Prover) JudgeBuild(ctx context.Context, s *ui.Stage, b artifact.ProviderBuild, verdicts []string) (evidence string, err error) {
	m, err := subjectOf(b.Provider, b.Device, b.PrivateABI, b.DriverID)
	if err != nil {
		return "", err
	}
	files, err := stage.Files(b.Built.Path)
	if err != nil {
		return "", err
	}
	t := &trial{Prover: p, line: s, toolchain: b.Toolchain}
	spec, err := t.cleanRun(ctx, b.Toolchain, m)
	if err != nil {
		return "", err
	}
	spec.Env["BIN"] = path.Join(b.At, "bin")
	spec.Inputs = append(spec.Inputs, containers.Input{Path: b.At, Write: stage.Tar(files)})
	for _, name := range verdicts {
		v := report.Result{Name: name, Title: name + " of the build, for " + m.device}
		if err := t.judge(ctx, &v, spec); err != nil {
			return "", err
		}
		if !v.Passed() {
			return "", &report.FailedError{Failed: []report.Result{v}}
		}
		evidence = v.Evidence
	}
	return evidence, nil
}

// JudgeTogether runs a verdict on several builds in one container, and reports which have
// passed. One that has not says nothing: JudgeBuild does.
func (p *Prover) JudgeTogether(ctx context.Context, s *ui.Stage, builds []artifact.ProviderBuild, verdict string) ([]bool, error) {
	parts := make([]stage.Part, len(builds))
	for i, b := range builds {
		m, err := subjectOf(b.Provider, b.Device, b.PrivateABI, b.DriverID)
		if err != nil {
			return nil, err
		}
		t := &trial{Prover: p, line: s, toolchain: b.Toolchain}
		spec, err := t.cleanRun(ctx, b.Toolchain, m)
		if err != nil {
			return nil, err
		}
		files, err := stage.Files(b.Built.Path)
		if err != nil {
			return nil, err
		}
		name := strconv.Itoa(i)
		for n := range files {
			files[n].Name = path.Join(builtFolder[1:], name, files[n].Name)
		}
		spec.Env["BIN"] = path.Join(b.At, "bin")
		spec.Argv = []string{buildVerdict, b.At, path.Join(builtFolder, name), verdict}
		spec.Inputs = append(spec.Inputs, stage.ScriptInput(scripts.Verdict), containers.Input{Path: "/", Write: stage.Tar(files)})
		parts[i] = stage.Part{Name: name, Spec: spec}
	}
	dir, err := os.MkdirTemp("", "verbsmith-verdicts-")
	if err != nil {
		return nil, fmt.Errorf("create a directory for verdicts: %w", err)
	}
	defer os.RemoveAll(dir)
	return p.RunTogether(ctx, s, filepath.Join(dir, "out"), parts), nil
}

const (
	buildVerdict = "build-verdict.sh"
	builtFolder  = "/verbsmith-builds"
)
