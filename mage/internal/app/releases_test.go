// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/mage/internal/walk"
)

func TestReleasesFlags(t *testing.T) {
	job, depth, err := opened(t, Flags{Source: new("/clone"), RDMA: new("v34.0..v42.0")}).releasesJob(t.Context())
	if err != nil || depth != depthCompile || job.Given != "/clone" || job.Version != "" || job.Provider.Manifest.Name != "rib" {
		t.Errorf("got %+v, %s: %v", job, depth, err)
	}
	_, _, err = opened(t, Flags{Distro: new("x"), Provider: new("x"), Base: new("x"), Depth: new("x")}).releasesJob(t.Context())
	if n := len(unwrap(err)); n != 5 || !errors.Is(err, errNoClone) {
		t.Errorf("%d mistakes: %v", n, err)
	}
	_, _, err = opened(t, Flags{Source: new("/clone"), Provider: new("none")}).releasesJob(t.Context())
	if advice, ok := errors.AsType[*stage.AdviceError](err); !ok || !errors.Is(err, errNoProvider) || advice.What == "" {
		t.Errorf("got %v", err)
	}
}

func TestDistTags(t *testing.T) {
	tags, err := opened(t, Flags{}).distTags()
	if err != nil || !slices.Equal(tags, []string{"el10", "el8", "el9", "fc44", "fc45"}) {
		t.Errorf("got %v: %v", tags, err)
	}
}

func TestReleaseRows(t *testing.T) {
	release := func(name, last string) walk.Release {
		return walk.Release{Ref: upstream.Ref{Name: name}, IDs: map[int]string{3: last}}
	}
	pass := report.Result{State: report.Pass}
	untried := report.Result{State: report.NotTried}
	broken := report.Result{State: report.Fail, Evidence: "rib.c:1: error: no"}
	r := &walk.Releases{Rows: []*walk.Row{
		{Release: release("v42.0", "A"), PrivateABI: 34, DriverID: 3, Constant: "RIB", Patch: pass, Spec: pass, Compile: pass, Devices: pass},
		{Release: release("v43.0", "ERDMA"), PrivateABI: 34, DriverID: 4, Constant: "RIB", Patch: pass, Spec: pass, Compile: broken, Devices: untried},
		{
			Release: release("v44.0", "ERDMA"), Spec: untried, Compile: untried, Devices: untried,
			Patch: report.Result{State: report.Unsupported, Evidence: "no place"},
		},
	}}
	for _, row := range r.Rows {
		r.All = append(r.All, row.Release)
	}
	for depth, want := range map[string][]string{
		depthEdit: {
			"v42.0|34|3|pass|3 is ERDMA from v43.0 on", "v43.0|34|4 (was 3)|pass|rib.c:1: error: no", "v44.0|-|-|not supported|no place",
		},
		depthSpec: {
			"v42.0|34|3|pass|pass|3 is ERDMA from v43.0 on", "v43.0|34|4 (was 3)|pass|pass|rib.c:1: error: no",
			"v44.0|-|-|not supported|-|no place",
		},
		depthCompile: {
			"v42.0|34|3|pass|pass|pass|pass|3 is ERDMA from v43.0 on", "v43.0|34|4 (was 3)|pass|pass|FAIL|-|rib.c:1: error: no",
			"v44.0|-|-|not supported|-|-|-|no place",
		},
	} {
		for i := range r.Rows {
			row := releaseRow(r, i, depth)
			if got := strings.Join(row, "|"); got != want[i] || len(row) != len(releaseHeader(depth)) {
				t.Errorf("%s: got %s, want %s", depth, got, want[i])
			}
		}
	}
}
