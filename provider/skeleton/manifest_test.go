// SPDX-License-Identifier: Apache-2.0

package skeleton_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/provider/skeleton"
)

// Every field of a manifest is written so that it is read back, whatever is in it.
func TestManifest(t *testing.T) {
	want := provider.Manifest{
		Name: "fly", Directory: "flying", Description: "yes", Title: "- a: #b [c] 'd' ü",
		Maintainer:    provider.Maintainer{Name: "F. O'Flo: x #1", Email: "flo@host.example"},
		CoMaintainers: []provider.Maintainer{{Name: "12", Email: "a@b.example"}, {Name: "null", Email: "c@d.example"}},
		Copyright:     []string{"2020, Fly: GmbH", "2021 #2"}, License: "BSD-MIT or GPL-2",
		ABIHeaders: []string{"kernel/fly-abi.h", "fly2-abi.h"}, IoctlHeaders: []string{"fly_ioctl.h"},
		DriverID:     provider.DriverID{Constant: "RDMA_DRIVER_FLY", Policy: provider.PolicyExplicit, Value: 50, Shared: true},
		KernelModule: "fly.ko",
		CMake:        provider.CMake{CoherentDMA: true, Condition: `ENABLE_FLY AND (A OR NOT "B")`, Subdirectories: []string{"man", "lib.d"}},
		Device:       provider.Device{Name: "fly0", KernelABI: 0, Modalias: "pci:v00001AF4d00001041sv*sd*bc*sc*i*", ByDriverID: true},
		PrivateFiles: []string{"README.md", "*.ext", "a b", "1.0", "[x]", "~", `a\*b`, "-x", "dir/"},
	}
	data, err := skeleton.Manifest(&want, "PLACE", skeleton.Notes{"name": {"QUESTION: is it?", "  - yes"}, "copyright": {"From #x: y."}})
	providertest.WantError(t, err)
	dir := providertest.Fly(t, map[string]string{
		"kernel/fly-abi.h": providertest.ABIHeader, "fly2-abi.h": "/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */\n", "fly_ioctl.h": "/* x */\n",
		"man/CMakeLists.txt": "# none\n", "lib.d/CMakeLists.txt": "# none\n",
	})
	draft, err := provider.Open(dir)
	providertest.WantError(t, err)
	defer draft.Close()
	providertest.WantError(t, draft.TakeManifest(data))
	got := draft.Provider.Manifest
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v\nfrom\n%s", got, want, data)
	}
	if q := draft.Provider.Questions; len(q) != 1 || q[0].Text != "is it?" || q[0].File != filepath.Join(dir, provider.ManifestName) ||
		!strings.Contains(strings.Split(string(data), "\n")[q[0].Line-1], "QUESTION") {
		t.Errorf("questions %+v", q)
	}
}
