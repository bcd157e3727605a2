// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

// Directory reads a directory with packages, with a walk over releases, or with the results of a matrix. Files that cannot be read
// are notes of the result, because a page about the others is better than none.
//
// Errors: one that wraps fs.ErrNotExist if there is none of them.
func Directory(dir string) (page.Part, error) {
	m, err := dist.ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, errMatrix := os.Lstat(filepath.Join(dir, MatrixFile)); errMatrix == nil {
			return cells(dir)
		}
		return walked(dir)
	}
	if err != nil {
		return page.Part{ //nolint:nilerr // it is what the part says
			Name: filepath.Base(dir), State: page.Fail, Verdict: "its manifest.json cannot be read", Notes: []string{err.Error()},
		}, nil
	}
	r := &reader{dir: dir, m: m}
	p := page.Part{Name: nameOf(m), Inputs: inputs(m), Digests: digests(m)}
	if !m.Releasable {
		p.Notes = append(p.Notes, "built on a stand-in of the distro ("+m.Base+"): for tests only, not for release.")
	}
	p.Packages = r.packages()
	p.Patch = r.patch()
	p.Suites, p.Kernel = r.tests()
	p.Releases = r.releases()
	p.Times = r.times()
	p.Changes = r.changes(p.Suites, p.Kernel)
	p.Compared = r.compared()
	p.Failures = failedResults(p)
	p.State, p.Verdict = verdict(p)
	p.Notes = append(p.Notes, r.notes...)
	return p, nil
}

// reader reads one directory.
type reader struct {
	dir   string
	m     artifact.Manifest
	notes []string
}

// note keeps what cannot be read. That a file is missing is no fault.
func (r *reader) note(err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.notes = append(r.notes, err.Error())
	}
}

// nameOf names a directory's content.
func nameOf(m artifact.Manifest) string {
	target := cmp.Or(m.Suite, m.Distro)
	switch {
	case m.Addon != nil:
		return fmt.Sprintf("%s for %s, built in rdma-core %s", m.Addon.Package, target, m.Label())
	case m.Provider == "":
		return fmt.Sprintf("rdma-core %s without a provider, for %s", m.Label(), target)
	}
	return fmt.Sprintf("rdma-core %s with %s, for %s", m.Label(), m.Provider, target)
}

// inputs are what the packages were made from.
func inputs(m artifact.Manifest) []page.Fact {
	var all []page.Fact
	add := func(name, value string) {
		if value != "" && value != "0" {
			all = append(all, page.Fact{Name: name, Value: value})
		}
	}
	add("release", m.Release)
	add("tag", m.Tag)
	add("commit", m.Commit)
	add("SHA-256 of the source", m.Source)
	if o := m.Package; o != nil {
		add("source package", o.File)
		add("its patches", strings.Join(o.Patches, ", "))
		add("appended to its release", o.Suffix)
	}
	add("provider", m.Provider)
	add("SHA-256 of the provider", m.ProviderSHA256)
	add("driver id", strconv.Itoa(m.DriverID))
	add("private ABI", strconv.Itoa(m.PrivateABI))
	if a := m.Addon; a != nil {
		add("module", a.Module)
		add("for releases", "from "+a.From+", below "+a.Below)
		add("layout", a.Layout)
	}
	add("base", m.Base)
	add("compression", m.Payload)
	add("key", m.Key)
	return all
}

func digests(m artifact.Manifest) []page.File {
	all := make([]page.File, 0, len(m.Files))
	for _, f := range m.Files {
		all = append(all, page.File{Path: f.Path, Size: f.Size, SHA256: f.SHA256})
	}
	return all
}

// times are the stages that made the packages.
func (r *reader) times() []page.Stage {
	stages, err := dist.ReadTimes(r.dir)
	r.note(err)
	all := make([]page.Stage, 0, len(stages))
	for _, s := range stages {
		st := page.Stage{Name: s.Stage, Cached: s.Cached, Seconds: s.Seconds}
		for _, share := range s.Phases {
			st.Phases = append(st.Phases, page.Phase{Name: share.Phase.Words(), Seconds: share.Seconds})
		}
		all = append(all, st)
	}
	return all
}

