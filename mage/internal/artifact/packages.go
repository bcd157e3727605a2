// SPDX-License-Identifier: Apache-2.0

package artifact

import "github.com/resnics/verbsmith/specs"

// Build is a tree built in its volume. No other run changes the volume until Release is
// called, after the last read.
type Build struct {
	Volume  string
	Tree    string // path of the tree inside the volume's mount
	Release func()
}

// Packages is what rpmbuild or dpkg-buildpackage made.
type Packages struct {
	Dir    string // holds RPMS/ARCH, SRPMS, SOURCES, SPECS and logs; or all of dpkg's in one directory, and logs
	Key    string
	Digest string // of its content, logs among it
	Addon  *Addon // of a provider's own package; nil: of rdma-core's

	Inputs      []Digest          // the files that the build read, scripts among them
	Environment map[string]string // of the build
}

// StageKey implements stage.Keyed.
func (p Packages) StageKey() string { return p.Digest }

// Addon is what the package of a provider next to an unpatched libibverbs says
// about itself, in dist's manifest.json.
type Addon struct {
	Package    string   `json:"package"`    // rdma-core-provider-NAME
	Module     string   `json:"module"`     // libNAME-rdmavNN.so
	PrivateABI int      `json:"privateAbi"` // NN
	From       string   `json:"from"`       // the first release that it works with
	Below      string   `json:"below"`      // the first that it is not known to work with
	Releases   []string `json:"releases"`   // those of specs/ between; none: the release is not in specs/
	Layout     string   `json:"layout"`     // of what it shares with libibverbs, as measured; empty: not on this architecture
}

// Serves says whether the add-on is for the release.
func (a Addon) Serves(version string) bool {
	return specs.Interface{From: a.From, Below: a.Below}.Has(version)
}

// Suits says whether the add-on can be installed next to the libibverbs of a release, by what its package requires: both ends of
// its range, and the private ABI, which is known of the releases in interfaces.
func (a Addon) Suits(release string, interfaces *specs.Interfaces) bool {
	known, ok := interfaces.Of(release)
	return a.Serves(release) && (!ok || known.PrivateABI == a.PrivateABI)
}

// AddonName marks what belongs to an add-on, such as its directory below dist/.
const AddonName = "addon"
