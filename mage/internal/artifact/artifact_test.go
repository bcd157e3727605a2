// SPDX-License-Identifier: Apache-2.0

package artifact_test

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/provider"
)

// A source and what dist/ says of it have one label, that of a source package without the name that all have.
func TestLabels(t *testing.T) {
	for _, tt := range []struct {
		source   artifact.Source
		manifest artifact.Manifest
		want     string
	}{
		{artifact.Source{Version: "56.1"}, artifact.Manifest{Release: "56.1"}, "56.1"},
		{
			artifact.Source{Version: "57.0", Package: &artifact.SourcePackage{Name: "rdma-core-57.0-2.el9"}},
			artifact.Manifest{Release: "57.0", Package: &artifact.Origin{File: "rdma-core-57.0-2.el9.src.rpm"}},
			"57.0-2.el9",
		},
	} {
		if got := tt.source.Label(); got != tt.want {
			t.Errorf("the source's label is %s, want %s", got, tt.want)
		}
		if got := tt.manifest.Label(); got != tt.want {
			t.Errorf("the manifest's label is %s, want %s", got, tt.want)
		}
	}
	if got := artifact.TarballName("56.1"); got != "rdma-core-56.1.tar.gz" {
		t.Errorf("the tarball is %s", got)
	}
}

// What %prep leaves depends on the macros that the spec was read with.
func TestState(t *testing.T) {
	seen := map[string]artifact.Source{}
	for _, s := range []artifact.Source{
		{Digest: "sha256:1"},
		{Digest: "sha256:2"},
		{Digest: "sha256:1", Package: &artifact.SourcePackage{Macros: "el9"}},
		{Digest: "sha256:1", Package: &artifact.SourcePackage{Macros: "el10"}},
	} {
		if other, twice := seen[s.State()]; twice {
			t.Errorf("%+v and %+v have one state", s, other)
		}
		seen[s.State()] = s
	}
}

func TestDebian(t *testing.T) {
	if (artifact.Dist{}).Debian() || !(artifact.Dist{Manifest: artifact.Manifest{Suite: "trixie"}}).Debian() {
		t.Error("the packages of a suite are Debian's, and no others")
	}
}

// The first release is served, the one behind the last is not.
func TestServes(t *testing.T) {
	a := artifact.Addon{From: "55.0", Below: "57.0"}
	for version, want := range map[string]bool{"54.9": false, "55.0": true, "56.1": true, "57.0": false, "100.0": false} {
		if got := a.Serves(version); got != want {
			t.Errorf("v%s: got %t", version, got)
		}
	}
}

// An edit that the release has already is none, and the list is not changed by that.
func TestEdits(t *testing.T) {
	tree := artifact.Tree{Result: provider.Result{
		EnumConstant: "RDMA_DRIVER_FLY", DriverID: 21,
		Edits: []provider.Edit{{File: "a", Already: true}, {File: "b"}, {File: "c", Already: true}},
	}}
	if got := tree.Edits(); len(got) != 1 || got[0].File != "b" || len(tree.Result.Edits) != 3 || tree.Result.Edits[0].File != "a" {
		t.Errorf("got %+v of %+v", got, tree.Result.Edits)
	}
	if got := tree.DriverID(); got != "RDMA_DRIVER_FLY = 21" {
		t.Errorf("got %q", got)
	}
	if got := (artifact.Tree{}).DriverID(); got != "no driver id" {
		t.Errorf("without one: got %q", got)
	}
}
