// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/report"
)

// WalkFile has the results of a walk over releases, in a directory below WalkFolder that has the provider's name.
const (
	WalkFolder = "releases"
	WalkFile   = "releases.json"
)

// Walk is the results of a walk over releases.
type Walk struct {
	Provider       string    `json:"provider"`
	ProviderSHA256 string    `json:"providerSha256"` // of its manifest and files
	Depth          string    `json:"depth"`
	Distro         string    `json:"distro"`
	Releases       []Release `json:"releases"` // oldest first
}

// Release is how one release ended.
type Release struct {
	Name       string       `json:"release"`
	PrivateABI int          `json:"privateAbi,omitempty"` // 0: not known
	DriverID   int          `json:"driverId,omitempty"`
	State      report.State `json:"state"`
	Why        string       `json:"why,omitempty"`
	Log        string       `json:"-"`
}

// JSON is the walk as a file.
func (w Walk) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the walk: %w", err)
	}
	return append(data, '\n'), nil
}

// readWalk reads the walk of a directory.
func readWalk(dir string) (Walk, error) {
	const most = 16 << 20
	var w Walk
	data, err := owned.ReadFile(filepath.Join(dir, WalkFile), most)
	if err != nil {
		return w, fmt.Errorf("read the results of a directory: %w", err)
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return w, fmt.Errorf("read the walk in %s: %w", filepath.Join(dir, WalkFile), err)
	}
	return w, nil
}

// walked is a directory that has a walk and no packages.
func walked(dir string) (page.Part, error) {
	w, err := readWalk(dir)
	if err != nil {
		return page.Part{}, err
	}
	p := page.Part{Name: fmt.Sprintf("%s in the releases of rdma-core", w.Provider), Releases: picture(w, WalkFile)}
	failed, tried := 0, 0
	for _, r := range w.Releases {
		if r.State == report.Skipped {
			continue
		}
		tried++
		if r.State != report.Fail {
			continue
		}
		failed++
		if failed == 1 {
			p.Failures = []page.Failure{{
				Cause: fmt.Sprintf("Release %s does not take the provider", r.Name), Says: []string{r.Name + ": " + r.Why}, Log: WalkFile,
			}}
		}
	}
	p.Inputs = []page.Fact{
		{Name: "provider", Value: w.Provider},
		{Name: "SHA-256 of the provider", Value: w.ProviderSHA256},
		{Name: "depth", Value: w.Depth},
		{Name: "toolchain", Value: w.Distro},
	}
	p.State, p.Verdict = walkVerdict(w.Provider, failed, tried)
	return p, nil
}

// walkVerdict is the sentence about a walk.
func walkVerdict(name string, failed, tried int) (page.State, string) {
	switch {
	case failed > 0:
		return page.Fail, fmt.Sprintf("%s fails in %d of %d %s.", name, failed, tried, choose(tried, "release", "releases"))
	case tried == 0:
		return page.Untested, "No release was tried."
	case tried == 1:
		return page.Pass, name + " passes in the release that was tried."
	}
	return page.Pass, fmt.Sprintf("%s passes in all %d releases that were tried.", name, tried)
}

// picture is the walk by private ABI.
func picture(w Walk, file string) page.Releases {
	out := page.Releases{Title: w.Provider + " in the releases of rdma-core", File: file, Equal: "depth " + w.Depth}
	for _, r := range w.Releases {
		name := "?"
		if r.PrivateABI > 0 {
			name = strconv.Itoa(r.PrivateABI)
		}
		i := slices.IndexFunc(out.Rows, func(a page.ABI) bool { return a.Name == name })
		if i < 0 {
			i = len(out.Rows)
			out.Rows = append(out.Rows, page.ABI{Name: name})
		}
		out.Rows[i].Cells = append(out.Rows[i].Cells, page.Cell{Name: r.Name, State: stateOf(r.State), Why: r.Why})
	}
	return out
}

// releases are those of a walk with the same state of the provider, if there was one.
func (r *reader) releases() page.Releases {
	if r.m.Provider == "" {
		return page.Releases{}
	}
	dir := filepath.Join(filepath.Dir(filepath.Dir(r.dir)), WalkFolder, r.m.Provider)
	w, err := readWalk(dir)
	r.note(err)
	if err != nil || w.ProviderSHA256 != r.m.ProviderSHA256 {
		return page.Releases{}
	}
	return picture(w, Link(r.dir, dir)+WalkFile)
}
