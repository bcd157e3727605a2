// SPDX-License-Identifier: Apache-2.0

package c

import (
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/text"
)

// The names of a match table and its entries in infiniband/driver.h.
const (
	MatchEntry    = "verbs_match_ent"
	MacroID       = "VERBS_DRIVER_ID"      // (constant)
	MacroPCI      = "VERBS_PCI_MATCH"      // (vendor, device, data)
	MacroModalias = "VERBS_MODALIAS_MATCH" // (pattern, data)
	MacroName     = "VERBS_NAME_MATCH"     // (prefix, data)
)

// EntryKind is the property that an entry matches.
type EntryKind int

// The kinds of entries. EntryUnknown is one that cannot be determined.
const (
	EntryUnknown EntryKind = iota
	EntryEnd               // the one whose kind is 0
	EntryID
	EntryPCI
	EntryModalias
	EntryName
	EntryOther // a kind that libibverbs does not know
)

// Entry is an entry of a match table.
type Entry struct {
	Kind EntryKind
	At   int    // offset in the table's file
	Text string // driver id, prefix of a name, or pattern of a modalias; "" where it cannot be determined
}

// ByName reports whether an entry matches devices by name: VERBS_NAME_MATCH(), or libibverbs'
// own form of modalias.
func (e Entry) ByName() bool {
	return e.Kind == EntryName || e.Kind == EntryModalias && strings.HasPrefix(e.Text, "rdma_device:")
}

// Entries reads a match table.
func (c *Sources) Entries(o *Object) []Entry {
	entries := make([]Entry, 0, len(o.parts))
	for _, part := range o.parts {
		entries = append(entries, c.entry(part))
	}
	return entries
}

