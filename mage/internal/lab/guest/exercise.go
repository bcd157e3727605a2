// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// cannot is the exit status of exercise if the device or the kernel lacks something.
const cannot = 77

// exercise runs the case of the program exercise that has the same name. Its own
// limit is a little shorter, because it can say what it waits for.
func exercise(c lab.Case, args ...string) single {
	const sooner = 5 * time.Second
	args = append(args, "timeout="+strconv.Itoa(int((c.Limit-sooner).Seconds())))
	return func(ctx context.Context, g *guest, d lab.Device) lab.Record {
		return exercised(g.run(ctx, append([]string{g.path(lab.Exercise), d.Name, c.Name}, args...)...))
	}
}

func exercised(e ended) lab.Record {
	evidence := said(e.out)
	switch {
	case e.ok():
		return passed("%s", evidence)
	case e.code == cannot:
		return unsupported(lab.NoFeature, "%s", evidence)
	case evidence == "" || e.why != "":
		return failed("%s", e.evidence())
	}
	return failed("%s", evidence)
}

// said returns a program's last line of evidence.
func said(out string) string {
	const mark = "evidence: "
	i := strings.LastIndex(out, mark)
	if i < 0 {
		return ""
	}
	line, _, _ := strings.Cut(out[i+len(mark):], "\n")
	return strings.TrimSpace(line)
}

func soak(ctx context.Context, g *guest, d lab.Device) lab.Record {
	c, _ := lab.CaseOf("soak")
	return exercise(c, "ops="+strconv.Itoa(g.plan.SoakOps))(ctx, g, d)
}

// valgrind runs every call of the control path once, and a little data, with the
// provider's module built for debugging in place of the packaged one.
func valgrind(ctx context.Context, g *guest, d lab.Device) lab.Record {
	if !present("valgrind") {
		return g.absent(ctx, "/usr/*bin/valgrind")
	}
	undo, err := g.overlay(lab.DebugFolder, g.modulesFolder())
	if err != nil {
		return failed("%v", err)
	}
	r := underValgrind(ctx, g, d)
	if err := undo(); err != nil {
		return failed("%v", err)
	}
	return r
}

func underValgrind(ctx context.Context, g *guest, d lab.Device) lab.Record {
	const found = "99"
	e := g.run(ctx, "valgrind", "--quiet", "--error-exitcode="+found, "--leak-check=full", "--num-callers=30",
		"--errors-for-leak-kinds=definite,indirect", g.path(lab.Exercise), d.Name, "control", "timeout=500")
	if strconv.Itoa(e.code) == found {
		return failed("valgrind: %s", firstMatch(e.out, "=="))
	}
	return exercised(e)
}

// modulesFolder is the directory of libibverbs' providers in packages: of RPMs, or of Debian's.
func (m machine) modulesFolder() string {
	const folder = "/usr/lib64/libibverbs"
	if _, err := os.Stat(m.path(folder)); err == nil {
		return folder
	}
	if found, err := filepath.Glob(m.path("/usr/lib/*-linux-gnu/libibverbs")); err == nil && len(found) > 0 {
		return strings.TrimPrefix(found[0], m.root)
	}
	return folder
}

// overlay replaces files of a directory with those of the same name in another one, until undo.
func (m machine) overlay(from, to string) (undo func() error, err error) {
	files, err := os.ReadDir(m.path(from))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", from, err)
	}
	var done []string
	undo = func() error {
		for _, target := range done {
			if err := m.unmount(target); err != nil {
				return fmt.Errorf("uncover %s: %w", target, err)
			}
		}
		return nil
	}
	for _, f := range files {
		target := filepath.Join(to, f.Name())
		if err := m.mount(mount{source: filepath.Join(from, f.Name()), target: target, flags: unix.MS_BIND}); err != nil {
			return nil, errors.Join(fmt.Errorf("cover %s: %w", target, err), undo())
		}
		done = append(done, target)
	}
	return undo, nil
}
