// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/specs/edit"
)

const providersDir = "providers"

// Place is where a driver is.
type Place struct {
	Driver  string   // its directory; "" where it has to be chosen from Drivers
	Tree    string   // the rdma-core tree around it; "" if it is alone
	Version string   // of Tree
	Drivers []string // names of the directories in providers/ of Tree that build a provider
}

// NoDriverError says that there is no driver.
type NoDriverError struct{ Path, Got string }

// Error says what a driver is.
func (e *NoDriverError) Error() string {
	return fmt.Sprintf("%s: want a driver (a directory whose %s calls %s() or %s()) or an rdma-core tree that has one, got %s",
		edit.At(e.Path, 0), cmake.FileName, provider.PluginCommand, provider.LibraryCommand, e.Got)
}

// SeveralError says that several drivers could be meant.
type SeveralError struct {
	Path  string
	Found []string // what to name instead
}

// Error lists them.
func (e *SeveralError) Error() string {
	const most = 10
	found, more := e.Found, ""
	if n := len(found) - most; n > 0 {
		found, more = found[:most], fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%s: want one driver, got %d: %s%s", edit.At(e.Path, 0), len(e.Found), edit.Cut(strings.Join(found, ", ")), more)
}

// NoDifferenceError says that a tree has no provider that upstream's release does not have.
type NoDifferenceError struct {
	Tree, Release string
	Drivers       []string
}

// Error names the tree's providers.
func (e *NoDifferenceError) Error() string {
	return fmt.Sprintf("%s: want a directory in providers/ that %s does not have, got only its own: %s",
		edit.At(e.Tree, 0), e.Release, edit.Cut(strings.Join(e.Drivers, ", ")))
}

// Find finds what is at a path: a driver's directory, alone or in an rdma-core tree, such a tree, or a directory above one of these.
//
// Errors: *NoDriverError, *SeveralError, *provider.PlaceError for a CMakeLists.txt that cannot be read.
func Find(dir string) (Place, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Place{}, &NoDriverError{Path: dir, Got: "no such directory"}
	case err != nil:
		return Place{}, fmt.Errorf("look for a driver: %w", err)
	case !info.IsDir():
		return Place{}, &NoDriverError{Path: dir, Got: "a file"}
	}
	if version, ok := treeVersion(dir); ok {
		return treePlace(dir, version)
	}
	built, errBuild := builds(dir)
	if built {
		return driverPlace(dir)
	}
	found, unread, err := search(dir)
	if errBuild == nil || errors.Is(errBuild, fs.ErrNotExist) {
		errBuild = unread
	}
	switch {
	case err != nil:
		return Place{}, err
	case len(found) > 1:
		return Place{}, &SeveralError{Path: dir, Found: found}
	case len(found) == 1:
		return Find(found[0])
	case errBuild != nil:
		return Place{}, errBuild
	}
	return Place{}, &NoDriverError{Path: dir, Got: "neither, and none below it"}
}

// driverPlace is a driver's directory, in a tree if it is in the providers/ of one.
func driverPlace(dir string) (Place, error) {
	p := Place{Driver: dir}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return p, fmt.Errorf("look for a driver: %w", err)
	}
	above := filepath.Dir(abs)
	if filepath.Base(above) != providersDir {
		return p, nil
	}
	if version, ok := treeVersion(filepath.Dir(above)); ok {
		p.Driver, p.Tree, p.Version = abs, filepath.Dir(above), version // its name counts there, which "." is not
	}
	return p, nil
}

func treePlace(dir, version string) (Place, error) {
	p := Place{Tree: dir, Version: version}
	entries, err := os.ReadDir(filepath.Join(dir, providersDir))
	if err != nil {
		return p, fmt.Errorf("list the providers: %w", err)
	}
	for _, e := range entries {
		if ok, _ := builds(filepath.Join(dir, providersDir, e.Name())); ok && e.IsDir() {
			p.Drivers = append(p.Drivers, e.Name())
		}
	}
	return p, nil
}

