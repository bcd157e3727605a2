// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/specs/edit"
)

// SharedIDError is an entry with the same driver id in another provider's match table of the
// release.
type SharedIDError struct {
	File     string `json:"file"`     // slash separated, in the tree
	Line     int    `json:"line"`     // of the entry
	Constant string `json:"constant"` // ours
	Value    int    `json:"value"`    // the driver id
	Got      string `json:"got"`      // the entry's value: RDMA_DRIVER_MANA, or a number
	Meant    bool   `json:"meant"`    // intended: by the manifest, or because the release's provider is replaced
	How      IDUse  `json:"how,omitempty"`
}

// IDUse is the kind of use of a driver id in a SharedIDError.
type IDUse string

// An entry of a match table is an error unless it is intended; the others are warnings.
const (
	IDMatched IDUse = ""       // an entry of a match table
	IDUsed    IDUse = "used"   // another use of the constant in another provider
	IDListed  IDUse = "listed" // the constant in the release's enum, which policy next takes
)

// Error names both, and how to mark it as intended.
func (e *SharedIDError) Error() string {
	switch e.How {
	case IDUsed:
		const form = "%s:%d: want driver id %d (%s) in no other provider, got %s; if this is intended: \"shared: true\" in driverID of %s"
		return fmt.Sprintf(form, e.File, e.Line, e.Value, e.Constant, edit.Cut(e.Got), ManifestName)
	case IDListed:
		const form = "%s:%d: want a number for %s that is new in the release, as policy next assigns it, got %d: " +
			"the release already has it, " +
			"and the provider reuses it; if this is intended: \"policy: explicit\" and \"value: %d\" in driverID of %s"
		return fmt.Sprintf(form, e.File, e.Line, e.Constant, e.Value, e.Value, ManifestName)
	case IDMatched:
	}
	const form = "%s:%d: want no other provider that matches driver id %d (%s), got %s(%s): " +
		"libibverbs assigns a device to the first of the two"
	text := fmt.Sprintf(form, e.File, e.Line, e.Value, e.Constant, c.MacroID, edit.Cut(e.Got))
	if !e.Meant {
		text += `; if this is intended: "shared: true" in driverID of ` + ManifestName
	}
	return text
}

// checkShared looks for the provider's driver ids in the match tables of the release's other
// providers: the constant, another one with the same number, or the number itself. Each is an
// error unless the manifest marks it as intended, whether or not the table is compiled. A
// constant of the release that is in no table is a warning.
func (in *integration) checkShared(p *Provider) {
	lister, ok := in.tree.(Lister)
	if !ok || !p.hasIDs() {
		return
	}
	data, ok := in.read(DriverHeader)
	if !ok {
		return
	}
	def, err := ReadDriverIDs(DriverHeader, data)
	if err != nil {
		in.fail(err)
		return
	}
	ids := p.claims(def, in.result.DriverID)
	if len(ids) == 0 {
		return
	}
	names, err := lister.List(strings.TrimSuffix(providersFolder, "/"))
	if err != nil {
		in.fail(&PlaceError{File: providersFolder, LookedFor: "the release's providers", Found: reason(err), Err: err})
		return
	}
	slices.Sort(names)
	for len(names) > 0 {
		dir := providersFolder + providerOf(names[0])
		n := slices.IndexFunc(names, func(name string) bool { return !strings.HasPrefix(name, dir+"/") })
		if n <= 0 {
			n = len(names)
			if !strings.HasPrefix(names[0], dir+"/") {
				n = 1 // a file next to the directories
			}
		}
		if dir != p.Manifest.Folder() {
			in.shares(&p.Manifest, def, ids, dir, names[:n])
		}
		names = names[n:]
	}
	in.warnUsed(&p.Manifest, def, ids)
}

// shares checks one directory.
func (in *integration) shares(m *Manifest, def *c.Enum, ids []claim, dir string, names []string) {
	found := in.matchedIDs(dir, names)
	for i := range ids {
		id := &ids[i]
		for _, at := range found {
			if !id.is(def, at.Got) {
				continue
			}
			at.Constant, at.Value, at.Meant = id.name, id.value, m.DriverID.Shared || id.own && m.ReplacesUpstream
			if at.Meant {
				in.result.Warnings = append(in.result.Warnings, at)
			} else {
				in.fail(&at)
			}
		}
		in.uses(def, id, names)
	}
}

// matchedIDs returns the driver ids of a directory's match tables. A file that cannot be parsed
// as C is skipped: the compiler will report it.
func (in *integration) matchedIDs(dir string, names []string) []SharedIDError {
	p := &Provider{Dir: dir}
	tables := false
	for _, name := range names {
		if ext := path.Ext(name); ext != ".c" && ext != ".h" {
			continue
		}
		data, err := in.tree.ReadFile(name)
		if err != nil {
			continue
		}
		has := bytes.Contains(data, []byte(c.MatchEntry))
		if tables = tables || has; has || path.Ext(name) == ".h" {
			p.Files = append(p.Files, File{Name: strings.TrimPrefix(name, dir+"/"), data: data})
		}
	}
	if !tables {
		return nil
	}
	src, _ := p.Sources(context.Background()) // as bounded as the tree is; Integrate has no context
	var found []SharedIDError
	for _, id := range src.TableIDs() {
		found = append(found, SharedIDError{File: path.Join(dir, id.File.Name), Line: id.Line, Got: id.Text})
	}
	return found
}
