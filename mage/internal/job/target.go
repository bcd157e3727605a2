// SPDX-License-Identifier: Apache-2.0

package job

import "github.com/resnics/verbsmith/specs"

// Target is what packages are built for: RPM or Deb.
type Target interface {
	// Name is that of the distro, as in "rocky9", "debian" or "ubuntu".
	Name() string
	// Folder is that of the outputs below dist/, as in "rocky9" or "debian-bookworm".
	Folder() string
	// Reference is that of the real base image.
	Reference() string
}

// RPM is RPMs for a distro.
type RPM struct{ Distro specs.Distro }

// Name implements Target.
func (t RPM) Name() string { return t.Distro.Name }

// Folder implements Target.
func (t RPM) Folder() string { return t.Distro.Name }

// Reference implements Target.
func (t RPM) Reference() string { return t.Distro.Reference() }

// Deb is Debian's packages for a suite.
type Deb struct{ Suite specs.Suite }

// Name implements Target.
func (t Deb) Name() string { return t.Suite.ID() }

// Folder implements Target.
func (t Deb) Folder() string { return t.Suite.ID() + "-" + t.Suite.Name }

// Reference implements Target.
func (t Deb) Reference() string { return t.Suite.Reference() }

// HasStandin says whether a stand-in takes the place of the target's image; a suite of Debian is bootstrapped itself.
func HasStandin(t Target) bool {
	deb, ok := t.(Deb)
	return !ok || deb.Suite.Standin != ""
}