// verdict is the sentence about all of a directory.
func verdict(p page.Part) (page.State, string) {
	all, failed, first := 0, 0, ""
	count := func(state page.State, title string) {
		all++
		if state != page.Pass && state != page.Skipped && state != page.Unsupported {
			failed++
			first = cmp.Or(first, title)
		}
	}
	for _, s := range p.Suites {
		for _, r := range s.Results {
			count(r.State, r.Title)
		}
	}
	verdicts := all
	for _, c := range p.Kernel.Cases {
		count(c.State, c.Title)
	}
	switch {
	case failed > 0:
		return page.Fail, fmt.Sprintf("%d of %d results %s. The first: “%s”.", failed, all, choose(failed, "fails", "fail"), first)
	case all == 0:
		return page.Untested, fmt.Sprintf("%d %s built, and not tested yet.", len(p.Packages.List),
			choose(len(p.Packages.List), "package is", "packages are"))
	case verdicts == all:
		return page.Pass, capital(allOf(all, "verdict")) + choose(all, " passes.", " pass.")
	case verdicts == 0:
		return page.Pass, capital(allOf(all, "case")) + " of the kernel lab" + choose(all, " passes.", " pass.")
	}
	return page.Pass, fmt.Sprintf("%s and %s of the kernel lab pass.", capital(allOf(verdicts, "verdict")), allOf(all-verdicts, "case"))
}

// allOf is all of a number of things in words.
func allOf(n int, what string) string {
	return choose(n, "the one "+what, fmt.Sprintf("all %d %ss", n, what))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func choose(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// packages lists the packages, with the files that the provider has brought.
func (r *reader) packages() page.Packages {
	out := page.Packages{Provider: r.m.Provider}
	views, compared := r.inspect()
	out.Added = compared
	for _, f := range r.m.Files {
		if p, ok := packageOf(f); ok {
			// A source package has the NEVRA of a binary one.
			if view, known := views[f.NEVRA]; known && pkgfile.IsRPM(f.Path) {
				added, missing := view.Difference()
				p.Name, p.Version = view.Name, view.Version+"-"+view.Release
				p.Files, p.Added, p.Missing = len(view.Files), added, missing
			}
			out.List = append(out.List, p)
		}
	}
	return out
}

// inspect reads the RPMs, by their NEVRA, and says what they are compared with.
func (r *reader) inspect() (views map[string]dist.PackageView, compared string) {
	own := artifact.Dist{Dir: r.dir, Manifest: r.m}
	var stock *artifact.Dist
	compared = byName
	dir := filepath.Join(filepath.Dir(r.dir), "rdma-core-"+r.m.Label()+".stock")
	switch m, err := dist.ReadManifest(dir); {
	case r.m.Provider == "" || r.m.Suite != "":
		compared = ""
	case r.m.Addon == nil && err == nil && m.Provider == "":
		stock, compared = &artifact.Dist{Dir: dir, Manifest: m}, "files that the packages in ../"+filepath.Base(dir)+" do not have"
	}
	found, err := dist.Inspect(own, stock, r.m.Provider)
	if err != nil && stock != nil {
		r.note(err)
		found, err = dist.Inspect(own, nil, r.m.Provider)
		compared = byName
	}
	r.note(err)
	views = map[string]dist.PackageView{}
	for _, v := range found.Packages {
		views[v.NEVRA] = v
	}
	return views, compared
}

// byName is what counts as added where no packages without the provider are there to be compared with.
const byName = "files with its name"

// Link is where a page in the directory from finds files of the directory to: "" or a path that ends in a slash.
func Link(from, to string) string {
	rel, err := filepath.Rel(from, to)
	if err != nil || rel == "." {
		return ""
	}
	return path.Clean(filepath.ToSlash(rel)) + "/"
}

// exists says whether a path leads to a file of the directory.
func (r *reader) exists(name string) bool {
	info, err := os.Lstat(filepath.Join(r.dir, filepath.FromSlash(name)))
	return err == nil && info.Mode().IsRegular()
}
