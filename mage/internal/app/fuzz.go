// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// fuzzTime is how long each fuzz target runs.
const fuzzTime = "30s"

// fuzzTarget is a fuzz target and the package that it is in.
type fuzzTarget struct{ pkg, name string }

// fuzz runs every fuzz target of the module in turn. go test takes one at a
// time, and minimises each new input for a minute unless told not to, in
// which time it tries no other.
func (a *App) fuzz(ctx context.Context, out io.Writer) error {
	targets, err := a.fuzzTargets(ctx)
	if err != nil {
		return err
	}
	for _, t := range targets {
		test := a.goTest("-run", "^$", "-fuzz", "^"+t.name+"$", "-fuzztime", fuzzTime, "-fuzzminimizetime=1x", t.pkg)
		if err := test(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

// fuzzTargets asks go test for the fuzz targets of each package.
func (a *App) fuzzTargets(ctx context.Context) ([]fuzzTarget, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-list", "^Fuzz", "./...")
	cmd.Dir, cmd.Stderr = a.dirs.root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the fuzz targets: %w", err)
	}
	return parseFuzzTargets(out), nil
}

// parseFuzzTargets reads what go test -list prints: the names of a package's
// targets, then a line "ok PACKAGE TIME".
func parseFuzzTargets(list []byte) []fuzzTarget {
	var targets []fuzzTarget
	var names []string
	for sc := bufio.NewScanner(bytes.NewReader(list)); sc.Scan(); {
		fields := strings.Fields(sc.Text())
		switch {
		case len(fields) == 1 && strings.HasPrefix(fields[0], "Fuzz"):
			names = append(names, fields[0])
		case len(fields) > 1 && fields[0] == "ok":
			for _, name := range names {
				targets = append(targets, fuzzTarget{fields[1], name})
			}
			names = nil
		}
	}
	return targets
}
