// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// single runs a case on one device; the record's case, device and time are
// filled in by its caller.
type single func(context.Context, *guest, lab.Device) lab.Record

// sideBySide measures one value on a device.
type sideBySide func(context.Context, *guest, lab.Device) (float64, error)

func passed(format string, args ...any) lab.Record {
	return lab.Record{State: lab.Pass, Evidence: fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) lab.Record {
	return lab.Record{State: lab.Fail, Evidence: fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) lab.Record {
	return lab.Record{State: lab.Unsupported, Evidence: fmt.Sprintf(format, args...)}
}

// ownRunners are the cases that the guest itself knows how to run: a single or
// a sideBySide by the case's name.
func ownRunners() map[string]any {
	return map[string]any{
		"driver-id":      single(checkDriverID),
		"ibv_devices":    single(listDevices),
		"ibv_devinfo":    single(deviceInfo),
		"claimed":        single(claimed),
		"renamed":        single(renamed),
		"other-id":       single(otherID),
		"id-only":        single(idOnly),
		"name-only":      single(nameOnly),
		"foreign-abi":    single(foreignABI),
		"without-stock":  single(withoutStock),
		"without-driver": single(withoutDriver),
		"asyncwatch":     single(asyncWatch),
		"valgrind":       single(valgrind),
		"soak":           single(soak),
		lab.CaseSuite:    single(suite),
		lab.CaseRate:     sideBySide(messageRate),
		lab.CaseLatency:  sideBySide(latency),
		"rping":          overCM("rping", []string{"-s", "-V", "-C", "20", "-a"}, []string{"-c", "-V", "-C", "20", "-a"}),
		"ucmatose":       overCM("ucmatose", []string{"-b"}, []string{"-b", "@", "-s"}),
		"udaddy":         overCM("udaddy", []string{"-b"}, []string{"-b", "@", "-s"}),
		"cmtime":         single(cmtime),
	}
}

// runners says how each case is run. What is not the guest's own is a program
// of the packages or of perftest by its name, or a case of exercise.
func runners() map[string]any {
	all := ownRunners()
	for _, c := range lab.Cases() {
		switch {
		case all[c.Name] != nil:
		case strings.Contains(c.Name, "_pingpong"):
			all[c.Name] = pingpong(c.Name)
		case strings.HasPrefix(c.Name, "ib_"):
			all[c.Name] = perftest(c.Name)
		default:
			all[c.Name] = exercise(c)
		}
	}
	return all
}

// measure runs a measurement several times on each device in turn, so that
// what disturbs the machine disturbs both, and records the medians.
func (g *guest) measure(ctx context.Context, c lab.Case, run sideBySide) {
	start := time.Now()
	ctx, stop := context.WithTimeout(ctx, c.Limit)
	defer stop()
	values := make([][]float64, len(g.plan.Devices))
	errs := make([]error, len(g.plan.Devices))
	for range g.plan.Rounds {
		for i, d := range g.plan.Devices {
			v, err := run(ctx, g, d)
			if err != nil {
				errs[i] = err
				continue
			}
			values[i] = append(values[i], v)
		}
	}
	for i, d := range g.plan.Devices {
		r := lab.Record{State: lab.Pass}
		switch {
		case errs[i] != nil:
			r.State, r.Evidence = lab.Fail, errs[i].Error()
		default:
			r.Value = median(values[i])
			r.Evidence = fmt.Sprintf("median %.2f of %.2f", r.Value, values[i])
		}
		r.Kind, r.Case, r.Device, r.Millis = lab.KindCase, c.Name, d.Name, time.Since(start).Milliseconds()
		g.record(r)
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
