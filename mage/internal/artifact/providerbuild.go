// SPDX-License-Identifier: Apache-2.0

package artifact

import "github.com/resnics/verbsmith/provider"

// ProviderBuild is a provider compiled in a release, with what ibv_devices needs to find
// its device.
type ProviderBuild struct {
	Provider   string          // its name
	Device     provider.Device // that it is for
	PrivateABI int             // of the release
	DriverID   int             // in the release
	Toolchain  string          // image in which it was built
	At         string          // path in that image at which it was built
	Built      Directory       // what was there: bin/, lib/ and etc/
}

// Directory is one that a stage has made.
type Directory struct {
	Path   string
	Digest string // of its content
}

// StageKey implements stage.Keyed.
func (d Directory) StageKey() string { return d.Digest }
