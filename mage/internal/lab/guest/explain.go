// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"context"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/lab"
)

// discoveryCases are those that fail if libibverbs does not find a device. It does not say why.
func discoveryCases() []string { return []string{"ibv_devices", "ibv_devinfo", "claimed"} }

// explained adds to the record of a discovery case that failed what diagnose says of the device, and shows all that it says.
func (g *guest) explained(ctx context.Context, r lab.Record, c lab.Case, device string) lab.Record {
	if r.State != lab.Fail || !slices.Contains(discoveryCases(), c.Name) {
		return r
	}
	report, err := g.diagnose(ctx)
	if err != nil {
		return r // the case has failed all the same
	}
	var text strings.Builder
	if report.WriteText(&text, 0) == nil {
		g.show([]string{"diagnose"}, ended{out: text.String(), code: int(report.Status)})
	}
	for _, d := range report.Devices {
		if d.Name == device && d.Why != nil {
			r.Evidence += "; diagnose: " + d.Why.Text
		}
	}
	return r
}
