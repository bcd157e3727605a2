// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// Registration is what a provider tells libibverbs of itself, as far as its sources say it without a compiler.
type Registration struct {
	Name string // PROVIDER_DRIVER(Name, …)
	File *c.File
	At   int
	// Entries are those of the match table that libibverbs reads.
	Entries  []c.Entry
	Table    *c.Object // nil where it cannot be read, for example since a macro makes it
	HasTable bool      // there is one, or a function instead
	MinABI   *int64    // nil where it is not known
	MaxABI   *int64
}

// Registrations finds every PROVIDER_DRIVER() in the files that are compiled.
func Registrations(src *c.Sources, built *cmake.Sources) []Registration {
	m := &matchCheck{Answer: &Answer{}, p: &subject{Provider: &provider.Provider{}}, c: src, built: built}
	var all []Registration
	for _, place := range m.drivers() {
		r := Registration{Name: c.Join(place.args[0]), File: place.file, At: place.at}
		if ops := place.args[1]; len(ops) == 1 && ops[0].Kind == c.Word {
			r.read(src, ops[0].Text)
		}
		all = append(all, r)
	}
	return all
}

// read reads the struct verbs_device_ops. One that cannot be found or has no designated fields may have a table.
func (r *Registration) read(src *c.Sources, ops string) {
	o, ok := src.Object(deviceOps, ops)
	if !ok || len(o.Fields()) == 0 {
		r.HasTable = src.InMacro(ops) || ok
		return
	}
	fields := o.Fields()
	number := func(toks []c.Token) *int64 {
		if n, ok := src.Value(toks); ok {
			return &n
		}
		return nil
	}
	r.MinABI, r.MaxABI = new(int64), new(int64) // fields that are left out are 0
	if toks := fields["match_min_abi_version"]; toks != nil {
		r.MinABI = number(toks)
	}
	if toks := fields["match_max_abi_version"]; toks != nil {
		r.MaxABI = number(toks)
	}
	table := fields["match_table"]
	r.HasTable = len(table) > 0 || len(fields["match_device"]) > 0
	if len(table) > 1 && table[0].Text == "&" {
		table = table[1:]
	}
	if len(table) == 0 || table[0].Kind != c.Word {
		return
	}
	if o, ok := src.Object(c.MatchEntry, table[0].Text); ok {
		r.Table = o
		r.Entries, _ = o.BeforeEnd(src.Entries(o))
	}
}
