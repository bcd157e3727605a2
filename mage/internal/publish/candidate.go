// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/upstream"
)

// Candidate is a directory with packages that may be released.
type Candidate struct {
	Dist       artifact.Dist
	Name       string // of its two directories, such as rocky9/rdma-core-56.1
	Title      string // of its distro or suite
	Record     artifact.Record
	RecordSum  string       // SHA-256 of its file
	Tested     bool         // its packages were installed and judged
	Failed     []string     // verdicts that did not pass
	Passed     int          // verdicts that did
	Reproduced string       // how it was made twice; "" if nobody has
	Evidence   []stage.File // what is published next to the packages

	Added map[string][]string // the provider's files, by the package that has them
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
	if !c.Tested {
		add(Verdicts, "it was not tested: %s writes its verdicts", testOf(c.Record.Kind))
	}
	if len(c.Failed) > 0 {
		add(Verdicts, "verdicts failed: %s", strings.Join(c.Failed, ", "))
	}
	if c.Reproduced == "" {
		file := path.Join(c.Name, artifact.RecordFile(c.Dist.Manifest.Label()))
		add(Unreproduced, "nobody has made it twice: rebuild -from=%s does", file)
	}
	return all
}

// verifiedBy says whether that vouches for a source: a published sum, or the commit of a git clone.
func verifiedBy(trust string) bool {
	return slices.Contains([]upstream.How{
		upstream.HowPinned, upstream.HowRecorded, upstream.HowPackage, upstream.HowCommit,
	}, upstream.How(trust))
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
