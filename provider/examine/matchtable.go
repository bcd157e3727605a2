// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// The names in infiniband/driver.h by which a provider registers.
const (
	driverMacro  = "PROVIDER_DRIVER" // (name, ops)
	deviceOps    = "verbs_device_ops"
	contextMacro = "verbs_init_and_alloc_context"
)

// matchCheck follows a provider's registration, from PROVIDER_DRIVER() to its match table.
type matchCheck struct {
	*Answer

	p     *subject
	c     *c.Sources
	built *cmake.Sources
	seen  []string // for the evidence
}

// checkMatch checks that libibverbs would register the provider and match the manifest's
// device. Macros of other headers are not evaluated.
func (p *subject) checkMatch(src *c.Sources, built *cmake.Sources) Answer {
	m := &matchCheck{Answer: &Answer{Check: CheckMatch}, p: p, c: src, built: built}
	if ops := m.driver(); ops != "" {
		m.ops(ops)
	}
	m.contexts()
	m.Evidence = strings.Join(m.seen, ", ")
	return *m.Answer
}

// driverPlace is one PROVIDER_DRIVER(name, ops).
type driverPlace struct {
	file *c.File
	at   int
	args [][]c.Token
}

// drivers finds them outside all brackets, in the compiled sources.
func (m *matchCheck) drivers() []driverPlace {
	var places []driverPlace
	for _, f := range m.c.Files {
		if !strings.HasSuffix(f.Name, ".c") || !m.built.Has(f.Name) {
			continue
		}
		f.Outside(func(i int) {
			if f.Tokens[i].Text != driverMacro || f.Tokens[i].Kind != c.Word || i+1 >= len(f.Tokens) {
				return
			}
			end := c.Closing(f.Tokens, i+1)
			if end < 0 {
				return
			}
			if _, args, ok := c.Call(c.Code(f.Tokens[i : end+1])); ok && len(args) == 2 && len(args[0]) > 0 {
				places = append(places, driverPlace{f, f.Tokens[i].Start, args})
			}
		})
	}
	return places
}

// driver finds the expected one and returns its ops.
func (m *matchCheck) driver() string {
	places := m.drivers()
	name := m.p.Manifest.Name
	if len(places) == 0 {
		m.fail(text.NoPlace(m.p.Dir, fmt.Sprintf("%s(%s, …) in a .c file that %s names", driverMacro, name, cmake.FileName)))
		return ""
	}
	for _, more := range places[1:] {
		m.fail(more.file.Problem(more.at, driverMacro+"() once", "it again"))
	}
	first := places[0]
	if got := c.Join(first.args[0]); got != name && !m.p.doubts(fieldName) {
		want := driverMacro + "(" + name + ", the manifest's name"
		m.fail(first.file.Problem(first.args[0][0].Start, want, driverMacro+"("+got))
	}
	if ops := first.args[1]; len(ops) == 1 && ops[0].Kind == c.Word {
		return ops[0].Text
	}
	m.fail(first.file.Problem(first.at, "the name of a struct "+deviceOps+" in "+driverMacro+"()", strconv.Quote(c.Join(first.args[1]))))
	return ""
}

// ops checks the struct verbs_device_ops.
func (m *matchCheck) ops(name string) {
	o, ok := m.c.Object(deviceOps, name)
	if !ok {
		if !m.c.InMacro(name) {
			m.fail(text.NoPlace(m.p.Dir, "the initializer of struct "+deviceOps+" "+name))
		}
		return
	}
	fields := o.Fields()
	if len(fields) == 0 {
		m.seen = append(m.seen, name+" has no designated fields and was not checked")
		return
	}
	for _, field := range []struct{ name, why string }{
		{"name", "libibverbs uses it as the driver's name"},
		{"match_max_abi_version", "otherwise it is 0, unlike device.kernelABI"},
		{"alloc_device", "libibverbs calls it"},
		{"alloc_context", "libibverbs calls it"},
	} {
		if field.name == "match_max_abi_version" && m.p.Manifest.Device.KernelABI == 0 {
			continue
		}
		if fields[field.name] == nil {
			m.fail(o.File.Problem(o.At, "."+field.name+" in "+name+": "+field.why, "none"))
		}
	}
	if fields["match_table"] == nil && fields["match_device"] == nil {
		m.fail(o.File.Problem(o.At, ".match_table in "+name, "neither it nor .match_device"))
	}
	m.abiRange(o, fields["match_min_abi_version"], fields["match_max_abi_version"])
	if table := fields["match_table"]; len(table) > 0 {
		m.table(table)
	}
}

