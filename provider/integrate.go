// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// The edited files of rdma-core. They have these names in every release from v32.0 to v64.0.
const (
	TopCMake     = "CMakeLists.txt"
	HeadersCMake = "kernel-headers/CMakeLists.txt"
	DriverHeader = "kernel-headers/rdma/ib_user_ioctl_verbs.h"
	VerbsHeader  = "libibverbs/verbs.h"
	Maintainers  = "MAINTAINERS"
	Readme       = "README.md"
)

// Edit is one change of the tree.
type Edit struct {
	File    string // slash separated, in the tree
	What    string // in words
	Already bool   // the tree already had it: nothing was changed
}

// Result is the result of an integration.
type Result struct {
	Edits        []Edit
	DriverID     int             // the constant's number in this release
	EnumConstant string          // RDMA_DRIVER_…
	PrivateABI   int             // the release's IBVERBS_PABI_VERSION
	Warnings     []SharedIDError // of allowed but surprising results
	Skipped      []Skipped
}

// Skipped is an edit that was not made: the release has no place for it, and not all packages
// need it.
type Skipped struct {
	File string // slash separated, in the tree
	Why  string // in one line
}

// Copy is a file's source and destination in rdma-core.
type Copy struct {
	From File
	To   string // slash separated, in the tree
}

// CopyPlan returns each file's destination: kernel headers go to kernel-headers/rdma and, as in
// upstream, not also to providers/NAME.
func (p *Provider) CopyPlan() []Copy {
	plan := make([]Copy, 0, len(p.Files))
	headers := p.Manifest.KernelHeaders()
	for _, f := range p.Files {
		to := path.Join(p.Manifest.Folder(), f.Name)
		if slices.Contains(headers, f.Name) {
			to = path.Join("kernel-headers", "rdma", headerName(f.Name))
		}
		plan = append(plan, Copy{From: f, To: to})
	}
	return plan
}

// Integrate adds the provider to the tree: its files, and the edits that upstream makes for a
// provider. All of them are computed and checked before the first is written, so an error
// leaves the tree unchanged; it joins all *PlaceError, *TakenError, *SharedIDError and
// *ConflictError. A second integration of the same provider changes nothing. MAINTAINERS and
// README.md, which no package needs, may have no place: the result says so.
func Integrate(t Tree, p *Provider) (*Result, error) {
	in := &integration{tree: t, data: map[string][]byte{}}
	in.run(&p.Manifest)
	in.checkShared(p)
	in.checkInstalled(p)
	plan := p.CopyPlan()
	for _, c := range plan {
		in.copy(&p.Manifest, c)
	}
	if p.Manifest.ReplacesUpstream {
		in.removeOld(p.Manifest.Name, plan)
	}
	if err := errors.Join(in.errs...); err != nil {
		return nil, fmt.Errorf("integrate provider %s: %w", p.Manifest.Name, err)
	}
	if err := in.write(); err != nil {
		return nil, fmt.Errorf("integrate provider %s: %w", p.Manifest.Name, err)
	}
	in.result.EnumConstant = p.Manifest.DriverID.Constant
	return &in.result, nil
}

// integration collects what will be written.
type integration struct {
	tree   Tree
	data   map[string][]byte // the current content of the edited files
	out    []Written         // in the order in which they were first changed
	result Result
	errs   []error
}

// run makes the edits in the order in which the result lists them.
func (in *integration) run(m *Manifest) {
	if m.DriverID.Policy != PolicyNone {
		in.edit(DriverHeader, func(data []byte) ([]byte, string, bool, error) {
			out, id, already, err := addDriverID(DriverHeader, data, m.DriverID)
			in.result.DriverID = id
			what := m.DriverID.Constant + " with driver id " + strconv.Itoa(id) + " at the end of enum " + driverEnum
			return out, what, already, err
		})
	}
	published, abi := headerLists()
	for _, header := range m.KernelHeaders() {
		in.addHeader(published, header)
	}
	for _, header := range m.ABIs() {
		in.addHeader(abi, header)
	}
	in.subdirectories(m)
	if data, ok := in.read(TopCMake); ok {
		abi, err := privateABI(TopCMake, data)
		in.result.PrivateABI = abi
		in.fail(err)
	}
	in.edit(VerbsHeader, func(data []byte) ([]byte, string, bool, error) {
		out, already, err := addStaticProvider(VerbsHeader, data, m.Name)
		return out, "verbs_provider_" + m.Name + " and a slot in _RDMA_STATIC_PREFIX_", already, err
	})
	in.optional(Maintainers, func(data []byte) ([]byte, string, bool, error) {
		out, already, err := addMaintainer(Maintainers, data, m)
		return out, "section " + m.maintainersTitle(), already, err
	})
	if m.KernelModule != "" {
		in.optional(Readme, func(data []byte) ([]byte, string, bool, error) {
			out, already, err := addKernelModule(Readme, data, m.KernelModule)
			return out, m.KernelModule + " in the list of kernel modules", already, err
		})
	}
}

