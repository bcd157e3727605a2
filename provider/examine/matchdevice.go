// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"fmt"
	"path"
	"strconv"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
)

// device checks whether the table matches the manifest's device by the data in sysfs: its name
// or its modalias.
func (m *matchCheck) device(o *c.Object, table string, entries []c.Entry) {
	d := m.p.Manifest.Device
	if d.Name == "" {
		return
	}
	var names, aliases []c.Entry
	for _, e := range entries {
		switch e.Kind {
		case c.EntryUnknown, c.EntryOther:
			return
		case c.EntryName, c.EntryModalias, c.EntryPCI:
			if e.Text == "" {
				return
			}
			if fits(e, d) {
				m.seen = append(m.seen, d.Name+" by "+strconv.Quote(e.Text))
				return
			}
			if e.Kind == c.EntryName {
				names = append(names, e)
			} else {
				aliases = append(aliases, e)
			}
		default:
		}
	}
	if !o.Included {
		m.unmatched(o, table, names, aliases)
	}
}

// unmatched reports a table without an entry for the device.
func (m *matchCheck) unmatched(o *c.Object, table string, names, aliases []c.Entry) {
	d := m.p.Manifest.Device
	switch {
	case len(names) > 0:
		want := fmt.Sprintf("a prefix of %s, device.name of %s", d.Name, provider.ManifestName)
		m.fail(o.File.Problem(names[0].At, want, strconv.Quote(names[0].Text)))
	case len(aliases) > 0 && d.Modalias != "":
		want := fmt.Sprintf("an entry in %s that matches device.modalias of %s, %s", table, provider.ManifestName, d.Modalias)
		m.fail(o.File.Problem(o.At, want, "none"))
	case len(aliases) > 0:
		want := fmt.Sprintf("device.modalias in %s that matches an entry of %s", provider.ManifestName, table)
		m.warn(o.File.Problem(o.At, want, "none: the proof cannot match the device by name alone"))
	case !d.ByDriverID:
		want := fmt.Sprintf("%s(\"…\", NULL) in %s, so that the proof can match %s", c.MacroName, table, d.Name)
		m.warn(o.File.Problem(o.At, want, "only driver ids, which are visible over netlink only"))
	}
}

// fits matches as libibverbs/init.c does: names against "rdma_device:*N…*", a
// modalias against the pattern.
func fits(e c.Entry, d provider.Device) bool {
	pattern, subject := e.Text, d.Modalias
	if e.Kind == c.EntryName {
		pattern, subject = "*N"+e.Text+"*", "N"+d.Name
	}
	ok, err := path.Match(pattern, subject)
	return ok && err == nil && subject != ""
}
