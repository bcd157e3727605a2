// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// Columns of perftest's result line.
const (
	columnMessages = 4 // of a *_bw: MsgRate in Mpps
	columnTypical  = 4 // of a *_lat: t_typical in microseconds
)

// perf runs one of perftest's pairs and returns its result line.
func (g *guest) perf(ctx context.Context, d lab.Device, program string, args ...string) ([]string, ended, error) {
	gid, err := g.gidIndex(d.Name)
	if err != nil {
		return nil, ended{}, err
	}
	argv := append([]string{program, "-d", d.Name, "-x", strconv.Itoa(gid), "-F"}, args...)
	client, err := g.serve(ctx, argv...)
	if err != nil {
		return nil, client, err
	}
	fields := resultLine(client.out)
	if fields == nil {
		return nil, client, fmt.Errorf("%s succeeded without a result", program)
	}
	return fields, client, nil
}

// resultLine is the last line of numbers below the line that begins with
// "#bytes".
func resultLine(out string) []string {
	var found []string
	below := false
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if strings.HasPrefix(strings.TrimSpace(line), "#bytes") {
			below = true
			continue
		}
		if below && len(fields) > columnMessages {
			if _, err := strconv.ParseFloat(fields[0], 64); err == nil {
				found = fields
			}
		}
	}
	return found
}

func perftest(program string) single {
	return func(ctx context.Context, g *guest, d lab.Device) lab.Record {
		args := []string{"-n", "100"}
		if !strings.HasPrefix(program, "ib_atomic") { // which has a size of its own
			args = append(args, "-s", "4096")
		}
		fields, client, err := g.perf(ctx, d, program, args...)
		r := g.outcome(ctx, client, err, strings.Join(fields, " "))
		if err == nil && strings.HasSuffix(program, "_lat") {
			r.Evidence = fields[columnTypical] + " us typical"
		} else if err == nil {
			r.Evidence = fields[columnMessages] + " Mpps"
		}
		return r
	}
}

// messageRate is in messages a second.
func messageRate(ctx context.Context, g *guest, d lab.Device) (float64, error) {
	const millions = 1e6
	v, err := g.column(ctx, d, columnMessages, "ib_send_bw", "-s", "64", "-n", "8000")
	return v * millions, err
}

// latency is the typical one in microseconds.
func latency(ctx context.Context, g *guest, d lab.Device) (float64, error) {
	return g.column(ctx, d, columnTypical, "ib_send_lat", "-s", "64", "-n", "2000")
}

// column measures a value. In a guest whose processor was taken away meanwhile, perftest may end well and have measured nothing: then it
// measures again.
func (g *guest) column(ctx context.Context, d lab.Device, column int, program string, args ...string) (float64, error) {
	const tries = 3
	var fields []string
	for range tries {
		var err error
		if fields, _, err = g.perf(ctx, d, program, args...); err != nil {
			return 0, err
		}
		if v, ok := measured(fields[column]); ok {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%s: column %d of %q is not a measured value, %d times over", program, column, fields, tries)
}

// measured parses a value. perftest prints "inf" and "nan" if the clock has not advanced, and
// records cannot contain these.
func measured(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && v > 0 && !math.IsInf(v, 0)
}