// entry reads one entry: a macro of libibverbs' driver.h, one of the provider's own that
// expands to one, or braces.
func (c *Sources) entry(part []Token) Entry {
	if len(part) == 0 {
		return Entry{}
	}
	e := Entry{At: part[0].Start}
	if part[0].Text == "[" { // [0] = …
		if end := Closing(part, 0); end > 0 && end+2 < len(part) && part[end+1].Text == "=" {
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
	name, args, ok := Call(toks)
	if !ok || len(args) == 0 {
		return e
	}
	switch name {
	case MacroID:
		e.Kind = EntryID
		e.Text, _ = c.Word(operand(args[0]))
	case MacroName:
		e.Kind = EntryName
		e.Text = c.Text(args[0])
	case MacroModalias:
		e.Kind = EntryModalias
		e.Text = c.Text(args[0])
	case MacroPCI:
		e.Kind = EntryPCI
		e.Text = c.pciPattern(args)
	}
	return e
}

// operand removes parentheses and casts around a value.
func operand(toks []Token) []Token {
	for len(toks) > 2 && toks[0].Text == "(" {
		end := Closing(toks, 0)
		switch {
		case end == len(toks)-1:
			toks = toks[1:end]
		case end > 1 && !slices.ContainsFunc(toks[1:end], func(t Token) bool { return t.Kind != Word }):
			toks = toks[end+1:]
		default:
			return toks
		}
	}
	return toks
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

// writtenOut reads an entry in braces. libibverbs uses the field kind, which is 0 if the braces
// do not set it: {}, {0}, {NULL}, { .kind = VERBS_MATCH_SENTINEL } and { .u = {} } all end the
// table.
func (c *Sources) writtenOut(e Entry, toks []Token) Entry {
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
		union = map[string][]Token{unionModalias: value} // braces can be left out
	}
	for _, member := range []string{unionModalias, unionID} {
		if value := fields[fieldUnion+"."+member]; value != nil {
			union = map[string][]Token{member: value}
		}
	}
	switch kind {
	case 0:
		e.Kind = EntryEnd
	case 1:
		e.Kind = EntryPCI
		e.Text = c.pciPattern([][]Token{fields[fieldVendor], fields[fieldPCI]})
	case 2:
		e.Kind, e.Text = EntryModalias, c.Text(union[unionModalias])
		if prefix, ok := strings.CutPrefix(e.Text, "rdma_device:*N"); ok && strings.HasSuffix(prefix, "*") {
			e.Kind, e.Text = EntryName, strings.TrimSuffix(prefix, "*")
		}
	case 3:
		e.Kind = EntryID
		e.Text, _ = c.Word(operand(union[unionID]))
	default:
		e.Kind = EntryOther
	}
	return e
}

// matchKind is the number of a kind: one of driver.h's names or a number.
func (c *Sources) matchKind(toks []Token) (int64, bool) {
	toks = operand(toks)
	word, ok := c.Word(toks)
	names := []string{"VERBS_MATCH_SENTINEL", "VERBS_MATCH_PCI", "VERBS_MATCH_MODALIAS", "VERBS_MATCH_DRIVER_ID"}
	if i := slices.Index(names, word); ok && i >= 0 {
		return int64(i), true
	}
	return c.Value(toks)
}

// initializer returns the tokens of each member that braces name: by a designator
// (.kind = 1, .u.driver_id = 2, or kind: 1 as compilers before C99 had it) or by its
// place, which goes on after the last one named. ok is false for what is not such a brace list.
func initializer(toks []Token, members []string) (fields map[string][]Token, ok bool) {
	if len(toks) < 2 || toks[0].Text != "{" || Closing(toks, 0) != len(toks)-1 {
		return nil, false
	}
	fields = map[string][]Token{}
	at := 0
	for _, part := range Split(toks[1 : len(toks)-1]) {
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
func designator(part []Token) (name string, value []Token) {
	if len(part) > 2 && part[0].Kind == Word && part[1].Text == ":" {
		return part[0].Text, part[2:]
	}
	i := 0
	var names []string
	for ; i+1 < len(part) && part[i].Text == "." && part[i+1].Kind == Word; i += 2 {
		names = append(names, part[i+1].Text)
	}
	if i == 0 || i >= len(part) || part[i].Text != "=" {
		return "", nil
	}
	return strings.Join(names, "."), part[i+1:]
}

// BeforeEnd returns the entries that are not after the first whose kind is 0, and the first
// that is, nil where none is. Those in another branch of the same condition are not.
func (o *Object) BeforeEnd(entries []Entry) (kept []Entry, behind *Entry) {
	end := slices.IndexFunc(entries, func(e Entry) bool { return e.Kind == EntryEnd })
	if end < 0 {
		return entries, nil
	}
	kept = slices.Clone(entries[:end])
	for i := end + 1; i < len(entries); i++ {
		switch e := &entries[i]; {
		case !o.apart(entries[end].At, e.At):
			return kept, e
		case e.Kind != EntryEnd:
			kept = append(kept, *e)
		}
	}
	return kept, nil
}

// apart reports whether two offsets, the lesser one first, are in two branches of one #if.
func (o *Object) apart(first, second int) bool {
	inner, other := 0, false // how many #if after first are open; the one around it has a next branch
	for _, t := range o.File.Tokens {
		if t.Kind != Directive || t.Start < first || t.Start > second {
			continue
		}
		switch t.Directive() {
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

// Longer reports whether an array is declared with more entries than are written: C makes
// the others zero. One whose size cannot be determined may be.
func (c *Sources) Longer(o *Object) bool {
	if len(o.size) == 0 {
		return false
	}
	n, ok := c.Value(o.size)
	return !ok || n > int64(len(o.parts))
}

// pciPattern is the modalias of VERBS_PCI_MATCH(vendor, device, data), as
// libibverbs/init.c makes it.
func (c *Sources) pciPattern(args [][]Token) string {
	if len(args) < 2 {
		return ""
	}
	vendor, okVendor := c.Value(args[0])
	device, okDevice := c.Value(args[1])
	if !okVendor || !okDevice {
		return ""
	}
	return fmt.Sprintf("pci:v%08Xd%08Xsv*", vendor, device)
}

// TableID is an entry of a match table with a driver id.
type TableID struct {
	File *File
	Line int
	Text string // the constant, or the number as it is written
}

// TableIDs returns the driver ids of all match tables, as far as libibverbs reads them.
func (c *Sources) TableIDs() []TableID {
	var found []TableID
	for _, f := range c.Files {
		for i := range f.Tokens {
			if f.Tokens[i].Text != MatchEntry {
				continue
			}
			o, ok := c.objectAt(f, i)
			if !ok {
				continue
			}
			entries, _ := o.BeforeEnd(c.Entries(o))
			for _, e := range entries {
				if e.Kind == EntryID && e.Text != "" {
					found = append(found, TableID{File: f, Line: text.LineNumber(f.Data, e.At), Text: e.Text})
				}
			}
		}
	}
	return found
}