// Choose chooses the driver of a tree that upstream's release does not have.
//
// Errors: *NoDifferenceError, *SeveralError.
func (p *Place) Choose(upstream *Release) error {
	if p.Driver != "" {
		return nil
	}
	found := slices.DeleteFunc(slices.Clone(p.Drivers), upstream.hasProvider)
	switch len(found) {
	case 0:
		return &NoDifferenceError{Tree: p.Tree, Release: upstream.String(), Drivers: p.Drivers}
	case 1:
		p.Driver = filepath.Join(p.Tree, providersDir, found[0])
		return nil
	}
	for i, name := range found {
		found[i] = filepath.Join(p.Tree, providersDir, name)
	}
	return &SeveralError{Path: p.Tree, Found: found}
}

// treeVersion is the version of an rdma-core tree.
func treeVersion(dir string) (string, bool) {
	for _, sub := range []string{providersDir, "libibverbs"} {
		if info, err := os.Stat(filepath.Join(dir, sub)); err != nil || !info.IsDir() {
			return "", false
		}
	}
	cmds, err := commands(dir)
	if err != nil {
		return "", false
	}
	version, named := "", false
	for i := range cmds {
		args := cmds[i].Texts()
		switch {
		case cmds[i].Name == "project" && len(args) > 0 && args[0] == "rdma-core":
			named = true
		case cmds[i].Name == "set" && len(args) == 2 && args[0] == "PACKAGE_VERSION":
			version = args[1]
		}
	}
	return version, named
}

// builds reports whether a directory's CMakeLists.txt builds a provider.
func builds(dir string) (bool, error) {
	cmds, err := commands(dir)
	return slices.ContainsFunc(cmds, isBuild), err
}

func isBuild(c cmake.Command) bool {
	return c.Name == provider.PluginCommand || c.Name == provider.LibraryCommand
}

func commands(dir string) ([]cmake.Command, error) {
	t, err := provider.OpenTree(dir)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	data, err := t.ReadFile(cmake.FileName)
	if err != nil {
		return nil, err
	}
	return cmake.Parse(filepath.Join(dir, cmake.FileName), data)
}

// search lists the drivers and trees below a directory. Hidden directories and those of other tools are not searched. unread is about
// the first CMakeLists.txt that cannot be read.
func search(dir string) (found []string, unread, err error) {
	const most = 50_000 // files and directories
	seen := 0
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if seen++; seen > most {
			return &provider.LimitError{File: dir, What: "files to search for a driver: name its directory", Limit: most}
		}
		switch {
		case errors.Is(err, fs.ErrPermission):
			return fs.SkipDir
		case err != nil:
			return err
		case !d.IsDir() || name == dir:
			return nil
		case notSearched(d.Name()):
			return fs.SkipDir
		}
		if _, ok := treeVersion(name); ok {
			found = append(found, name)
			return fs.SkipDir
		}
		ok, err := builds(name)
		if ok {
			found = append(found, name)
			return fs.SkipDir
		}
		if err != nil && unread == nil && !errors.Is(err, fs.ErrNotExist) {
			unread = err
		}
		return nil
	})
	if err != nil {
		err = fmt.Errorf("look for a driver: %w", err)
	}
	return found, unread, err
}

// notSearched says whether a directory has what is made or somebody else's.
func notSearched(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "vendor", "node_modules", "dist", "build"}, name)
}

// Release is upstream's release that a driver is compared with.
type Release struct {
	Version string
	Tree    *provider.DirTree // nil: it is not at hand, and the providers' names are those of all known releases

	// Newest is the newest known release, and DriverIDs are the numbers of its constants: for those that Tree does not have.
	Newest    string
	DriverIDs map[string]int
}

// String names it.
func (r *Release) String() string {
	if r.Tree == nil {
		return "any known release of rdma-core"
	}
	return "rdma-core " + r.Version
}

func (r *Release) hasProvider(name string) bool {
	if r.Tree == nil {
		return provider.UpstreamHas(name)
	}
	return r.has(path.Join(providersDir, name, cmake.FileName))
}

// has reports whether the release has a file; false if it is not at hand.
func (r *Release) has(name string) bool { return r.read(name) != nil }

// read returns a file of the release, nil where it has none.
func (r *Release) read(name string) []byte { return readFrom(r.Tree, name) }

func readFrom(t *provider.DirTree, name string) []byte {
	if t == nil {
		return nil
	}
	data, err := t.ReadFile(name)
	if err != nil {
		return nil
	}
	if data == nil {
		return []byte{}
	}
	return data
}
