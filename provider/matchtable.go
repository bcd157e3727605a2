// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What libibverbs has in infiniband/driver.h for a provider to register with.
const (
	driverMacro  = "PROVIDER_DRIVER" // (name, ops)
	deviceOps    = "verbs_device_ops"
	contextMacro = "verbs_init_and_alloc_context"
)

// matchCheck follows what a provider registers, from PROVIDER_DRIVER() to the
// table by which it takes devices.
type matchCheck struct {
	*Answer

	p     *subject
	c     *cSources
	built *builtSources
	seen  []string // for the evidence
}

// checkMatch says whether libibverbs would register the provider and take the
// manifest's device. What macros of other headers decide is not judged.
func (p *subject) checkMatch(c *cSources, built *builtSources) Answer {
	m := &matchCheck{Answer: &Answer{Check: CheckMatch}, p: p, c: c, built: built}
	if ops := m.driver(); ops != "" {
		m.ops(ops)
	}
	m.contexts()
	m.Evidence = strings.Join(m.seen, ", ")
	return *m.Answer
}

// driverPlace is one PROVIDER_DRIVER(name, ops).
type driverPlace struct {
	file *cFile
	at   int
	args [][]cToken
}

// drivers finds them outside of any bracket, in the sources that are built.
func (m *matchCheck) drivers() []driverPlace {
	var places []driverPlace
	for _, f := range m.c.files {
		if !strings.HasSuffix(f.name, ".c") || !m.built.has(f.name) {
			continue
		}
		f.outside(func(i int) {
			if f.toks[i].Text != driverMacro || f.toks[i].Kind != cWord || i+1 >= len(f.toks) {
				return
			}
			end := closing(f.toks, i+1)
			if end < 0 {
				return
			}
			if _, args, ok := call(code(f.toks[i : end+1])); ok && len(args) == 2 && len(args[0]) > 0 {
				places = append(places, driverPlace{f, f.toks[i].Start, args})
			}
		})
	}
	return places
}

// driver finds the one that there should be and gives its ops.
func (m *matchCheck) driver() string {
	places := m.drivers()
	name := m.p.Manifest.Name
	if len(places) == 0 {
		m.fail(noPlace(m.p.Dir, fmt.Sprintf("%s(%s, …) in a .c file that %s names", driverMacro, name, cmakeName)))
		return ""
	}
	for _, more := range places[1:] {
		m.fail(more.file.problem(more.at, driverMacro+"() once", "it again"))
	}
	first := places[0]
	if got := textOf(first.args[0]); got != name && !m.p.doubts(fieldName) {
		want := driverMacro + "(" + name + ", the manifest's name"
		m.fail(first.file.problem(first.args[0][0].Start, want, driverMacro+"("+got))
	}
	if ops := first.args[1]; len(ops) == 1 && ops[0].Kind == cWord {
		return ops[0].Text
	}
	m.fail(first.file.problem(first.at, "the name of a struct "+deviceOps+" in "+driverMacro+"()", strconv.Quote(textOf(first.args[1]))))
	return ""
}

// ops looks at the struct verbs_device_ops.
func (m *matchCheck) ops(name string) {
	o, ok := m.c.object(deviceOps, name)
	if !ok {
		if !m.c.inMacro(name) {
			m.fail(noPlace(m.p.Dir, "the initializer of struct "+deviceOps+" "+name))
		}
		return
	}
	fields := o.fields()
	if len(fields) == 0 {
		m.seen = append(m.seen, name+" has no designated fields and is not read")
		return
	}
	for _, field := range []struct{ name, why string }{
		{"name", "libibverbs names the driver by it"},
		{"match_max_abi_version", "else it is 0, which device.kernelABI is not"},
		{"alloc_device", "libibverbs calls it"},
		{"alloc_context", "libibverbs calls it"},
	} {
		if field.name == "match_max_abi_version" && m.p.Manifest.Device.KernelABI == 0 {
			continue
		}
		if fields[field.name] == nil {
			m.fail(o.file.problem(o.at, "."+field.name+" in "+name+": "+field.why, "none"))
		}
	}
	if fields["match_table"] == nil && fields["match_device"] == nil {
		m.fail(o.file.problem(o.at, ".match_table in "+name, "none, and no .match_device either"))
	}
	m.abiRange(o, fields["match_min_abi_version"], fields["match_max_abi_version"])
	if table := fields["match_table"]; len(table) > 0 {
		m.table(table)
	}
}