// abiRange checks that the kernel ABI of the manifest's device is in the range.
func (m *matchCheck) abiRange(o *c.Object, low, high []c.Token) {
	if m.p.doubts(fieldDevice) {
		return
	}
	abi := int64(m.p.Manifest.Device.KernelABI)
	least, most := int64(0), int64(0)
	okLow, okHigh := true, false
	switch {
	case low != nil:
		least, okLow = m.c.Value(low)
	case abi != 0:
		m.warn(o.File.Problem(o.At, ".match_min_abi_version with .match_max_abi_version", "none, which is 0"))
	}
	if high != nil {
		most, okHigh = m.c.Value(high)
	}
	show := func(n int64, ok bool) string {
		if !ok {
			return "?"
		}
		return strconv.FormatInt(n, 10)
	}
	got := show(least, okLow) + " to " + show(most, okHigh)
	want := fmt.Sprintf("a range that includes %d, device.kernelABI of %s", abi, provider.ManifestName)
	switch {
	case okHigh && abi > most:
		m.fail(o.File.Problem(high[0].Start, want, got))
	case okLow && low != nil && abi < least:
		m.fail(o.File.Problem(low[0].Start, want, got))
	case high != nil:
		m.seen = append(m.seen, "kernel ABI "+got)
	}
}

// contexts compares the driver id of new contexts with the manifest's: the kernel refuses
// commands with another driver id.
func (m *matchCheck) contexts() {
	constant := m.p.Manifest.DriverID.Constant
	if constant == "" {
		return
	}
	for _, f := range m.c.Files {
		for i, t := range f.Tokens {
			if t.Text != contextMacro || i+1 >= len(f.Tokens) || !m.built.Has(f.Name) {
				continue
			}
			end := c.Closing(f.Tokens, i+1)
			if end < 0 {
				continue
			}
			_, args, ok := c.Call(c.Code(f.Tokens[i : end+1]))
			if !ok || len(args) != 5 {
				continue
			}
			id, ok := m.c.Word(args[4])
			if !ok || !strings.HasPrefix(id, "RDMA_DRIVER_") || id == constant || id == "RDMA_DRIVER_UNKNOWN" {
				continue
			}
			m.fail(f.Problem(args[4][0].Start, constant+", driverID.constant of "+provider.ManifestName, id))
		}
	}
}

// table checks the table of struct verbs_match_ent.
func (m *matchCheck) table(value []c.Token) {
	if len(value) > 1 && value[0].Text == "&" {
		value = value[1:]
	}
	if value[0].Kind != c.Word {
		m.seen = append(m.seen, "a table without a name, which was not checked")
		return
	}
	name := value[0].Text
	o, ok := m.c.Object(c.MatchEntry, name)
	switch {
	case ok:
	case m.c.InMacro(name):
		m.seen = append(m.seen, name+" is generated by a macro and was not checked")
		return
	default:
		m.fail(text.NoPlace(m.p.Dir, "the initializer of struct "+c.MatchEntry+" "+name+"[]"))
		return
	}
	entries := m.sentinel(o, name, m.c.Entries(o))
	if len(entries) == 0 && !o.Included {
		return
	}
	m.ids(o, name, entries)
	m.names(o, name, entries)
	m.device(o, name, entries)
}

// ids compares the driver ids of the table with the manifest's.
func (m *matchCheck) ids(o *c.Object, name string, entries []c.Entry) {
	constant := m.p.Manifest.DriverID.Constant
	if constant == "" {
		return
	}
	var others []c.Entry
	for _, e := range entries {
		switch {
		case e.Kind == c.EntryUnknown || e.Kind == c.EntryID && e.Text == "":
			return // it may be ours
		case e.Kind == c.EntryID && e.Text == constant:
			m.seen = append(m.seen, constant)
			return
		case e.Kind == c.EntryID:
			others = append(others, e)
		}
	}
	want := fmt.Sprintf("%s(%s), driverID.constant of %s", c.MacroID, constant, provider.ManifestName)
	if len(others) > 0 {
		m.fail(o.File.Problem(others[0].At, want, others[0].Text))
		return
	}
	if !o.Included {
		got := "no " + c.MacroID + "()"
		if !slices.ContainsFunc(entries, func(e c.Entry) bool { return !e.ByName() }) {
			got += ": " + m.renamed()
		}
		m.warn(o.File.Problem(o.At, want+", in "+name, got))
	}
}

// sentinel returns the entries that libibverbs reads: those before the first of kind 0. Without
// one, libibverbs reads beyond the table.
func (m *matchCheck) sentinel(o *c.Object, name string, entries []c.Entry) []c.Entry {
	at := slices.IndexFunc(entries, func(e c.Entry) bool { return e.Kind == c.EntryEnd })
	if at < 0 {
		unknown := o.Included || slices.ContainsFunc(entries, func(e c.Entry) bool { return e.Kind == c.EntryUnknown })
		if !unknown && !m.c.Longer(o) {
			m.fail(o.File.Problem(o.End, "{} as the last entry of "+name+", where libibverbs stops reading", "the end of the table"))
		}
		return entries
	}
	kept, behind := o.BeforeEnd(entries)
	switch {
	case len(kept) == 0 && !o.Included:
		m.fail(o.File.Problem(entries[0].At, "an entry in "+name+" before the terminating {}", "none"))
		return nil
	case behind != nil:
		m.warn(o.File.Problem(behind.At, "nothing after the terminating {} of "+name+", where libibverbs stops", "an entry"))
	}
	return kept
}
