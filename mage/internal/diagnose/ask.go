// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"cmp"
	"context"
	"debug/elf"
	"fmt"
	"path"
	"runtime"
	"slices"
)

// Report is the answer about a machine. Its lists are in a stable order.
type Report struct {
	// Format is 1. It is raised if a field changes its meaning.
	Format int `json:"format"`
	// Root is the directory that was asked, "" for the machine itself.
	Root string `json:"root,omitempty"`
	// Image is the image that was asked; Packages are the files whose installation was asked about.
	Image    string   `json:"image,omitempty"`
	Packages []string `json:"packages,omitempty"`
	// About is what Status is about.
	About About `json:"about"`
	// Arch is the architecture of its programs, as Go has it.
	Arch string `json:"arch"`
	// Container is the kind of container that the machine is, "" for none that can be seen.
	Container string `json:"container,omitempty"`
	// Status is the exit status.
	Status Status `json:"status"`

	Devices   []*Device   `json:"devices"`
	Libraries []Library   `json:"libraries"` // every libibverbs, the one that programs get first
	Providers []*Provider `json:"providers"`
	// Findings are those that are not about one device.
	Findings []Finding `json:"findings"`
	// NotAsked is what could not be asked, and who could.
	NotAsked []string `json:"notAsked"`
	// Requires are the libraries that have to be installed already: packages alone do not have them.
	Requires []Required `json:"requires"`
}

// About is what a report answers.
type About string

// The questions.
const (
	AboutDevices   About = "devices"
	AboutProviders About = "providers" // of files without devices: whether they load
)

// Status is what the exit status says.
type Status int

// The exit statuses.
const (
	StatusFine    Status = 0 // programs can use every device, or every provider loads
	StatusFault   Status = 1 // programs cannot use a device, mostly because no provider takes it, or a provider does not load
	StatusNothing Status = 2 // there is no device to ask about, or no libibverbs or no provider
)

// Origin is where the files of a tree are from.
type Origin int

// The origins.
const (
	FromMachine      Origin = iota // all of a machine's files
	FromImage                      // those of an image that decide about providers
	FromInstallation               // packages' files over those of a machine or an image
	FromPackages                   // packages' files alone: other libraries are elsewhere
)

// Options is what is asked.
type Options struct {
	Tree *Tree
	// Root is what the tree is called, "" for the machine itself.
	Root string
	// Live is the running machine, nil for a tree of another.
	Live *Live
	// Origin is where the tree is from.
	Origin Origin
	// Arch is the architecture of programs, as Go has it, "" for that of the tree's loader.
	Arch string
}

// asker is one question.
type asker struct {
	tree   *Tree
	live   *Live
	origin Origin
	report *Report
	loader *loader

	noRDMA, hasUverbs bool
	refusedClass      bool // this user may not read what devices there are
	uverbsABI         string
	netlink           bool // it has answered
	netlinkErr        error

	lib      *Library // that a program gets, nil if it gets none
	config   *driverConfig
	modules  []string
	packages *packages
}

// Ask asks a machine about its verbs devices. What is wrong with it is in the report.
//
// Errors: that of ctx.
func Ask(ctx context.Context, o Options) (*Report, error) {
	a := &asker{
		tree: o.Tree, live: o.Live, origin: o.Origin,
		report: &Report{
			Format: 1, Root: o.Root, About: AboutDevices, Devices: []*Device{}, Libraries: []Library{}, Providers: []*Provider{},
			Findings: []Finding{}, NotAsked: []string{}, Requires: []Required{},
		},
	}
	if a.live == nil {
		a.live = &Live{}
	}
	arch := treeArch(o.Tree, machineOf(cmp.Or(o.Arch, runtime.GOARCH)))
	a.report.Arch = map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[arch]
	a.report.Container = findContainer(a.tree)
	a.loader = newLoader(a.tree, arch, a.live.Env["LD_LIBRARY_PATH"])
	a.loader.installed(o.Origin)
	if err := a.readDevices(ctx); err != nil {
		return nil, err
	}
	a.readLibraries()
	a.readPackages(ctx, a.files())
	switch {
	case a.lib != nil && a.lib.err == nil:
		a.readProviders()
	case a.lib == nil && o.Origin == FromPackages:
		a.readModules()
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("ask the machine: %w", err)
	}
	if len(a.report.Devices) == 0 && a.filesAlone(o) {
		a.judgeProviders()
	} else {
		a.judge()
	}
	a.report.Requires = append(a.report.Requires, a.loader.required()...)
	return a.report, nil
}

// machineOf is an architecture of Go's in ELF's words. What libibverbs has no files for counts as amd64.
func machineOf(arch string) elf.Machine {
	if arch == "arm64" {
		return elf.EM_AARCH64
	}
	return elf.EM_X86_64
}

// filesAlone says whether a tree without devices has no kernel's files either, or is asked about something else.
func (a *asker) filesAlone(o Options) bool {
	return o.Live == nil && (o.Origin == FromInstallation || !a.tree.Has(path.Join(a.sysfsDir(), "class")))
}

// add adds a finding that is not about one device.
func (a *asker) add(f *Finding) {
	if !slices.Contains(a.report.Findings, *f) {
		a.report.Findings = append(a.report.Findings, *f)
	}
}

// skip notes what was not asked.
func (a *asker) skip(what string) {
	if !slices.Contains(a.report.NotAsked, what) {
		a.report.NotAsked = append(a.report.NotAsked, what)
	}
}

// readLibraries finds every libibverbs and reads what the one that programs get is told to load.
func (a *asker) readLibraries() {
	a.report.Libraries = append(a.report.Libraries, a.loader.libraries()...)
	dir := defaultConfigDir
	if libs := a.report.Libraries; len(libs) > 0 && libs[0].Via != "" {
		a.lib = &libs[0]
		dir = a.lib.ConfigDir
	}
	a.config = readConfig(a.tree, dir, a.live.Env)
}

// files are those whose packages are asked for.
func (a *asker) files() []string {
	var files []string
	add := func(names ...string) {
		for _, name := range names {
			if name != "" && !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	for _, f := range a.config.files {
		add(f.path)
	}
	if a.lib != nil {
		add(a.lib.Real)
		add(a.tree.glob(a.lib.ProviderDir + "/lib*-rdmav*.so")...)
	}
	return files
}
