// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/lab"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

const (
	bootScript = "lab-boot.sh"
	bootTree   = "/home/lab/boot"
)

// Setup is the input of a guest's boot.
type Setup struct {
	Lab      artifact.Lab
	Guest    artifact.Guest
	Fixture  artifact.Fixture
	Exercise artifact.Exercise
	Debug    artifact.DebugModule // only if a case needs it
}

// Boot boots a guest, which runs the plan, and returns its console's output. The error says why
// the guest did not finish; a failed case is in the outcome.
//
// Errors: *lab.GuestError.
func (b *Bench) Boot(ctx context.Context, setup Setup, plan lab.Plan) (lab.Outcome, error) {
	s := b.Begin("kernel")
	outcome, err := b.boot(ctx, setup, plan, s)
	return outcome, b.End("kernel", s, false, err)
}

func (b *Bench) boot(ctx context.Context, setup Setup, plan lab.Plan, s *ui.Stage) (lab.Outcome, error) {
	work, err := os.MkdirTemp("", "verbsmith-guest-")
	if err != nil {
		return lab.Outcome{}, fmt.Errorf("create a directory for the guest's program: %w", err)
	}
	defer os.RemoveAll(work)
	program := filepath.Join(work, "init")
	files, err := b.bootFiles(ctx, setup, plan, program)
	if err != nil {
		return lab.Outcome{}, err
	}
	run := containers.RunSpec{
		Name: "kernel", Image: setup.Lab.ID, User: labUser,
		Volumes: []containers.VolumeMount{{Name: setup.Guest.Volume, Path: guestFolder, ReadOnly: true}},
		Inputs:  []containers.Input{stage.BuilderInput(bootTree, files)},
	}
	accelerator := b.accelerator(ctx, setup.Lab, program, s)
	if accelerator == hardware {
		run.User, run.Devices = "0:0", []string{kvmNode}
	}
	done := 0
	console := lab.NewConsole(func(r lab.Record) {
		done++
		s.Step(min(done, steps(plan)), steps(plan), r.Case+" "+r.Device)
	})
	watched, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	go watch(watched, tick.C, console.Overdue, stop)
	run.Argv = []string{bootScript, bootTree, guestDisk, accelerator}
	run.Stdout = console
	_, err = b.Script(watched, s, run)
	outcome := console.Outcome()
	if ctx.Err() != nil {
		return outcome, err
	}
	if sound := outcome.Sound(); sound != nil {
		return outcome, errors.Join(sound, err)
	}
	return outcome, err
}

// steps counts the cases per device.
func steps(plan lab.Plan) int {
	n := 0
	for _, name := range plan.Cases {
		c, known := lab.CaseOf(name)
		switch {
		case !known:
		case c.Alone, name == lab.CaseRate, name == lab.CaseLatency:
			n++
		default:
			n += len(plan.Devices)
		}
	}
	return n
}

// watch ends the run of a guest that has been silent for too long: overdue returns by how much
// it exceeds its limit.
func watch(ctx context.Context, tick <-chan time.Time, overdue func(time.Time) time.Duration, stop context.CancelCauseFunc) {
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick:
			if overdue(now) > 0 {
				stop(errSilent)
				return
			}
		}
	}
}

var errSilent = errors.New("the guest has been silent for too long")

// guestProgram is the package of the guest's process 1.
const guestProgram = "github.com/resnics/verbsmith/mage/internal/lab/guest"

// bootFiles are the initramfs except the kernel's modules.
func (b *Bench) bootFiles(ctx context.Context, setup Setup, plan lab.Plan, program string) ([]stage.File, error) {
	processor := cmp.Or(specs.Processor(setup.Lab.Cross), specs.X8664).Debian()
	if err := stage.BuildProgram(ctx, b.Module, guestProgram, processor, program); err != nil {
		return nil, err
	}
	return guestFiles(setup, plan, program)
}

func guestFiles(setup Setup, plan lab.Plan, program string) ([]stage.File, error) {
	text, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	files := []stage.File{
		{Name: "init", Path: program, Mode: 0o755},
		{Name: lab.PlanFile[1:], Data: text},
		{Name: lab.Recorder[1:], Data: lab.RecorderText},
		{Name: lab.Exercise[1:], Path: setup.Exercise.File, Mode: 0o755},
	}
	for _, f := range []struct{ from, to string }{
		{setup.Fixture.Dir, lab.FixtureFolder}, {setup.Debug.Dir, lab.DebugFolder},
	} {
		if f.from == "" {
			continue
		}
		modules, err := stage.Files(f.from)
		if err != nil {
			return nil, err
		}
		for _, m := range modules {
			m.Name = path.Join(f.to[1:], m.Name)
			files = append(files, m)
		}
	}
	for i := range files {
		files[i].Owner = stage.BuilderUID
	}
	return files, nil
}