func (in *integration) addHeader(list cmake.List, header string) {
	header = "rdma/" + headerName(header)
	in.edit(HeadersCMake, func(data []byte) ([]byte, string, bool, error) {
		out, already, err := list.Add(HeadersCMake, data, header)
		return out, header + " in " + list.String() + " …)", already, err
	})
}

func (in *integration) subdirectories(m *Manifest) {
	paths := m.BuildFolders()
	if m.ReplacesUpstream {
		in.dropOld(m, paths)
	}
	for _, path := range paths {
		in.edit(TopCMake, func(data []byte) ([]byte, string, bool, error) {
			out, already, err := addSubdirectory(TopCMake, data, path, m.CMake)
			return out, "add_subdirectory(" + path + ")", already, err
		})
	}
}

// headerLists returns the two lists of kernel-headers/CMakeLists.txt: the headers that
// providers can include, and those from which make_abi_structs.py generates kernel-abi/.
func headerLists() (published, abi cmake.List) {
	return cmake.List{Command: "publish_internal_headers", First: "rdma"}, cmake.List{Command: "rdma_kernel_provider_abi"}
}

func (in *integration) fail(err error) {
	if err != nil {
		in.errs = append(in.errs, err)
	}
}

// read returns a file's current content. An unreadable one is reported once.
func (in *integration) read(name string) ([]byte, bool) {
	if data, ok := in.data[name]; ok {
		return data, data != nil
	}
	data, err := in.tree.ReadFile(name)
	if err != nil {
		in.fail(&PlaceError{File: name, LookedFor: "this file of the release", Found: reason(err), Err: err})
		data = nil
	} else if data == nil {
		data = []byte{}
	}
	in.data[name] = data
	return data, data != nil
}

// edit makes one change. Several changes of one file see each other.
func (in *integration) edit(name string, change func([]byte) (out []byte, what string, already bool, err error)) {
	data, ok := in.read(name)
	if !ok {
		return
	}
	out, what, already, err := change(data)
	if err != nil {
		in.fail(err)
		return
	}
	in.result.Edits = append(in.result.Edits, Edit{File: name, What: what, Already: already})
	if already {
		return
	}
	in.data[name] = out
	for i := range in.out {
		if in.out[i].Name == name {
			in.out[i].Data = out
			return
		}
	}
	in.out = append(in.out, Written{Name: name, Data: out})
}

// optional makes a change that no package needs.
func (in *integration) optional(name string, change func([]byte) (out []byte, what string, already bool, err error)) {
	before := len(in.errs)
	in.edit(name, change)
	failed := in.errs[before:]
	in.errs = in.errs[:before:before]
	for _, err := range failed {
		if _, place := errors.AsType[*PlaceError](err); place {
			in.result.Skipped = append(in.result.Skipped, Skipped{File: name, Why: err.Error()})
			continue
		}
		in.fail(err)
	}
}

// copy adds a file of the provider. A different file of that name in the release is a conflict,
// unless the provider replaces the release's own.
func (in *integration) copy(m *Manifest, c Copy) {
	have, err := in.tree.ReadFile(c.To)
	same := err == nil && bytes.Equal(have, c.From.data)
	switch {
	case err == nil && !same && !m.mayReplace(c.To):
		want := "no such file in the release, or the provider's own"
		if !m.ReplacesUpstream && strings.HasPrefix(c.To, m.Folder()+"/") {
			want += " (replacesUpstream: true replaces the release's provider)"
		}
		in.fail(&ConflictError{File: c.To, Want: want, Got: "a file with different content"})
		return
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		in.fail(&PlaceError{File: c.To, LookedFor: "a place for the provider's file", Found: reason(err), Err: err})
		return
	}
	edit := Edit{File: c.To, What: "the provider's " + c.From.Name, Already: same}
	in.result.Edits = append(in.result.Edits, edit)
	if !same {
		in.out = append(in.out, Written{Name: c.To, Data: c.From.data, Mode: c.From.Mode})
	}
}

func (in *integration) write() error {
	if len(in.out) == 0 {
		return nil
	}
	if batch, ok := in.tree.(BatchTree); ok {
		return batch.WriteAll(in.out)
	}
	for _, f := range in.out {
		if f.Mode&0o111 != 0 || f.Remove {
			want := "a tree that supports executable files and removal"
			return &FileError{File: f.Name, Want: want, Got: fmt.Sprintf("%T", in.tree)}
		}
	}
	for _, f := range in.out {
		if err := in.tree.WriteFile(f.Name, f.Data); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	return nil
}