// abiRange holds the kernel ABI of the manifest's device against the range.
func (m *matchCheck) abiRange(o *cObject, low, high []cToken) {
	if m.p.doubts(fieldDevice) {
		return
	}
	abi := int64(m.p.Manifest.Device.KernelABI)
	least, most := int64(0), int64(0)
	okLow, okHigh := true, false
	switch {
	case low != nil:
		least, okLow = m.c.value(low)
	case abi != 0:
		m.warn(o.file.problem(o.at, ".match_min_abi_version beside .match_max_abi_version", "none, which is 0"))
	}
	if high != nil {
		most, okHigh = m.c.value(high)
	}
	show := func(n int64, ok bool) string {
		if !ok {
			return "?"
		}
		return strconv.FormatInt(n, 10)
	}
	got := show(least, okLow) + " to " + show(most, okHigh)
	want := fmt.Sprintf("a range with %d, device.kernelABI of %s", abi, ManifestName)
	switch {
	case okHigh && abi > most:
		m.fail(o.file.problem(high[0].Start, want, got))
	case okLow && low != nil && abi < least:
		m.fail(o.file.problem(low[0].Start, want, got))
	case high != nil:
		m.seen = append(m.seen, "kernel ABI "+got)
	}
}

// contexts holds the driver id with which contexts are made against the
// manifest's: the kernel refuses commands that name another driver.
func (m *matchCheck) contexts() {
	constant := m.p.Manifest.DriverID.Constant
	if constant == "" {
		return
	}
	for _, f := range m.c.files {
		for i, t := range f.toks {
			if t.Text != contextMacro || i+1 >= len(f.toks) || !m.built.has(f.name) {
				continue
			}
			end := closing(f.toks, i+1)
			if end < 0 {
				continue
			}
			_, args, ok := call(code(f.toks[i : end+1]))
			if !ok || len(args) != 5 {
				continue
			}
			id, ok := m.c.word(args[4])
			if !ok || !strings.HasPrefix(id, "RDMA_DRIVER_") || id == constant || id == "RDMA_DRIVER_UNKNOWN" {
				continue
			}
			m.fail(f.problem(args[4][0].Start, constant+", driverID.constant of "+ManifestName, id))
		}
	}
}

// table looks at the table of struct verbs_match_ent.
func (m *matchCheck) table(value []cToken) {
	if len(value) > 1 && value[0].Text == "&" {
		value = value[1:]
	}
	if value[0].Kind != cWord {
		m.seen = append(m.seen, "a table without a name, which is not read")
		return
	}
	name := value[0].Text
	o, ok := m.c.object(matchEntry, name)
	switch {
	case ok:
	case m.c.inMacro(name):
		m.seen = append(m.seen, name+" is made by a macro and not read")
		return
	default:
		m.fail(noPlace(m.p.Dir, "the initializer of struct "+matchEntry+" "+name+"[]"))
		return
	}
	entries := m.sentinel(o, name, m.c.entries(o))
	if len(entries) == 0 && !o.included {
		return
	}
	m.ids(o, name, entries)
	m.names(o, name, entries)
	m.device(o, name, entries)
}

// ids holds the driver ids of the table against the manifest's.
func (m *matchCheck) ids(o *cObject, name string, entries []matchEnt) {
	constant := m.p.Manifest.DriverID.Constant
	if constant == "" {
		return
	}
	var others []matchEnt
	for _, e := range entries {
		switch {
		case e.kind == kindUnknown || e.kind == kindID && e.text == "":
			return // it may be ours
		case e.kind == kindID && e.text == constant:
			m.seen = append(m.seen, constant)
			return
		case e.kind == kindID:
			others = append(others, e)
		}
	}
	want := fmt.Sprintf("%s(%s), driverID.constant of %s", macroID, constant, ManifestName)
	if len(others) > 0 {
		m.fail(o.file.problem(others[0].at, want, others[0].text))
		return
	}
	if !o.included {
		got := "no " + macroID + "()"
		if !slices.ContainsFunc(entries, func(e matchEnt) bool { return !e.byName() }) {
			got += ": " + m.renamed()
		}
		m.warn(o.file.problem(o.at, want+", in "+name, got))
	}
}

// sentinel gives the entries that libibverbs reads: those before the first whose kind is
// 0. It reads on until it meets one, whatever comes behind the table.
func (m *matchCheck) sentinel(o *cObject, name string, entries []matchEnt) []matchEnt {
	at := slices.IndexFunc(entries, func(e matchEnt) bool { return e.kind == kindEnd })
	if at < 0 {
		unknown := o.included || slices.ContainsFunc(entries, func(e matchEnt) bool { return e.kind == kindUnknown })
		if !unknown && !m.c.longer(o) {
			m.fail(o.file.problem(o.end, "{} as the last entry of "+name+", up to which libibverbs reads", "the end of the table"))
		}
		return entries
	}
	kept, behind := o.beforeEnd(entries)
	switch {
	case len(kept) == 0 && !o.included:
		m.fail(o.file.problem(entries[0].at, "an entry in "+name+" before the empty one", "none"))
		return nil
	case behind != nil:
		m.warn(o.file.problem(behind.at, "nothing behind the empty entry of "+name+", where libibverbs stops", "an entry"))
	}
	return kept
}
