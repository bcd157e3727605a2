// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"slices"
	"strings"
)

// What a match table and its entries are called in infiniband/driver.h.
const (
	matchEntry = "verbs_match_ent"
	macroID    = "VERBS_DRIVER_ID"      // (constant)
	macroPCI   = "VERBS_PCI_MATCH"      // (vendor, device, data)
	macroAlias = "VERBS_MODALIAS_MATCH" // (pattern, data)
	macroName  = "VERBS_NAME_MATCH"     // (prefix, data)
)

// matchKind is by what an entry takes devices.
type matchKind int

const (
	kindUnknown matchKind = iota
	kindEnd               // the one whose kind is 0
	kindID
	kindPCI
	kindModalias
	kindName
	kindOther // by something that libibverbs does not know
)

// matchEnt is an entry of a match table.
type matchEnt struct {
	kind matchKind
	at   int    // offset in the table's file
	text string // driver id, prefix of a name, or pattern of a modalias; "" where it cannot be told
}

// byName says whether an entry takes devices by their name: VERBS_NAME_MATCH(), or a
// modalias of libibverbs' own kind.
func (e matchEnt) byName() bool {
	return e.kind == kindName || e.kind == kindModalias && strings.HasPrefix(e.text, "rdma_device:")
}

// entries reads a match table.
func (c *cSources) entries(o *cObject) []matchEnt {
	entries := make([]matchEnt, 0, len(o.parts))
	for _, part := range o.parts {
		entries = append(entries, c.entry(part))
	}
	return entries
}

// entry reads one entry: a macro of libibverbs' driver.h, one of the provider's
// own that stands for such, or braces.
func (c *cSources) entry(part []cToken) matchEnt {
	if len(part) == 0 {
		return matchEnt{}
	}
	e := matchEnt{at: part[0].Start}
	if part[0].Text == "[" { // [0] = …
		if end := closing(part, 0); end > 0 && end+2 < len(part) && part[end+1].Text == "=" {
			part = part[end+2:]
		}
	}
	toks, ok := c.expand(part)
	if !ok || len(toks) == 0 {
		return e
	}
	if toks[0].Text == "{" {
		return c.writtenOut(e, toks)
	}
	name, args, ok := call(toks)
	if !ok || len(args) == 0 {
		return e
	}
	switch name {
	case macroID:
		e.kind = kindID
		e.text, _ = c.word(args[0])
	case macroName:
		e.kind = kindName
		e.text = c.text(args[0])
	case macroAlias:
		e.kind = kindModalias
		e.text = c.text(args[0])
	case macroPCI:
		e.kind = kindPCI
		e.text = c.pciPattern(args)
	}
	return e
}

// The fields of struct verbs_match_ent in their order, and those of its union u.
const (
	fieldUnion    = "u"
	fieldVendor   = "vendor"
	fieldPCI      = "device"
	fieldKind     = "kind"
	unionID       = "driver_id"
	unionModalias = "modalias"
)

func matchFields() []string {
	return []string{"driver_data", fieldUnion, fieldVendor, fieldPCI, fieldKind}
}

// writtenOut reads an entry in braces. libibverbs goes by the field kind, which is 0 where
// the braces do not name it: {}, {0}, {NULL}, { .kind = VERBS_MATCH_SENTINEL } and
// { .u = {} } all end the table.
func (c *cSources) writtenOut(e matchEnt, toks []cToken) matchEnt {
	fields, ok := initializer(toks, matchFields())
	if !ok {
		return e
	}
	kind, ok := int64(0), true
	if value := fields[fieldKind]; value != nil {
		kind, ok = c.matchKind(value)
	}
	if !ok {
		return e
	}
	union, _ := initializer(fields[fieldUnion], []string{unionModalias, unionID})
	if value := fields[fieldUnion]; len(value) > 0 && value[0].Text != "{" {
		union = map[string][]cToken{unionModalias: value} // braces can be left out
	}
	for _, member := range []string{unionModalias, unionID} {
		if value := fields[fieldUnion+"."+member]; value != nil {
			union = map[string][]cToken{member: value}
		}
	}
	switch kind {
	case 0:
		e.kind = kindEnd
	case 1:
		e.kind = kindPCI
		e.text = c.pciPattern([][]cToken{fields[fieldVendor], fields[fieldPCI]})
	case 2:
		e.kind, e.text = kindModalias, c.text(union[unionModalias])
		if prefix, ok := strings.CutPrefix(e.text, "rdma_device:*N"); ok && strings.HasSuffix(prefix, "*") {
			e.kind, e.text = kindName, strings.TrimSuffix(prefix, "*")
		}
	case 3:
		e.kind = kindID
		e.text, _ = c.word(union[unionID])
	default:
		e.kind = kindOther
	}
	return e
}

