// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"
)

// claim is a driver id by which the provider takes devices.
type claim struct {
	name    string // the constant, or the number as the match table has it
	value   int
	own     bool // it is the manifest's
	matched bool // a match table of another directory has it
	used    []SharedIDError
}

// is says whether a word of another provider, a constant or a number, means the id.
func (c *claim) is(def *enumDef, word string) bool {
	if i := def.find(word); i >= 0 {
		return def.Consts[i].Values.has(c.value)
	}
	value, known := number(word)
	return known && value == c.value
}

// readIDs gives the driver ids of the provider's match tables: constants and numbers, each
// once. Tables in sources that nothing compiles are passed over.
func (p *Provider) readIDs(ctx context.Context) []string {
	c, _ := p.readC(ctx) // what cannot be scanned is told by Examine
	built := p.readBuilt()
	var ids []string
	for _, at := range c.tableIDs("") {
		compiled := !strings.HasSuffix(at.File, ".c") || built.has(at.File) || c.includes(path.Base(at.File))
		if compiled && !slices.Contains(ids, at.Got) {
			ids = append(ids, at.Got)
		}
	}
	return ids
}

// hasIDs says whether there is a driver id that another provider can have as well.
func (p *Provider) hasIDs() bool {
	return p.Manifest.DriverID.Policy != PolicyNone || len(p.matchIDs) > 0
}

// claims gives each driver id of the provider once: the manifest's, which has the number
// id in the release (0 where it has none), and those of the match tables.
func (p *Provider) claims(def *enumDef, id int) []claim {
	driver := &p.Manifest.DriverID
	if id == 0 && driver.Policy == PolicyExplicit { // it is another constant's
		id = driver.Value
	}
	var ids []claim
	add := func(name string, value int, own bool) {
		if value > 0 && !slices.ContainsFunc(ids, func(c claim) bool { return c.value == value }) {
			ids = append(ids, claim{name: name, value: value, own: own})
		}
	}
	add(driver.Constant, id, true)
	for _, text := range p.matchIDs {
		if i := def.find(text); i >= 0 && text != driver.Constant {
			for _, value := range def.Consts[i].Values {
				add(text, value, false)
			}
		} else if value, ok := number(text); ok {
			add(text, value, false)
		}
	}
	return ids
}

// uses looks in a directory for the first use of an id's constant outside of comments.
func (in *integration) uses(def *enumDef, id *claim, names []string) {
	for _, name := range names {
		data, err := in.tree.ReadFile(name)
		if !IsTable(name) || err != nil || !slices.ContainsFunc(def.Consts, func(e enumerator) bool {
			return e.Values.has(id.value) && bytes.Contains(data, []byte(e.Name))
		}) {
			continue
		}
		toks, _ := scanC(name, data) // what cannot be read as C the compiler will refuse
		for _, t := range toks {
			words := []cToken{t}
			if t.Kind == cDirective {
				words = scanText(t.Text[1:])
			}
			for _, word := range words {
				if def.find(word.Text) >= 0 && id.is(def, word.Text) {
					id.used = append(id.used, SharedIDError{
						File: name, Line: lineNumber(data, t.Start), Constant: id.name, Value: id.value, Got: word.Text, How: IDUsed,
					})
					return
				}
			}
		}
	}
}

// unmatched warns of ids that no table of another directory has: those that other
// providers use nevertheless, and a constant of the manifest that is the release's own.
func (in *integration) unmatched(m *Manifest, def *enumDef, ids []claim) {
	for _, id := range ids {
		if id.matched || m.DriverID.Shared || id.own && m.ReplacesUpstream {
			continue
		}
		in.result.Warnings = append(in.result.Warnings, id.used...)
		if len(id.used) == 0 && id.own && m.DriverID.Policy == PolicyNext && in.takesConstant(m) {
			e := def.Consts[def.find(id.name)]
			in.result.Warnings = append(in.result.Warnings, SharedIDError{
				File: DriverHeader, Line: lineNumber(in.data[DriverHeader], e.Start), Constant: id.name, Value: id.value, Got: id.name, How: IDListed,
			})
		}
	}
}

// takesConstant says whether the release has the manifest's constant, and not from an
// earlier integration of the provider.
func (in *integration) takesConstant(m *Manifest) bool {
	_, err := in.tree.ReadFile(path.Join(m.Folder(), cmakeName))
	return err != nil && slices.ContainsFunc(in.result.Edits, func(e Edit) bool { return e.File == DriverHeader && e.Already })
}
