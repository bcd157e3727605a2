// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/c"
)

const idPrefix = "RDMA_DRIVER_"

// idEnum is enum rdma_driver_id of one tree.
type idEnum struct {
	def  *c.Enum
	data []byte
}

func readEnum(data []byte) idEnum {
	def, err := provider.ReadDriverIDs(provider.DriverHeader, data)
	if data == nil || err != nil {
		return idEnum{} // as if it were not at hand: provider:check reports a release's
	}
	return idEnum{def: def, data: data}
}

// find returns a constant, nil if there is none or no enum.
func (e idEnum) find(name string) *c.Constant {
	if e.def == nil {
		return nil
	}
	if i := e.def.Find(name); i >= 0 {
		return &e.def.Consts[i]
	}
	return nil
}

// driverID finds the constant that the provider matches, its number, and the policy.
func (r *reader) driverID() {
	m := &r.p.Manifest
	upstream, own := readEnum(r.Release.read(provider.DriverHeader)), readEnum(readFrom(r.tree, provider.DriverHeader))
	constant, from := r.matchedID()
	if constant == "" {
		if constant, from = r.usedID(); constant != "" && (upstream.find(constant) != nil || upstream.def == nil && m.ReplacesUpstream) {
			constant = "" // the release has it, and nothing matches it
		}
	}
	if constant == "" {
		m.DriverID.Policy = provider.PolicyNone
		r.found(fieldDriverID, "none", "a match table without a constant")
		return
	}
	m.DriverID.Constant = constant
	r.shared(constant)
	theirs, release := r.released(upstream, constant)
	switch ours := own.find(constant); {
	case theirs != nil && r.explicit(*theirs):
		r.found(fieldDriverID, r.idText(), "the enum of "+release)
		if n, ok := number(ours); ok && n != m.DriverID.Value {
			r.ask(fieldDriverID, fmt.Sprintf("the tree numbers %s %d, %s %d. Which one does the kernel driver report?",
				constant, n, release, m.DriverID.Value), "as the release", "another: policy explicit with a constant of its own")
		}
	case ours != nil && r.explicit(*ours):
		r.found(fieldDriverID, r.idText(), "the tree's enum")
		if !strings.Contains(string(own.data[ours.Start:ours.End]), "=") {
			const form = "the tree gives %s the number %d by its place alone. Does the kernel driver report it?"
			r.ask(fieldDriverID, fmt.Sprintf(form, constant, m.DriverID.Value),
				"yes: as below", "another number: value: N", "it takes the release's next one: policy next, without value")
		}
	default:
		m.DriverID.Policy = provider.PolicyNext
		r.found(fieldDriverID, r.idText(), from)
		r.ask(fieldDriverID, "which number does the kernel driver report as "+constant+"?",
			"the next one of each release: policy next", "always N: policy explicit, and value: N")
	}
}

// released is the constant in the release's enum, or in that of the newest known release, and which it is; nil if it is in neither.
func (r *reader) released(upstream idEnum, constant string) (theirs *c.Constant, release string) {
	theirs, release = upstream.find(constant), r.Release.String()
	if n, known := r.Release.DriverIDs[constant]; theirs == nil && known {
		theirs, release = &c.Constant{Name: constant, Values: c.Values{n}}, "rdma-core "+r.Release.Newest
	}
	return theirs, release
}

// explicit takes a constant's number.
func (r *reader) explicit(e c.Constant) bool {
	n, ok := e.Values.Only()
	if !ok || n < 1 {
		return false
	}
	id := &r.p.Manifest.DriverID
	id.Policy, id.Value, id.Shared = provider.PolicyExplicit, n, id.Shared || e.Alias != ""
	return true
}

func number(e *c.Constant) (int, bool) {
	if e == nil {
		return 0, false
	}
	return e.Values.Only()
}

func (r *reader) idText() string {
	id := r.p.Manifest.DriverID
	text := id.Constant + ", " + string(id.Policy)
	if id.Policy == provider.PolicyExplicit {
		text += " " + strconv.Itoa(id.Value)
	}
	if id.Shared {
		text += ", shared"
	}
	return text
}

