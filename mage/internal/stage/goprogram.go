// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"fmt"
	"os/exec"
)

// EngineProgram is BuildProgram for the containers of the engine.
func (r *Runner) EngineProgram(ctx context.Context, module, pkg, out string) error {
	engine, err := r.Engine(ctx)
	if err != nil {
		return err
	}
	return BuildProgram(ctx, module, pkg, engine.Processor(), out)
}

// BuildProgram compiles a program of verbsmith for Linux as one static file: pkg is its package, arch is one of Go's architectures,
// and module is a directory in which the go command finds verbsmith. Nothing of the machine, of the user or of a directory
// is in it. Go's own cache avoids repeated work.
func BuildProgram(ctx context.Context, module, pkg, arch, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, pkg)
	cmd.Dir = module
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch,
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile %s for %s: %w: %s", pkg, arch, err, text)
	}
	return nil
}

// DiagnoseProgram is the package of the program that says why a verbs device is not there.
const DiagnoseProgram = "github.com/resnics/verbsmith/mage/internal/diagnose/program"
