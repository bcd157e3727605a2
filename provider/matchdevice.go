// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"strconv"
)

// device asks whether the table takes the manifest's device where only sysfs
// tells of it: by its name or by its modalias.
func (m *matchCheck) device(o *cObject, table string, entries []matchEnt) {
	d := m.p.Manifest.Device
	if d.Name == "" {
		return
	}
	var names, aliases []matchEnt
	for _, e := range entries {
		switch e.kind {
		case kindUnknown, kindOther:
			return
		case kindName, kindModalias, kindPCI:
			if e.text == "" {
				return
			}
			if fits(e, d) {
				m.seen = append(m.seen, d.Name+" by "+strconv.Quote(e.text))
				return
			}
			if e.kind == kindName {
				names = append(names, e)
			} else {
				aliases = append(aliases, e)
			}
		default:
		}
	}
	if !o.included {
		m.unmatched(o, table, names, aliases)
	}
}

// unmatched says what is wrong with a table of which no entry fits the device.
func (m *matchCheck) unmatched(o *cObject, table string, names, aliases []matchEnt) {
	d := m.p.Manifest.Device
	switch {
	case len(names) > 0:
		want := fmt.Sprintf("a beginning of %s, device.name of %s", d.Name, ManifestName)
		m.fail(o.file.problem(names[0].at, want, strconv.Quote(names[0].text)))
	case len(aliases) > 0 && d.Modalias != "":
		want := fmt.Sprintf("an entry in %s that fits device.modalias of %s, %s", table, ManifestName, d.Modalias)
		m.fail(o.file.problem(o.at, want, "none"))
	case len(aliases) > 0:
		want := fmt.Sprintf("device.modalias in %s that fits an entry of %s", ManifestName, table)
		m.warn(o.file.problem(o.at, want, "none: the proof cannot show the device by its name alone"))
	case !d.ByDriverID:
		want := fmt.Sprintf("%s(\"…\", NULL) in %s, by which the proof can show %s", macroName, table, d.Name)
		m.warn(o.file.problem(o.at, want, "driver ids alone, which travel over netlink only"))
	}
}

// fits matches as libibverbs/init.c does: names against "rdma_device:*N…*", a
// modalias against the pattern.
func fits(e matchEnt, d Device) bool {
	pattern, subject := e.text, d.Modalias
	if e.kind == kindName {
		pattern, subject = "*N"+e.text+"*", "N"+d.Name
	}
	ok, err := path.Match(pattern, subject)
	return ok && err == nil && subject != ""
}
