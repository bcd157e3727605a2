// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/record"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// Candidate is a directory with packages that may be released.
type Candidate struct {
	Dist       artifact.Dist
	Name       string // of its two directories, such as rocky9/rdma-core-56.1
	Title      string // of its distro or suite
	Record     artifact.Record
	RecordSum  string
	Results    map[string][]string // by file of results: the verdicts that did not pass
	Passed     int
	Reproduced dist.Reproduced
}

// Reason is a reason not to release.
type Reason string

// The reasons, as -allow names them.
const (
	Standin      Reason = "standin"
	Unverified   Reason = "unverified"
	Dirty        Reason = "dirty"
	Verdicts     Reason = "verdicts"
	Unreproduced Reason = "unreproduced"
)

// Reasons are all of them.
func Reasons() []Reason { return []Reason{Standin, Unverified, Dirty, Verdicts, Unreproduced} }

// Refusal is why a candidate is not released.
type Refusal struct {
	Reason Reason
	What   string
}

// RefusedError says why packages are not released.
type RefusedError struct {
	Name     string
	Refusals []Refusal
}

// Error names the packages and each reason.
func (e *RefusedError) Error() string {
	lines := make([]string, 0, len(e.Refusals))
	for _, r := range e.Refusals {
		lines = append(lines, fmt.Sprintf("%s (%s)", r.What, r.Reason))
	}
	return e.Name + ": " + strings.Join(lines, "; ")
}

// ReadCandidate reads a directory of dist/. A record that is not that of the packages in it is an error.
func ReadCandidate(dir string) (Candidate, error) {
	c := Candidate{Name: filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir), Results: map[string][]string{}}
	var err error
	if c.Dist, err = dist.Complete(dir); err != nil {
		return c, err
	}
	name := artifact.RecordFile(c.Dist.Manifest.Label())
	if c.Record, err = record.Read(filepath.Join(dir, name)); err != nil {
		return c, err
	}
	for _, f := range c.Dist.Manifest.Files {
		if f.Path == name {
			c.RecordSum = f.SHA256
		}
	}
	if err := record.Given(c.Record, dir); err != nil {
		return c, fmt.Errorf("%s: %w", dir, err)
	}
	if c.Reproduced, err = dist.ReadReproduced(dir); err != nil {
		return c, err
	}
	return c, c.readResults()
}

// readResults reads what the tests of the packages found.
func (c *Candidate) readResults() error {
	for _, file := range []string{dist.Verdicts, dist.Kernel} {
		suite, err := dist.ReadSuite(c.Dist.Dir, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		c.Results[file] = []string{}
		for _, r := range suite.Results {
			if r.Passed() {
				c.Passed++
			}
		}
		for _, r := range suite.Failed() {
			c.Results[file] = append(c.Results[file], r.Name)
		}
	}
	return nil
}

// Refusals are the reasons not to release it, but for what only the provider's repository knows.
func (c Candidate) Refusals() []Refusal {
	var all []Refusal
	add := func(r Reason, format string, args ...any) {
		all = append(all, Refusal{r, fmt.Sprintf(format, args...)})
	}
	if c.Record.Standin {
		add(Standin, "it was built on a stand-in, not on the distro")
	}
	if trust := c.Record.Source.Trust; !verifiedBy(trust) {
		add(Unverified, "its source was not compared with a published sum (%s)", strconv.Quote(trust))
	}
	if c.Record.Verbsmith == "" || c.Record.Verbsmith == artifact.UnknownVersion || strings.HasSuffix(c.Record.Verbsmith, artifact.Dirty) {
		add(Dirty, "it was made by a verbsmith that is no release or commit (%q)", c.Record.Verbsmith)
	}
	if _, tested := c.Results[dist.Verdicts]; !tested {
		add(Verdicts, "it was not tested: %s writes its verdicts", testOf(c.Record.Kind))
	}
	for file, failed := range c.Results {
		if len(failed) > 0 {
			add(Verdicts, "verdicts failed in %s: %s", file, strings.Join(failed, ", "))
		}
	}
	if c.Reproduced.Record != c.RecordSum {
		add(Unreproduced, "nobody has made it twice: rebuild -from=%s does", path.Join(c.Name, artifact.RecordFile(c.Dist.Manifest.Label())))
	}
	return all
}

// verifiedBy says whether that vouches for a source: a published sum, or the commit of a git clone.
func verifiedBy(trust string) bool {
	return slices.Contains([]string{"pinned", "recorded", "its source package", "its commit"}, trust)
}

// testOf is the target that tests packages of a kind.
func testOf(kind artifact.Kind) string {
	switch kind {
	case artifact.RPMAddon:
		return "test:addon"
	case artifact.Debs:
		return "test:deb"
	case artifact.DebAddon:
		return "test:debaddon"
	case artifact.RPMs:
	}
	return "test:integration"
}

// epoch is the time of the build's sources.
func (c Candidate) epoch() (time.Time, error) {
	const name = "SOURCE_DATE_EPOCH"
	seconds, err := strconv.ParseInt(c.Record.Environment[name], 10, 64)
	if err != nil {
		return time.Time{}, &IndexError{c.Name, name + " in the record's environment", strconv.Quote(c.Record.Environment[name])}
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// repository is where its packages go.
func (c Candidate) repository() string {
	folder := filepath.Base(filepath.Dir(c.Dist.Dir))
	if !c.Record.Kind.Debian() {
		return path.Join(rpmFolder, folder)
	}
	if c.Record.Standin {
		return path.Join(debFolder, c.Record.Suite+artifact.StandinSuffix)
	}
	return path.Join(debFolder, c.Record.Suite)
}

// evidence are the files that are published next to the packages.
func (c Candidate) evidence() ([]stage.File, error) {
	names := []string{artifact.RecordFile(c.Dist.Manifest.Label()), dist.Verdicts, dist.Kernel, "report.html", "lintian.txt"}
	for _, f := range c.Dist.Manifest.Files {
		lock := strings.HasPrefix(f.Path, artifact.LockFolder+"/")
		text := strings.HasPrefix(f.Path, "SPECS/") || strings.HasSuffix(f.Path, ".patch")
		if lock || text {
			names = append(names, f.Path)
		}
	}
	var files []stage.File
	for _, name := range names {
		data, err := owned.ReadFile(filepath.Join(c.Dist.Dir, filepath.FromSlash(name)), mostIndex)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read what is known of %s: %w", c.Name, err)
		}
		files = append(files, stage.File{Name: path.Base(name), Data: data})
	}
	if c.Reproduced.Record == c.RecordSum {
		text, err := json.MarshalIndent(c.Reproduced, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("write how %s was reproduced: %w", c.Name, err)
		}
		files = append(files, stage.File{Name: dist.ReproducedFile, Data: append(text, '\n')})
	}
	return files, nil
}
