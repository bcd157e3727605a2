// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"fmt"
	"slices"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
)

// names warns of a table with only names, if the provider has no driver id; otherwise ids has
// reported the missing id.
func (m *matchCheck) names(o *c.Object, name string, entries []c.Entry) {
	other := func(e c.Entry) bool { return !e.ByName() }
	if m.p.Manifest.DriverID.Policy != provider.PolicyNone || o.Included || len(entries) == 0 || slices.ContainsFunc(entries, other) {
		return
	}
	want := fmt.Sprintf("%s() with a driverID in %s, %s() or %s() as well as the names in %s",
		c.MacroID, provider.ManifestName, c.MacroPCI, c.MacroModalias, name)
	m.warn(o.File.Problem(o.At, want, "only names: "+m.renamed()+", unless /etc/udev/rules.d overrides it with NAME_KERNEL"))
}

// renamed describes the consequence for the manifest's device if only its name matches.
func (m *matchCheck) renamed() string {
	const rule = "rdma-core's udev rule 60-rdma-persistent-naming.rules renames "
	if d := m.p.Manifest.Device.Name; d != "" {
		return rule + d + " (for example to rocep1s0), which is then not found"
	}
	return rule + "devices, which are then not found"
}
