// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

const maxProviders = 1 << 10

// Provider is a driver that libibverbs is told to load, or a module that is there and that it does not load.
type Provider struct {
	// Name is the driver's name: what a .driver file has, and what its module's file is called after.
	Name string `json:"name"`
	// Module is its file, "" if there is none.
	Module string `json:"module,omitempty"`
	// NamedBy are the files and variables that have libibverbs load it.
	NamedBy []string `json:"namedBy,omitempty"`
	// Loads says whether libibverbs loads it. Providers that load are in the order in which they are asked.
	Loads bool `json:"loads"`
	// PrivateABI is that of the libibverbs that it was built for, 0 if it is not known.
	PrivateABI int `json:"privateAbi,omitempty"`
	// MinABI and MaxABI are the kernel ABIs that it supports.
	MinABI *uint32 `json:"minAbi,omitempty"`
	MaxABI *uint32 `json:"maxAbi,omitempty"`
	// Rules is its match table.
	Rules []string `json:"rules,omitempty"`
	// MatchFunction says that a function of its own decides after the table.
	MatchFunction bool `json:"matchFunction,omitempty"`
	// Why is the first reason for which it does not load, or cannot be judged.
	Why *Finding `json:"why,omitempty"`

	ops   []driverOps
	real  string
	from  request
	fault bool // it counts for the status of files without devices
}

var moduleName = regexp.MustCompile(`^lib(.+)(-rdmav([0-9]{1,9})\.so)$`)

// driverName splits a module's file name into the driver's name and the suffix; suffix is "" if it is no module.
func driverName(file string) (name, suffix string) {
	if m := moduleName.FindStringSubmatch(path.Base(file)); m != nil {
		return m[1], m[2]
	}
	return path.Base(file), ""
}

// readProviders finds all providers: those that are loaded, in the order of registration, those that fail, and modules that are
// not asked for.
func (a *asker) readProviders() {
	a.modules = a.findModules()
	var loaded, failed []*Provider
	for _, r := range a.config.requests() {
		p := a.try(r)
		if known := a.sameModule(slices.Concat(loaded, failed), p); known != nil {
			if !slices.Contains(known.NamedBy, r.by) {
				known.NamedBy = append(known.NamedBy, r.by)
			}
			continue
		}
		if len(loaded)+len(failed) >= maxProviders {
			break
		}
		if p.Loads {
			loaded = append(loaded, p)
		} else {
			failed = append(failed, p)
		}
	}
	all := slices.Concat(loaded, failed)
	for _, file := range a.modules {
		p := a.unasked(file)
		if a.sameModule(all, p) == nil && len(all) < maxProviders {
			all = append(all, p)
		}
	}
	a.report.Providers = all
}

// sameModule is the provider with the same file, or without any, of the same name.
func (a *asker) sameModule(all []*Provider, p *Provider) *Provider {
	for _, q := range all {
		if q.real != "" && q.real == p.real || q.real == "" && p.real == "" && q.Name == p.Name {
			return q
		}
	}
	return nil
}

// findModules gives the files of modules in the directories of all libibverbs and the usual ones, sorted within each.
func (a *asker) findModules() []string {
	var dirs []string
	for _, lib := range a.report.Libraries {
		if lib.ProviderDir != "" {
			dirs = append(dirs, lib.ProviderDir)
		}
	}
	for _, pattern := range elsewhere() {
		dirs = append(dirs, pattern+"/libibverbs")
	}
	var files []string
	seen := map[string]bool{}
	for _, dir := range dirs {
		for _, file := range a.tree.glob(dir + "/lib*-rdmav*.so") {
			target, err := a.tree.Real(file)
			key := target + " " + path.Base(file)
			if err != nil || seen[key] {
				continue
			}
			seen[key] = true
			if o, _ := a.loader.object(file); a.loader.others(o) && !a.isOwn(file) {
				continue
			}
			if _, suffix := driverName(file); suffix != "" && len(files) < maxProviders {
				files = append(files, file)
			}
		}
	}
	return files
}

// isOwn says whether a file is where the libibverbs that programs get looks for modules.
func (a *asker) isOwn(file string) bool { return a.lib != nil && path.Dir(file) == a.lib.ProviderDir }

// try loads a driver as libibverbs does: from its directory of modules, then from the loader's search path.
func (a *asker) try(r request) *Provider {
	p := &Provider{Name: r.name, NamedBy: []string{r.by}, from: r}
	var files []string
	if path.IsAbs(r.name) {
		p.Name, _ = driverName(r.name + a.lib.Suffix)
		files = []string{r.name + a.lib.Suffix}
	} else {
		name := "lib" + r.name + a.lib.Suffix
		if a.lib.ProviderDir != "" {
			files = append(files, path.Join(a.lib.ProviderDir, name))
		}
		if place, ok := a.loader.find(name, a.lib.scope[0]); ok && !strings.Contains(name, "/") {
			files = append(files, place.file)
		}
	}
	for _, file := range files {
		if !a.exists(file) {
			continue
		}
		if a.load(p, file); p.Loads {
			return p
		}
		if p.Module == "" {
			p.Module = file
		}
	}
	if p.Module == "" {
		p.Why = a.missing(r, p.Name)
	}
	return p
}

// exists says whether there is a file, be it one that this user may not look at.
func (a *asker) exists(file string) bool {
	_, err := a.tree.Stat(file)
	return err == nil || errors.Is(err, fs.ErrPermission)
}

// load loads a module and reads what it registers.
func (a *asker) load(p *Provider, file string) {
	a.inspect(p, file)
	scope, err := a.loader.load(file, a.lib.scope)
	if err != nil {
		if p.Why == nil {
			p.Why = a.loadFinding(err)
		}
		return
	}
	p.Loads, p.Module, p.Why = true, file, nil
	abi := 0
	for _, o := range scope {
		abi = max(abi, o.registersWith())
	}
	switch {
	case abi == 0:
		p.Loads = false
		p.Why = fault(ReasonNotProvider, show(file)+" registers no provider with libibverbs",
			"install the module that the provider's vendor made for it")
	case len(p.ops) == 0:
		p.Why = note(ReasonMatchUnknown, "the match table of "+show(file)+" cannot be found in the file",
			"ask its vendor which devices it takes")
	}
}

// inspect reads a module without loading it.
func (a *asker) inspect(p *Provider, file string) {
	p.real, _ = a.tree.Real(file)
	o, err := a.loader.object(file)
	if err != nil || a.loader.others(o) {
		return
	}
	p.PrivateABI = o.registersWith()
	p.ops, p.Rules, p.MinABI, p.MaxABI, p.MatchFunction = o.findOps(), nil, nil, nil, false
	for i := range p.ops {
		ops := &p.ops[i]
		for _, r := range ops.rules {
			p.Rules = append(p.Rules, r.String())
		}
		if p.MinABI == nil {
			p.MinABI, p.MaxABI = &ops.minABI, &ops.maxABI
		}
		p.MatchFunction = p.MatchFunction || ops.function
	}
}
