// SPDX-License-Identifier: Apache-2.0

package artifact_test

import (
	"testing"
	"time"

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

// A key has what a value is and what it says of itself, and not where it lies.
func TestStageKeys(t *testing.T) {
	source := artifact.Source{Version: "56.1", Tag: "v56.1", Commit: "c", Digest: "sha256:1"}
	change := func(f func(s *artifact.Source)) string {
		s := source
		f(&s)
		return s.StageKey()
	}
	different := []string{
		source.StageKey(),
		change(func(s *artifact.Source) { s.Version = "56.2" }),
		change(func(s *artifact.Source) { s.Tag = "" }),
		change(func(s *artifact.Source) { s.Commit = "d" }),
		change(func(s *artifact.Source) { s.Digest = "sha256:2" }),
		change(func(s *artifact.Source) { s.Epoch = time.Unix(1, 0) }),
		change(func(s *artifact.Source) { s.Package = &artifact.SourcePackage{Macros: "el9"} }),
		change(func(s *artifact.Source) { s.Package = &artifact.SourcePackage{Macros: "el10"} }),
		artifact.Tree{Digest: "sha256:3", Source: source}.StageKey(),
		artifact.Tree{Digest: "sha256:3"}.StageKey(),
		artifact.Patch{Name: "a.patch", Digest: "sha256:3"}.StageKey(),
		artifact.Patch{Name: "b.patch", Digest: "sha256:3"}.StageKey(),
		artifact.Spec{Digest: "sha256:4"}.StageKey(),
		artifact.Spec{Digest: "sha256:5"}.StageKey(),
		artifact.DebianSource{Digest: "sha256:6"}.StageKey(),
		artifact.DebianSource{Digest: "sha256:7"}.StageKey(),
	}
	seen := map[string]int{}
	for i, key := range different {
		if other, twice := seen[key]; twice {
			t.Errorf("values %d and %d have the key %s", other, i, key)
		}
		seen[key] = i
	}
	for what, same := range map[string]string{
		"the trees":   change(func(s *artifact.Source) { s.Tree, s.Tarball = "/elsewhere", "/other.tar.gz" }),
		"time zones":  change(func(s *artifact.Source) { s.Epoch = s.Epoch.In(time.FixedZone("", 3600)) }),
		"how trusted": change(func(s *artifact.Source) { s.Trust = "pinned" }),
	} {
		if same != source.StageKey() {
			t.Errorf("%s count: %s", what, same)
		}
	}
	here, there := artifact.Patch{File: "/here", Name: "a"}, artifact.Patch{File: "/there", Name: "a"}
	if here.StageKey() != there.StageKey() {
		t.Error("the place of a patch counts")
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

// A manifest has the usual name of a base and its digest, where it has one.
func TestBaseName(t *testing.T) {
	for base, want := range map[artifact.Base]string{
		{Ref: "a/b:9"}:                                "a/b:9",
		{Ref: "a/b:9", Digest: "sha256:01"}:           "a/b:9@sha256:01",
		{Ref: "a/b:9@sha256:01", Digest: "sha256:01"}: "a/b:9@sha256:01",
		{Ref: "verbsmith/standin:x", ID: "sha256:01"}: "verbsmith/standin:x",
	} {
		if got := base.Name(); got != want {
			t.Errorf("%+v: got %s, want %s", base, got, want)
		}
	}
}

// A stand-in's repositories are in the image, unless a site's are used.
func TestBaseNetwork(t *testing.T) {
	for base, want := range map[artifact.Base]bool{{}: true, {Site: true}: true, {Local: true}: false, {Local: true, Site: true}: true, {Standin: true}: true} {
		if base.Network() != want {
			t.Errorf("%+v: %t", base, !want)
		}
	}
}
