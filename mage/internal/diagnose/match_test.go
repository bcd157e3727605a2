// SPDX-License-Identifier: Apache-2.0

package diagnose

import "testing"

// The driver id counts first, then the name, then the modalias; an unknown id matches nothing.
func TestMatchOrder(t *testing.T) {
	zero, id := uint32(0), uint32(22)
	ops := driverOps{name: "rib", rules: []rule{
		{kind: rulePCI, vendor: 0x1d0f, device: 0xefa9},
		{kind: ruleModalias, pattern: "rdma_device:*Nrib*"},
		{kind: ruleDriverID, driverID: 0},
		{kind: ruleDriverID, driverID: 22},
	}}
	pci := modaliasOf(0x1d0f, 0xefa9)
	for _, tt := range []struct {
		device Device
		want   string
	}{
		{Device{Name: "rib0", Modalias: pci, DriverID: &id}, "VERBS_DRIVER_ID 22"},
		{Device{Name: "rib0", Modalias: pci, DriverID: &zero}, `VERBS_NAME_MATCH "rib"`},
		{Device{Name: "rib0", Modalias: pci}, `VERBS_NAME_MATCH "rib"`},
		{Device{Name: "fly0", Modalias: pci}, "VERBS_PCI_MATCH 1d0f:efa9"},
		{Device{Name: "fly0", DriverID: &zero}, ""},
		{Device{Name: "fly0"}, ""},
	} {
		got := ""
		if r := ops.matches(&tt.device); r != nil {
			got = r.String()
		}
		if got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.device, got, tt.want)
		}
	}
}

// Names that udev's rdma_rename gives are told from the kernel's.
func TestUdevNames(t *testing.T) {
	for name, want := range map[string]bool{
		"ibp0s12f4": true, "rocep59s0": true, "rocex525400c0fe123455": true, "opao3": true, "iwP1p2s0": true, "rdmap0s6": true,
		"rib0": false, "mlx5_0": false, "ibstub": false, "rxe0": false, "roce": false,
	} {
		if got := udevName.MatchString(name); got != want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestRelated(t *testing.T) {
	id := uint32(14)
	for driver, want := range map[string]bool{"rib": true, "acme": true, "rxe": true, "mlx5": false, "": false} {
		if got := related(driver, &Device{Name: "rib0", KernelDriver: "acme_core", DriverID: &id}); got != want {
			t.Errorf("%s: got %t", driver, got)
		}
	}
}
