// SPDX-License-Identifier: Apache-2.0

package artifact

import (
	"fmt"
	"slices"

	"github.com/resnics/verbsmith/provider"
)

// Tree is an rdma-core source with the provider in it.
type Tree struct {
	Dir    string // directory rdma-core-VERSION, integrated
	Digest string // of its content
	Source Source
	Result provider.Result
}

// Edits are the changes that were made, without those that the release has already.
func (t Tree) Edits() []provider.Edit {
	return slices.DeleteFunc(slices.Clone(t.Result.Edits), func(e provider.Edit) bool { return e.Already })
}

// StageKey implements stage.Keyed.
func (t Tree) StageKey() string { return t.Digest + " of " + t.Source.StageKey() }

// DriverID shows the provider's constant and its number in this release.
func (t Tree) DriverID() string {
	if t.Result.EnumConstant == "" {
		return "no driver id"
	}
	return fmt.Sprintf("%s = %d", t.Result.EnumConstant, t.Result.DriverID)
}

// Patch is the difference between a pristine and an integrated tree.
type Patch struct {
	File   string // path of rdma-core-PROVIDER.patch
	Name   string // its base name
	Common string // path of the same patch with an empty provider: see CommonDir
	Digest string // of the content of both
}

// CommonDir is the directory of the patch of the common objects. With it, the release has every edit for the provider, but
// none of its own files except its ABI headers. What is compiled from that tree is therefore the same for every state of the
// provider's sources, and none of its code can run meanwhile.
const CommonDir = "common"

// StageKey implements stage.Keyed.
func (p Patch) StageKey() string { return p.Name + " " + p.Digest }

// Spec is the release's spec as rpmbuild will read it.
type Spec struct {
	File       string // path of rdma-core.spec
	Diff       string // difference to upstream's, unified
	SourceFile string // the name that the spec wants for the tarball
	Digest     string // of its content
}

// StageKey implements stage.Keyed.
func (s Spec) StageKey() string { return s.Digest }

// The names of specs.
const (
	SpecFile    = "rdma-core.spec"        // what rpmbuild reads
	ReleaseSpec = "redhat/rdma-core.spec" // where a release keeps it
	SUSESpec    = "suse/rdma-core.spec"   // the one that is not built here
)

// DebianSource is what a Debian source package has besides the release's tarball,
// which stays as it is.
type DebianSource struct {
	Dir     string // debian/, with the edits, the changelog's entry and the patch
	Control string // the source paragraph of debian/control
	Version string // of the packages
	Patch   Patch  // the provider's patch in Dir; Name is its path in a source tree
	Digest  string // of its content
}

// StageKey implements stage.Keyed.
func (d DebianSource) StageKey() string { return d.Digest }

// DebianDir is where a tree keeps its Debian packaging.
const DebianDir = "debian"

// ControlFile is the name of the file in debian/ that says what a build requires.
const ControlFile = "control"
