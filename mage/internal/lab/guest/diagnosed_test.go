// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/diagnose"
	"github.com/resnics/verbsmith/mage/internal/lab"
)

const deviceNode = "/dev/infiniband/uverbs0"

// diagnosing is a bed whose diagnose sees the states that it is put into, but for one in which it says nothing of them.
func diagnosing(t *testing.T, blind string) *bed {
	t.Helper()
	b := newBed(t)
	b.file(deviceNode, "")
	b.diagnose = func(context.Context) (*diagnose.Report, error) {
		id, abi := uint32(21), uint32(1)
		d := &diagnose.Device{Name: "rib0", Provider: "rib", Rule: "the id", Uverbs: "uverbs0", DriverID: &id, KernelABI: &abi}
		why := func(r diagnose.Reason) {
			if string(r) != blind {
				d.Why, d.Provider = &diagnose.Finding{Reason: r, Text: "because"}, ""
			}
		}
		gone := func(name string) bool { _, err := os.Stat(b.path(name)); return err != nil }
		last := ""
		if len(b.calls) > 0 {
			last = b.calls[len(b.calls)-1]
		}
		switch {
		case last == "rename rib0 to nobody7":
			d.Name = "nobody7"
		case last == "down net-rib0" && blind != "port-down":
			d.Notes = []diagnose.Finding{{Reason: diagnose.ReasonPortDown}}
		case strings.HasPrefix(last, "insert"):
			_, name, _ := strings.Cut(last, "name=")
			d.Name, _, _ = strings.Cut(name, " ")
			if strings.Contains(last, "driver_id=22") {
				why(diagnose.ReasonDriverID)
			}
			if strings.Contains(last, "ver=4294967295") {
				why(diagnose.ReasonKernelABI)
			}
		case gone(driversFolder + "/rib.driver"):
			why(diagnose.ReasonFileMissing)
		case last == "mount empty on /usr/lib64/libibverbs tmpfs 0":
			why(diagnose.ReasonModuleMissing)
		case gone(deviceNode):
			why(diagnose.ReasonNoDeviceFile)
		}
		return &diagnose.Report{Devices: []*diagnose.Device{d}}, nil
	}
	return b
}

func TestDiagnosed(t *testing.T) {
	b := diagnosing(t, "")
	b.runs("diagnose", lab.Pass, "9 states")
	want := []string{
		"rename rib0 to nobody7", "rename nobody7 to rib0", "down net-rib0", "up net-rib0",
		"mount empty on /usr/lib64/libibverbs tmpfs 0", "unmount /usr/lib64/libibverbs",
		"insert /lab/fixture/rib_lab_dev.ko name=nobody1 driver_id=22 uverbs_abi_ver=1", "remove rib_lab_dev",
		"insert /lab/fixture/rib_lab_dev.ko name=nobody1 driver_id=21 uverbs_abi_ver=1", "remove rib_lab_dev",
		"insert /lab/fixture/rib_lab_dev.ko name=rib9 driver_id=21 uverbs_abi_ver=4294967295", "remove rib_lab_dev",
	}
	if !slices.Equal(b.calls, want) {
		t.Errorf("got %q, want %q", b.calls, want)
	}
	for _, call := range want {
		b := diagnosing(t, "")
		b.fails[call] = errors.New("busy")
		b.step = time.Minute
		b.runs("diagnose", lab.Fail, "busy")
	}
	for _, reason := range []string{
		"port-down", "driver-file-missing", "module-missing", "no-device-file", "driver-id-unmatched", "kernel-abi",
	} {
		b := diagnosing(t, reason)
		b.runs("diagnose", lab.Fail, reason)
		if !slices.Equal(b.calls, want[:len(b.calls)]) || len(b.calls)%2 != 0 {
			t.Errorf("%s: got %q: not everything was undone", reason, b.calls)
		}
		for _, file := range []string{driversFolder + "/rib.driver", deviceNode} {
			if _, err := os.Stat(b.path(file)); err != nil {
				t.Errorf("%s: %v", reason, err)
			}
		}
	}
}

// Each fact about the device as it is counts.
func TestDiagnosedWrongly(t *testing.T) {
	two := uint32(2)
	for _, tt := range []struct {
		name string
		harm func(*diagnose.Device)
		want string
	}{
		{"another name", func(d *diagnose.Device) { d.Name = "rib1" }, "does not name rib0"},
		{"a reason", func(d *diagnose.Device) { d.Why = &diagnose.Finding{Text: "no right"} }, "no right"},
		{"another provider", func(d *diagnose.Device) { d.Provider = "rxe" }, "is rxe's, not rib's"},
		{"no id", func(d *diagnose.Device) { d.DriverID = nil }, "id of rib0 is unknown, not 21"},
		{"another id", func(d *diagnose.Device) { d.DriverID = &two }, "id of rib0 is 2, not 21"},
		{"no ABI", func(d *diagnose.Device) { d.KernelABI = nil }, "ABI of rib0 is unknown, not 1"},
		{"another ABI", func(d *diagnose.Device) { d.KernelABI = &two }, "ABI of rib0 is 2, not 1"},
	} {
		b := diagnosing(t, "")
		ask := b.diagnose
		b.diagnose = func(ctx context.Context) (*diagnose.Report, error) {
			report, err := ask(ctx)
			tt.harm(report.Devices[0])
			return report, err
		}
		b.runs("diagnose", lab.Fail, tt.want)
	}
	b := diagnosing(t, "")
	ask := b.diagnose
	b.diagnose = func(ctx context.Context) (*diagnose.Report, error) {
		report, err := ask(ctx)
		if why := report.Devices[0].Why; why != nil {
			why.Reason = diagnose.ReasonMemlock
		}
		return report, err
	}
	b.runs("diagnose", lab.Fail, "diagnose says of rib0: because (memlock), and not driver-file-missing")
	b = diagnosing(t, "")
	b.diagnose = func(context.Context) (*diagnose.Report, error) { return nil, errors.New("out of time") }
	b.runs("diagnose", lab.Fail, "out of time")
}
