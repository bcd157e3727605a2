// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// discovery are the verdicts about whether the device is found. One that failed does not say why: libibverbs does not.
func discovery() []string { return []string{"private-abi", "loads", "listed", "devinfo"} }

// explain adds to the report what diagnose says where the verdicts have run, if one of those about discovery failed. spec is
// a clean run there.
func (t *trial) explain(ctx context.Context, verdicts []report.Result, spec containers.RunSpec) error {
	failed := func(v report.Result) bool { return !v.Passed() && slices.Contains(discovery(), v.Name) }
	if !slices.ContainsFunc(verdicts, failed) {
		return nil
	}
	const name, file = "diagnose", "verbsmith-diagnose"
	dir, err := os.MkdirTemp("", "verbsmith-diagnose-")
	if err != nil {
		return fmt.Errorf("create a directory for diagnose: %w", err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, file)
	if err := t.EngineProgram(ctx, t.Module, stage.DiagnoseProgram, program); err != nil {
		return err
	}
	inputs := stage.Tar([]stage.File{{Name: file, Path: program, Mode: 0o755}})
	spec.Inputs = append(slices.Clone(spec.Inputs), containers.Input{Path: "/", Write: inputs})
	spec.Env = maps.Clone(spec.Env)
	spec.Env["DIAGNOSE"] = "/" + file
	v := report.Result{Name: name}
	if err := t.judge(ctx, &v, spec); err != nil {
		return err
	}
	t.suite.Diagnosis = strings.TrimSpace(v.Output)
	return nil
}
