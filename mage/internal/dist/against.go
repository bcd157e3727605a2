// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

// Change is what a package has in another state than in another build, for those who install it.
type Change struct {
	Package string `json:"package"`       // its name
	What    string `json:"what"`          // package, version, file, link, soname, symbol version, provides, requires, scriptlet or size
	Was     string `json:"was,omitempty"` // in the other build; "" if it was not there
	Is      string `json:"is,omitempty"`  // "" if it is gone
}

var errNoRPMs = errors.New("no RPMs are in it")

// Against compares the RPMs of dist with those below a directory, which may be another one in dist/ or a repository: of several versions
// there the newest counts. Packages with debugging data are compared by their version and size alone.
func Against(dist artifact.Dist, dir string) ([]Change, error) {
	mine, err := readPackages(dist)
	if err != nil {
		return nil, err
	}
	before, err := newest(dir)
	if err != nil {
		return nil, fmt.Errorf("compare with %s: %w", dir, err)
	}
	var all []Change
	for _, p := range mine {
		old, ok := before[p.Name]
		delete(before, p.Name)
		if !ok {
			all = append(all, Change{Package: p.Name, What: "package", Is: p.NEVRA})
			continue
		}
		all = append(all, changesOf(old, p)...)
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		all = append(all, Change{Package: name, What: "package", Was: before[name].NEVRA})
	}
	return all, nil
}

// mostPackages bounds the packages that are read of a directory.
const mostPackages = 4096

// newest are the newest binary packages below a directory, by name.
func newest(dir string) (map[string]pkgfile.RPM, error) {
	found, n := map[string]pkgfile.RPM{}, 0
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !pkgfile.IsRPM(filepath.ToSlash(file)) {
			return err
		}
		if n++; n > mostPackages {
			return fmt.Errorf("%w: more than %d packages", errTooMany, mostPackages)
		}
		info, err := pkgfile.ReadRPM(file)
		if err != nil {
			return err
		}
		if other, ok := found[info.Name]; !ok || pkgfile.CompareEVR(evr(info), evr(other)) > 0 {
			found[info.Name] = info
		}
		return nil
	})
	if err == nil && n == 0 {
		err = errNoRPMs
	}
	return found, err
}

var errTooMany = errors.New("too large")

// evr is the version of a package with its epoch.
func evr(p pkgfile.RPM) string {
	_, text, _ := splitNEVRA(artifact.Output{Path: "RPMS/a.rpm", NEVRA: p.NEVRA})
	return withEpoch(text)
}

// changesOf compares two states of one package.
func changesOf(old, now pkgfile.RPM) []Change {
	c := changeList{name: now.Name}
	c.value("version", strings.TrimPrefix(evr(old), "0:"), strings.TrimPrefix(evr(now), "0:"))
	if !pkgfile.IsDebugRPM(now.Name) {
		c.set("file", paths(old), paths(now))
		c.links(old, now)
		c.provides(old.Provides, now.Provides)
		c.set("requires", old.Requires, now.Requires)
		for _, section := range slices.Sorted(maps.Keys(union(old.Scripts, now.Scripts))) {
			if was, is := old.Scripts[section], now.Scripts[section]; was != is {
				c.add("scriptlet", section+" "+lines(was), section+" "+lines(is))
			}
		}
	}
	if old.Size != now.Size {
		c.add("size", strconv.FormatInt(old.Size, 10), strconv.FormatInt(now.Size, 10))
	}
	return c.all
}

func lines(script string) string {
	if script == "" {
		return "(none)"
	}
	return fmt.Sprintf("(%d lines)", strings.Count(script, "\n"))
}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

// paths are the files of a package, without build-id links, which name the bytes of a binary.
func paths(p pkgfile.RPM) []string {
	var list []string
	for _, f := range p.Files {
		if !strings.Contains(f.Path, buildID) {
			list = append(list, f.Path)
		}
	}
	return list
}

// changeList collects the changes of one package.
type changeList struct {
	name string
	all  []Change
}

func (c *changeList) add(what, was, is string) {
	c.all = append(c.all, Change{Package: c.name, What: what, Was: was, Is: is})
}

func (c *changeList) value(what, was, is string) {
	if was != is {
		c.add(what, was, is)
	}
}

// set compares two lists as sets.
func (c *changeList) set(what string, old, now []string) {
	for _, gone := range missingIn(old, now) {
		c.add(what, gone, "")
	}
	for _, fresh := range missingIn(now, old) {
		c.add(what, "", fresh)
	}
}

// missingIn is what of a list another one lacks, each once, in order.
func missingIn(list, other []string) []string {
	have := map[string]bool{}
	for _, name := range other {
		have[name] = true
	}
	lacks := slices.DeleteFunc(slices.Clone(list), func(name string) bool { return have[name] })
	slices.Sort(lacks)
	return slices.Compact(lacks)
}

// links compares where the links lead that both have.
func (c *changeList) links(old, now pkgfile.RPM) {
	was := map[string]string{}
	for _, f := range old.Files {
		was[f.Path] = f.Link
	}
	for _, f := range now.Files {
		if before, ok := was[f.Path]; ok && before != f.Link && !strings.Contains(f.Path, buildID) {
			c.add("link", f.Path+" -> "+before, f.Path+" -> "+f.Link)
		}
	}
}

// soname is what rpm says of a shared library: its name, the version of symbols if there is one, the word size.
var soname = regexp.MustCompile(`^[^()]+\.so[^()]*\(([^()]*)\)`)

// provides compares what packages provide; libraries and the versions of their symbols are kinds of their own.
func (c *changeList) provides(old, now []string) {
	kind := func(name string) string {
		switch m := soname.FindStringSubmatch(name); {
		case m == nil:
			return "provides"
		case m[1] == "":
			return "soname"
		}
		return "symbol version"
	}
	for _, gone := range missingIn(old, now) {
		c.add(kind(gone), gone, "")
	}
	for _, fresh := range missingIn(now, old) {
		c.add(kind(fresh), "", fresh)
	}
}
