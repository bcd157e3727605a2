// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Required is a library that files need and that has to come from elsewhere.
type Required struct {
	Library  string   `json:"library"`
	Versions []string `json:"versions,omitempty"` // that are needed of it, sorted
	By       []string `json:"by"`                 // the files that need it, sorted
}

// installed prepares the loader for files that are not those of a machine that has run ldconfig.
func (l *loader) installed(from Origin) {
	if from == FromInstallation || from == FromPackages {
		l.conf = l.tree.confDirs()
	}
	if from == FromPackages {
		l.absent = map[string]*Required{}
	}
}

// isAbsent says whether a library that is not in the tree may be elsewhere, and notes what is needed of it.
func (l *loader) isAbsent(name string, by *object) bool {
	if l.absent == nil {
		return false
	}
	r := l.absent[name]
	if r == nil {
		r = &Required{Library: name}
		l.absent[name] = r
	}
	if !slices.Contains(r.By, by.path) {
		r.By = append(r.By, by.path)
	}
	for _, need := range by.needs {
		if need.file == name && !need.weak && !slices.Contains(r.Versions, need.version) {
			r.Versions = append(r.Versions, need.version)
		}
	}
	return true
}

// isElsewhere says whether a symbol that a file wants can be in a library that is elsewhere. A version says in which library it is.
func (l *loader) isElsewhere(o *object, want symbol) bool {
	if want.version == "" {
		return len(l.absent) > 0
	}
	return slices.ContainsFunc(o.needs, func(n versionNeed) bool { return n.version == want.version && l.absent[n.file] != nil })
}

// required are the libraries that are elsewhere, sorted.
func (l *loader) required() []Required {
	all := make([]Required, 0, len(l.absent))
	for _, r := range l.absent {
		slices.Sort(r.Versions)
		slices.Sort(r.By)
		all = append(all, *r)
	}
	slices.SortFunc(all, func(x, y Required) int { return strings.Compare(x.Library, y.Library) })
	return all
}

// readModules reads the modules of packages that have no libibverbs, such as an add-on's, and what they need.
func (a *asker) readModules() {
	for _, file := range a.findModules() {
		p := &Provider{Module: file}
		p.Name, _ = driverName(file)
		for _, r := range a.config.requests() {
			if r.name == p.Name && !slices.Contains(p.NamedBy, r.by) {
				p.NamedBy = append(p.NamedBy, r.by)
			}
		}
		a.inspect(p, file)
		if _, err := a.loader.load(file, nil); err != nil {
			p.Why = fault(err.Reason, err.Error(), "build the package again")
		}
		a.report.Providers = append(a.report.Providers, p)
	}
}

// judgeProviders answers for files without devices: whether all providers load.
func (a *asker) judgeProviders() {
	r := a.report
	r.About, r.Status = AboutProviders, StatusFine
	a.judgeLibraries()
	a.packageFindings()
	switch {
	case a.lib == nil && a.origin == FromPackages:
		a.add(fault(ReasonNoLibibverbs, "the packages have no libibverbs.so.1, which loads providers",
			"add the package of libibverbs, or say into what they are installed: -root=DIR, -image=REF"))
		r.Status = StatusNothing
		return
	case a.lib == nil:
		a.add(a.noLibrary())
		r.Status = StatusNothing
		return
	case a.lib.err != nil:
		a.add(a.badLibrary())
		r.Status = StatusFault
		return
	}
	for _, f := range a.config.files {
		if len(f.requests) > 0 {
			continue
		}
		if why := nameless(f, strings.TrimSuffix(path.Base(f.path), ".driver")); why != nil {
			a.add(why)
			r.Status = StatusFault
		}
	}
	for _, p := range r.Providers {
		if p.fault = a.counts(p); p.fault {
			r.Status = StatusFault
		}
	}
	if len(r.Providers) == 0 && r.Status == StatusFine {
		a.add(fault(ReasonNoProvider, fmt.Sprintf("there is no provider: no module in %s, and no file in %s names one",
			show(a.lib.ProviderDir), show(a.config.dir)),
			"install the package with the providers: libibverbs or rdma-core (Enterprise Linux, Fedora), ibverbs-providers (Debian)"))
		r.Status = StatusNothing
	}
}

// counts says whether a provider that does not load is a fault of the files: it is named, or it is where this libibverbs looks.
// Modules of another libibverbs are none.
func (a *asker) counts(p *Provider) bool {
	if p.Loads || p.Why == nil || p.Why.Level != LevelFault {
		return false
	}
	_, suffix := driverName(p.Module)
	return len(p.NamedBy) > 0 || suffix == a.lib.Suffix && a.sameDir(path.Dir(p.Module), a.lib.ProviderDir)
}

func (a *asker) badLibrary() *Finding {
	return fault(ReasonBadLibibverbs, "libibverbs cannot be loaded: "+a.lib.err.Error(),
		"install the package of libibverbs again"+a.packageOf(a.lib.Real))
}

// providerSummary is the answer about providers in one line.
func (r *Report) providerSummary() string {
	bad := 0
	for _, p := range r.Providers {
		if p.fault {
			bad++
		}
	}
	switch {
	case len(r.Libraries) == 0 || r.Libraries[0].Via == "":
		return "there is no libibverbs to ask about"
	case r.Libraries[0].Error != "":
		return "libibverbs cannot be loaded"
	case bad > 0:
		return fmt.Sprintf("%d of %d providers do not load", bad, bad+len(r.loading()))
	case len(r.Providers) == 0:
		return "there is no provider to ask about"
	case r.Status == StatusFault:
		return "a file that names providers is wrong"
	default:
		return fmt.Sprintf("all providers load (%d)", len(r.loading()))
	}
}

// loading are the providers that load.
func (r *Report) loading() []*Provider {
	return slices.DeleteFunc(slices.Clone(r.Providers), func(p *Provider) bool { return !p.Loads })
}

// requires lists what packages alone do not have.
func (p *printer) requires(r *Report) {
	for i, need := range r.Requires {
		if i == 0 {
			p.line(0, "required from elsewhere: not in the packages, and not asked")
		}
		text := show(need.Library)
		shown := make([]string, 0, len(need.Versions))
		for _, version := range need.Versions {
			shown = append(shown, show(version))
		}
		if len(shown) > 0 {
			text += ": " + strings.Join(shown, ", ")
		}
		p.line(2, text)
	}
}
