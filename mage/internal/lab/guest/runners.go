// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// runner runs a case on devices and records the result on each.
type runner interface {
	run(ctx context.Context, g *guest, c lab.Case, devices []lab.Device)
}

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

func unsupported(reason lab.Reason, format string, args ...any) lab.Record {
	return lab.Record{State: lab.Unsupported, Reason: reason, Evidence: fmt.Sprintf(format, args...)}
}

// ownRunners are the guest's own runners: a single or a sideBySide by the case's name.
func ownRunners() map[string]runner {
	return map[string]runner{
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
		"diagnose":       single(diagnosed),
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

// runners maps each case to its runner. Those that are not the guest's own are programs of the
// packages or of perftest, by name, or cases of exercise.
func runners() map[string]runner {
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

// start announces a case, so that a hanging case is known.
func (g *guest) start(c lab.Case, device string) time.Time {
	g.record(lab.Record{Kind: lab.KindStart, Case: c.Name, Device: device, Limit: int64(c.Limit.Seconds())})
	return g.now()
}

// finish records the result of a case on a device.
func (g *guest) finish(r lab.Record, c lab.Case, device string, began time.Time) {
	r.Kind, r.Case, r.Device, r.Millis = lab.KindCase, c.Name, device, g.now().Sub(began).Milliseconds()
	g.record(r)
}

// run runs the case on one device after the other.
func (s single) run(ctx context.Context, g *guest, c lab.Case, devices []lab.Device) {
	for _, d := range devices {
		began := g.start(c, d.Name)
		limited, stop := context.WithTimeout(ctx, c.Limit)
		r := g.explained(limited, s(limited, g, d), c, d.Name)
		stop()
		g.finish(r, c, d.Name, began)
	}
}

// run measures several times on each device in turn, so that disturbances affect both, and
// records the values round by round. Rounds alternate in which device comes first. While the
// first device looks slower and half of the case's time is left, more rounds follow: they
// average out noise but not a slower provider.
func (s sideBySide) run(ctx context.Context, g *guest, c lab.Case, devices []lab.Device) {
	const blocks = 8
	began := g.start(c, "")
	ctx, stop := context.WithTimeout(ctx, c.Limit)
	defer stop()
	values := make([][]float64, len(devices))
	errs := make([]error, len(devices))
	for round := range blocks * g.plan.Rounds {
		if round > 0 && round%g.plan.Rounds == 0 &&
			(g.now().Sub(began) > c.Limit/2 || settled(values, errs, c.LessIsBetter)) {
			break
		}
		for i := range devices {
			i = (i + round) % len(devices)
			v, err := s(ctx, g, devices[i])
			if err != nil {
				errs[i] = err
				continue
			}
			values[i] = append(values[i], v)
		}
	}
	for i, d := range devices {
		if errs[i] != nil {
			g.finish(failed("%v", errs[i]), c, d.Name, began)
			continue
		}
		r := passed("measured %d times", len(values[i]))
		r.Values = values[i]
		g.finish(r, c, d.Name, began)
	}
}

// settled reports whether more rounds are useless: something failed, or the first device is at
// least as good as each of the others.
func settled(values [][]float64, errs []error, lessIsBetter bool) bool {
	if errors.Join(errs...) != nil {
		return true
	}
	for _, other := range values[1:] {
		m, err := lab.Measure(values[0], other, lessIsBetter)
		if err == nil && !m.Settled() {
			return false
		}
	}
	return true
}