// matchKind is the number of a kind: one of driver.h's names or a number.
func (c *cSources) matchKind(toks []cToken) (int64, bool) {
	for len(toks) > 2 && toks[0].Text == "(" && closing(toks, 0) == len(toks)-1 {
		toks = toks[1 : len(toks)-1]
	}
	word, ok := c.word(toks)
	names := []string{"VERBS_MATCH_SENTINEL", "VERBS_MATCH_PCI", "VERBS_MATCH_MODALIAS", "VERBS_MATCH_DRIVER_ID"}
	if i := slices.Index(names, word); ok && i >= 0 {
		return int64(i), true
	}
	return c.value(toks)
}

// initializer gives the tokens of each member that braces name: by a designator
// (.kind = 1, .u.driver_id = 2, or kind: 1 as compilers before C99 had it) or by its
// place, which goes on behind the last one named. ok is false for what is no such braces.
func initializer(toks []cToken, members []string) (fields map[string][]cToken, ok bool) {
	if len(toks) < 2 || toks[0].Text != "{" || closing(toks, 0) != len(toks)-1 {
		return nil, false
	}
	fields = map[string][]cToken{}
	at := 0
	for _, part := range splitC(toks[1 : len(toks)-1]) {
		name, value := designator(part)
		if name == "" {
			if at >= len(members) {
				return nil, false
			}
			name, value = members[at], part
		}
		first, _, _ := strings.Cut(name, ".")
		at = slices.Index(members, first) + 1
		if at == 0 || len(value) == 0 {
			return nil, false
		}
		fields[name] = value
	}
	return fields, true
}

// designator takes ".u.driver_id = value" and "kind: value" apart, "" where there is none.
func designator(part []cToken) (name string, value []cToken) {
	if len(part) > 2 && part[0].Kind == cWord && part[1].Text == ":" {
		return part[0].Text, part[2:]
	}
	i := 0
	var names []string
	for ; i+1 < len(part) && part[i].Text == "." && part[i+1].Kind == cWord; i += 2 {
		names = append(names, part[i+1].Text)
	}
	if i == 0 || i >= len(part) || part[i].Text != "=" {
		return "", nil
	}
	return strings.Join(names, "."), part[i+1:]
}

// beforeEnd gives the entries that are not behind the first whose kind is 0, and the first
// that is, nil where none is. Those in another branch of the same condition are not.
func (o *cObject) beforeEnd(entries []matchEnt) (kept []matchEnt, behind *matchEnt) {
	end := slices.IndexFunc(entries, func(e matchEnt) bool { return e.kind == kindEnd })
	if end < 0 {
		return entries, nil
	}
	kept = slices.Clone(entries[:end])
	for i := end + 1; i < len(entries); i++ {
		switch e := &entries[i]; {
		case !o.apart(entries[end].at, e.at):
			return kept, e
		case e.kind != kindEnd:
			kept = append(kept, *e)
		}
	}
	return kept, nil
}

// apart says whether two offsets, the lesser one first, are in two branches of one #if.
func (o *cObject) apart(first, second int) bool {
	inner, other := 0, false // how many #if behind first are open; the one around it has a next branch
	for _, t := range o.file.toks {
		if t.Kind != cDirective || t.Start < first || t.Start > second {
			continue
		}
		switch t.directive() {
		case "if", "ifdef", "ifndef":
			inner++
		case endIf:
			if inner == 0 {
				other = false
			} else {
				inner--
			}
		case "else", "elif", "elifdef", "elifndef":
			other = other || inner == 0
		}
	}
	return other
}

// longer says whether an array is declared with more entries than are written: C makes
// the others zero. One whose size cannot be told may be.
func (c *cSources) longer(o *cObject) bool {
	if len(o.size) == 0 {
		return false
	}
	n, ok := c.value(o.size)
	return !ok || n > int64(len(o.parts))
}

// pciPattern is the modalias of VERBS_PCI_MATCH(vendor, device, data), as
// libibverbs/init.c makes it.
func (c *cSources) pciPattern(args [][]cToken) string {
	if len(args) < 2 {
		return ""
	}
	vendor, okVendor := c.value(args[0])
	device, okDevice := c.value(args[1])
	if !okVendor || !okDevice {
		return ""
	}
	return fmt.Sprintf("pci:v%08Xd%08Xsv*", vendor, device)
}

// tableID is an entry of a match table that takes devices by a driver id.
type tableID struct {
	file *cFile
	line int
	text string // the constant, or the number as it is written
}

// tableIDs gives the driver ids of all match tables, as far as libibverbs reads them.
func (c *cSources) tableIDs() []tableID {
	var found []tableID
	for _, f := range c.files {
		for i := range len(f.toks) - 1 {
			if f.toks[i].Text != matchEntry || f.toks[i+1].Kind != cWord {
				continue
			}
			o, ok := c.objectAt(f, i)
			if !ok {
				continue
			}
			entries, _ := o.beforeEnd(c.entries(o))
			for _, e := range entries {
				if e.kind == kindID && e.text != "" {
					found = append(found, tableID{file: f, line: lineNumber(f.data, e.at), text: e.text})
				}
			}
		}
	}
	return found
}
