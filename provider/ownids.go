// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// claim is a driver id that the provider matches.
type claim struct {
	name  string // the constant, or the number in the match table
	value int
	own   bool            // it is the manifest's
	used  []SharedIDError // places where other directories use its constant without matching it
}

// is reports whether another provider's constant or number is the id.
func (src *claim) is(def *c.Enum, word string) bool {
	if i := def.Find(word); i >= 0 {
		return def.Consts[i].Values.Has(src.value)
	}
	value, known := c.Number(word)
	return known && value == src.value
}

// readIDs returns the driver ids of the provider's match tables: constants and numbers, each
// once. Tables in sources that are not compiled are skipped.
func (p *Provider) readIDs(ctx context.Context) []string {
	src, _ := p.Sources(ctx) // Examine reports files that cannot be scanned
	built := p.Built()
	var ids []string
	for _, id := range src.TableIDs() {
		name := id.File.Name
		compiled := !strings.HasSuffix(name, ".c") || built.Has(name) || src.Includes(path.Base(name))
		if compiled && !slices.Contains(ids, id.Text) {
			ids = append(ids, id.Text)
		}
	}
	return ids
}

// hasIDs reports whether there is a driver id that another provider could have.
func (p *Provider) hasIDs() bool {
	return p.Manifest.DriverID.Policy != PolicyNone || len(p.matchIDs) > 0
}

// claims returns each driver id of the provider once: the manifest's, with the number id in the
// release (0 if none), and those of the match tables.
func (p *Provider) claims(def *c.Enum, id int) []claim {
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
		if i := def.Find(text); i >= 0 && text != driver.Constant {
			for _, value := range def.Consts[i].Values {
				add(text, value, false)
			}
		} else if value, ok := c.Number(text); ok {
			add(text, value, false)
		}
	}
	return ids
}

// uses looks in a directory for the first use of an id's constant outside comments.
func (in *integration) uses(def *c.Enum, id *claim, names []string) {
	inText := func(data []byte) bool {
		return slices.ContainsFunc(def.Consts, func(e c.Constant) bool {
			return e.Values.Has(id.value) && bytes.Contains(data, []byte(e.Name))
		})
	}
	for _, name := range names {
		if !IsTable(name) {
			continue
		}
		data, err := in.tree.ReadFile(name)
		if err != nil || !inText(data) {
			continue
		}
		toks, err := c.Scan(name, data)
		if err != nil {
			continue // the compiler will report it
		}
		if word, at := id.find(def, toks); word != "" {
			id.used = append(id.used, SharedIDError{
				File: name, Line: text.LineNumber(data, at), Constant: id.name, Value: id.value, Got: word, How: IDUsed,
			})
			return
		}
	}
}

// find returns the first constant among tokens that means the id, also in a preprocessor
// line, and its offset or that of the line.
func (src *claim) find(def *c.Enum, toks []c.Token) (word string, at int) {
	for _, t := range toks {
		words := []c.Token{t}
		if t.Kind == c.Directive {
			words = c.ScanText(t.Text[1:])
		}
		for _, w := range words {
			if def.Find(w.Text) >= 0 && src.is(def, w.Text) {
				return w.Text, t.Start
			}
		}
	}
	return "", 0
}

// warnUsed warns of ids that other providers use outside their match tables, and of a constant
// of the manifest that the release already has. An id in a table is an error, or intended.
func (in *integration) warnUsed(m *Manifest, def *c.Enum, ids []claim) {
	for _, id := range ids {
		if m.DriverID.Shared || id.own && m.ReplacesUpstream {
			continue
		}
		in.result.Warnings = append(in.result.Warnings, id.used...)
		if len(id.used) == 0 && id.own && m.DriverID.Policy == PolicyNext && in.takesConstant(m) {
			e := def.Consts[def.Find(id.name)]
			in.result.Warnings = append(in.result.Warnings, SharedIDError{
				File: DriverHeader, Line: text.LineNumber(in.data[DriverHeader], e.Start),
				Constant: id.name, Value: id.value, Got: id.name, How: IDListed,
			})
		}
	}
}

// takesConstant reports whether the release itself has the manifest's constant, not only from
// an earlier integration of the provider.
func (in *integration) takesConstant(m *Manifest) bool {
	_, err := in.tree.ReadFile(path.Join(m.Folder(), cmake.FileName))
	return err != nil && slices.ContainsFunc(in.result.Edits, func(e Edit) bool { return e.File == DriverHeader && e.Already })
}