// matchedID is the constant of the match table: that with the provider's name if there are several.
func (r *reader) matchedID() (constant, from string) {
	var others []string
	for _, e := range r.reg.Entries {
		if e.Kind != c.EntryID || !idWord.MatchString(e.Text) || e.Text == unknownID {
			r.askID(e)
			continue
		}
		if constant == "" || e.Text == idPrefix+strings.ToUpper(r.p.Manifest.Name) {
			if constant != "" {
				others = append(others, constant)
			}
			constant, from = e.Text, r.at(r.reg.Table.File, e.At)
		} else {
			others = append(others, e.Text)
		}
	}
	if constant == "" && r.reg.Table == nil {
		constant, from = r.macroID()
	}
	if len(others) > 0 {
		r.ask(fieldDriverID, "the match table has "+strings.Join(others, ", ")+" too. Which is the driver's own?", constant, others[0])
	}
	return constant, from
}

// macroID is the constant of a match table that a macro makes, as cxgb4's is.
func (r *reader) macroID() (constant, from string) {
	match := regexp.MustCompile(c.MacroID + `\(\s*(` + idPrefix + `[A-Z0-9_]+)\s*\)`)
	for _, f := range r.src.Files {
		if m := match.FindSubmatchIndex(f.Data); len(m) > 0 && string(f.Data[m[2]:m[3]]) != unknownID {
			return string(f.Data[m[2]:m[3]]), r.at(f, m[0])
		}
	}
	return "", ""
}

// askID asks about an entry whose driver id is no constant of a driver's own.
func (r *reader) askID(e c.Entry) {
	switch {
	case e.Kind != c.EntryID || e.Text == "":
	case e.Text == unknownID:
		r.ask(fieldDriverID, fmt.Sprintf("%s matches %s, which every device has whose kernel driver reports no id. Is this intended?",
			r.at(r.reg.Table.File, e.At), unknownID),
			"yes: policy none", "no: a constant of its own, in the match table and in the kernel driver")
	default:
		r.ask(fieldDriverID, fmt.Sprintf("%s matches the number %s, which has no constant. Is it the driver's own?",
			r.at(r.reg.Table.File, e.At), e.Text),
			"yes: policy none", "no: a constant of its own, in the match table and in the kernel driver")
	}
}

const unknownID = idPrefix + "UNKNOWN"

var idWord = regexp.MustCompile(`^` + idPrefix + `[A-Z0-9_]+$`)

// usedID is a constant that the sources use anywhere, with which they compile only if the enum has it.
func (r *reader) usedID() (constant, from string) {
	for _, f := range r.src.Files {
		for _, t := range f.Tokens {
			if t.Kind == c.Word && idWord.MatchString(t.Text) && t.Text != unknownID {
				return t.Text, r.at(f, t.Start)
			}
		}
	}
	return "", ""
}

// shared finds out whether another provider of the release or the tree matches the constant.
func (r *reader) shared(constant string) {
	match := regexp.MustCompile(c.MacroID + `\(\s*` + regexp.QuoteMeta(constant) + `\s*\)`)
	for _, t := range []*provider.DirTree{r.Release.Tree, r.tree} {
		if t == nil {
			continue
		}
		names, err := t.List(providersDir)
		if err != nil {
			continue
		}
		for _, name := range names {
			dir, _, _ := strings.Cut(strings.TrimPrefix(name, providersDir+"/"), "/")
			ownDir := []string{r.p.Manifest.Name, r.p.Manifest.Directory}
			if path.Ext(name) != ".c" || slices.Contains(ownDir, dir) || !match.Match(readFrom(t, name)) {
				continue
			}
			r.p.Manifest.DriverID.Shared = true
			const form = "%s matches %s too, and libibverbs gives a device to the first of the two. Is this intended?"
			r.ask(fieldDriverID, fmt.Sprintf(form, name, constant),
				"yes: shared: true", "no: a constant of its own, in the match table and in the kernel driver")
			return
		}
	}
}
