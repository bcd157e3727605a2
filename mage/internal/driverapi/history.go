// SPDX-License-Identifier: Apache-2.0

package driverapi

import (
	"cmp"
	"maps"
	"slices"
)

// Release is a release with the declarations of its driver.h.
type Release struct {
	Version    string // without the v
	PrivateABI int    // IBVERBS_PABI_VERSION
	Header     Header
	DriverIDs  map[int]string // enum rdma_driver_id
	Providers  []string       // the names of those that it builds
}

// History is the history of driver.h, from the oldest release on.
type History struct {
	Oldest string `json:"oldest"`
	Newest string `json:"newest"`
	// PrivateABI are the private ABIs with their first releases.
	PrivateABI []ABI `json:"privateABI"` //nolint:tagliatelle // as everywhere in rdma-core
	// DriverIDs are the constants of enum rdma_driver_id in the newest release, by number.
	DriverIDs map[int]string `json:"driverIDs"`
	// Providers are those that a release had, by name.
	Providers []Presence `json:"providers"`
	Items     []Item     `json:"items"`
}

// Presence says in which releases a provider is.
type Presence struct {
	Name string `json:"name"`
	From string `json:"from"`
	// Below is the first release without it; "": the newest one has it.
	Below string `json:"below,omitempty"`
}

// ABI is a private ABI and its first release.
type ABI struct {
	Number int    `json:"number"`
	From   string `json:"from"`
}

// Item is a present or former declaration of driver.h.
type Item struct {
	Kind string `json:"kind"`
	In   string `json:"in,omitempty"` // the structure of a member
	Name string `json:"name"`
	// Forms are in the order of the releases.
	Forms []Form `json:"forms"`
}

// Form is the form of an item from one release on.
type Form struct {
	From string `json:"from"`
	// Gone: it was removed.
	Gone bool `json:"gone,omitempty"`
	// Arguments is their number, of a function or a pointer to one.
	Arguments *int `json:"arguments,omitempty"`
	// Changed are the arguments, from 1, with another type than in the previous form; 0 is the
	// result or a member's type.
	Changed []int `json:"changed,omitempty"`
}

// Collect compares releases, which are in rising order.
func Collect(releases []Release) History {
	var h History
	items := map[Name]*Item{}
	last := map[Name]Declaration{}
	for i, r := range releases {
		if i == 0 {
			h.Oldest = r.Version
		}
		h.Newest, h.DriverIDs = r.Version, r.DriverIDs
		if n := len(h.PrivateABI); n == 0 || h.PrivateABI[n-1].Number != r.PrivateABI {
			h.PrivateABI = append(h.PrivateABI, ABI{r.PrivateABI, r.Version})
		}
		h.addProviders(r)
		for name, d := range r.Header {
			before, had := last[name]
			form, same := newForm(r.Version, before, d, had)
			if same {
				continue
			}
			if items[name] == nil {
				items[name] = &Item{Kind: name.Kind, In: name.In, Name: name.Name}
			}
			items[name].Forms = append(items[name].Forms, form)
			last[name] = d
		}
		for name := range last {
			if _, has := r.Header[name]; !has {
				items[name].Forms = append(items[name].Forms, Form{From: r.Version, Gone: true})
				delete(last, name)
			}
		}
	}
	for _, item := range slices.SortedFunc(maps.Values(items), compareItems) {
		h.Items = append(h.Items, *item)
	}
	slices.SortStableFunc(h.Providers, func(a, b Presence) int { return cmp.Compare(a.Name, b.Name) })
	return h
}

// addProviders begins the presence of a release's new providers, and ends that of those which it no longer has.
func (h *History) addProviders(r Release) {
	present := map[string]bool{}
	for i := range h.Providers {
		p := &h.Providers[i]
		switch has := slices.Contains(r.Providers, p.Name); {
		case p.Below != "":
		case has:
			present[p.Name] = true
		default:
			p.Below = r.Version
		}
	}
	for _, name := range r.Providers {
		if !present[name] {
			h.Providers = append(h.Providers, Presence{Name: name, From: r.Version})
		}
	}
}

// newForm returns a name's form in a release; same reports that it has not changed.
func newForm(version string, before, now Declaration, had bool) (form Form, same bool) {
	form.From = version
	if now.Arguments != nil {
		n := len(now.Arguments)
		form.Arguments = &n
	}
	if !had {
		return form, false
	}
	form.Changed = changed(before, now)
	return form, len(form.Changed) == 0 && len(before.Arguments) == len(now.Arguments)
}

func compareItems(a, b *Item) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.In, b.In), cmp.Compare(a.Name, b.Name))
}

// changed lists the arguments with another type. If the numbers of arguments differ, only these
// are compared.
func changed(before, now Declaration) []int {
	var out []int
	if before.Type != now.Type {
		out = append(out, 0)
	}
	if len(before.Arguments) != len(now.Arguments) {
		return out
	}
	for i := range now.Arguments {
		if before.Arguments[i] != now.Arguments[i] {
			out = append(out, i+1)
		}
	}
	return out
}

// begins returns the private ABI that began with a release.
func (h *History) begins(version string) (int, bool) {
	for _, abi := range h.PrivateABI {
		if abi.From == version {
			return abi.Number, true
		}
	}
	return 0, false
}
