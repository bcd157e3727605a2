// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// Inspect returns Integrate's data about an rdma-core tree without a change: the result has the
// release's private ABI and no edits.
//
// Errors: *PlaceError if the tree does not state it.
func Inspect(t Tree) (*Result, error) {
	data, err := t.ReadFile(TopCMake)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", TopCMake, err)
	}
	abi, err := PrivateABI(data)
	if err != nil {
		return nil, err
	}
	return &Result{PrivateABI: abi}, nil
}

// PrivateABI reads IBVERBS_PABI_VERSION from a release's top CMakeLists.txt.
//
// Errors: *PlaceError if it does not state it.
func PrivateABI(topCMake []byte) (int, error) { return privateABI(TopCMake, topCMake) }

// Upstream lists the providers that a release builds, in ascending order, by its top CMakeLists.txt: those of all
// architectures and conditions.
//
// Errors: *cmake.SyntaxError.
func Upstream(topCMake []byte) ([]string, error) {
	cmds, err := cmake.Parse(TopCMake, topCMake)
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range cmds {
		if name := providerOf(providerDir(&cmds[i])); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// InRelease reads the files of a release's own provider: its Library, ManPages and Installed,
// as far as they can be determined. It returns nil if the release has none of that name.
//
// Errors: *PlaceError and *FileError if the directory cannot be read.
func InRelease(t Tree, name string) (*Provider, error) {
	dir := "providers/" + name
	lister, ok := t.(Lister)
	if !ok {
		return nil, &FileError{File: dir, Want: "a tree whose directories can be listed", Got: fmt.Sprintf("%T", t)}
	}
	names, err := lister.List(dir)
	if err != nil {
		return nil, fmt.Errorf("read the release's own %s: %w", dir, err)
	}
	if !slices.Contains(names, path.Join(dir, cmake.FileName)) {
		return nil, nil //nolint:nilnil // nothing to read
	}
	p := &Provider{Dir: dir, Manifest: Manifest{Name: name}}
	for _, file := range names {
		data, err := t.ReadFile(file)
		if err != nil {
			return nil, &PlaceError{File: file, LookedFor: "this file of the release's own provider", Found: reason(err), Err: err}
		}
		p.Files = append(p.Files, File{Name: strings.TrimPrefix(file, dir+"/"), data: data, Size: int64(len(data))})
	}
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	top, err := t.ReadFile(TopCMake)
	if err != nil {
		return nil, &PlaceError{File: TopCMake, LookedFor: "this file of the release", Found: reason(err), Err: err}
	}
	cmds, err := cmake.Parse(TopCMake, top)
	if err != nil {
		return nil, err
	}
	for i := range cmds {
		if sub, ok := strings.CutPrefix(providerDir(&cmds[i]), dir+"/"); ok {
			p.Manifest.CMake.Subdirectories = append(p.Manifest.CMake.Subdirectories, sub)
		}
	}
	r := &buildReader{p: p, release: true, anyHeader: true}
	if err := r.readAll(); err != nil { // anything that cannot be determined is omitted
		return nil, err
	}
	return p, nil
}
