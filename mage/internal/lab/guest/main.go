// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

const console = "/dev/console"

func main() {
	thisMachine().live(context.Background())
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	// Process 1 must not end, because the kernel would panic.
	for {
		time.Sleep(time.Hour)
	}
}

// live runs the machine from boot to power-off.
func (m machine) live(ctx context.Context) {
	err := m.boot()
	if err == nil {
		err = m.runPlan(ctx)
	}
	if errors.Is(err, os.ErrNotExist) && !m.exists(lab.PlanFile) {
		m.say(lab.NoPlan)
	}
	if err != nil {
		m.say("guest: " + err.Error())
	}
}

func (m machine) exists(file string) bool {
	_, err := os.Stat(m.path(file))
	return err == nil
}

// say writes a line for people to the console.
func (m machine) say(text string) {
	f, err := os.OpenFile(m.path(console), os.O_WRONLY, 0)
	if err != nil {
		return // there is nobody to tell
	}
	defer f.Close()
	_, _ = fmt.Fprintln(f, text)
}

// runPlan runs the plan. An error is about the guest itself; a failed case is a record.
func (m machine) runPlan(ctx context.Context) error {
	plan, err := m.readPlan()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(m.path(console), os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open the console: %w", err)
	}
	defer out.Close()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Errorf("read the kernel's version: %w", err)
	}
	g := &guest{machine: m, plan: plan, out: out}
	g.record(lab.Record{Kind: lab.KindBoot, Evidence: unix.ByteSliceToString(name.Release[:])})
	if err := g.enterDisk(); err != nil {
		return err
	}
	if plan.DebugModule {
		if _, err := g.overlay(lab.DebugFolder, g.modulesFolder()); err != nil {
			return err
		}
	}
	if err := g.loadVerbs(); err != nil {
		return err
	}
	if err := g.makeDevices(); err != nil {
		return err
	}
	for _, name := range plan.Cases {
		g.runCase(ctx, name)
	}
	// It was kept off the console, where it would have mixed with records.
	g.show([]string{"dmesg"}, ended{out: g.kernelLog()})
	g.record(lab.Record{Kind: lab.KindEnd})
	return nil
}

func (m machine) readPlan() (lab.Plan, error) {
	var plan lab.Plan
	data, err := os.ReadFile(m.path(lab.PlanFile))
	if err != nil {
		return plan, fmt.Errorf("read the plan: %w", err)
	}
	if err := json.Unmarshal(data, &plan); err != nil {
		return plan, fmt.Errorf("read the plan %s: %w", lab.PlanFile, err)
	}
	return plan, nil
}

// guest is the machine while it runs the plan.
type guest struct {
	machine

	plan lab.Plan
	out  *os.File
}

func (g *guest) record(r lab.Record) {
	if g.out == nil {
		return // a test has no console
	}
	if err := r.Write(g.out); err != nil {
		g.say("guest: " + err.Error())
	}
}

// runCase runs one case on each device that it is for, one after the other.
func (g *guest) runCase(ctx context.Context, name string) {
	c, known := lab.CaseOf(name)
	run := runners()[name]
	if !known || run == nil {
		g.record(lab.Record{Kind: lab.KindCase, Case: name, State: lab.Fail, Evidence: "the guest has no such case"})
		return
	}
	devices := g.plan.Devices
	if c.Alone {
		devices = devices[:1]
	}
	run.run(ctx, g, c, devices)
}
