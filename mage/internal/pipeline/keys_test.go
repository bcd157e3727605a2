// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

const conditionalSpec = `Name: rdma-core
Version: 56.1
%if 0%{?rhel} >= 9
Release: 9%{?dist}
%else
Release: 8%{?dist}
%endif
Source: https://example.com/rdma-core-%{version}.tar.gz

%package -n libibverbs
Summary: Verbs
Provides: libmlx5 = %{version}-%{release}
Obsoletes: libmlx5 < %{version}-%{release}

%description -n libibverbs
- libmlx5: Mellanox

%prep
%setup

%files

%changelog
* Mon Mar 04 2024 Someone <someone@example.com> - 56.1-1
- First
`

var (
	rocky8  = job.RPM{Distro: specs.Distro{Name: "rocky8", EL: 8, Dist: ".el8"}}
	rocky9  = job.RPM{Distro: specs.Distro{Name: "rocky9", EL: 9, Dist: ".el9"}}
	rocky10 = job.RPM{Distro: specs.Distro{Name: "rocky10", EL: 10, Dist: ".el10"}}
)

// keyCase is a stage's key before and after a change of one thing that it reads.
type keyCase struct {
	name string
	a, b *stagecache.KeyBuilder
}

// Whatever a stage reads changes its key.
func TestKeysHaveWhatIsRead(t *testing.T) {
	day := time.Unix(1700000000, 0)
	fly := job.Job{Target: rocky8, Provider: providerIn("fly", t.TempDir()).Provider}
	onRocky9, suffixed := fly, fly
	onRocky9.Target, suffixed.Suffix = rocky9, ".x1"
	ref := ReleaseRef{Ref: upstream.Ref{Name: "v56.1", Commit: "c", Time: day}, Version: "56.1"}
	compile := func(image string, epoch time.Time, objects string) *stagecache.KeyBuilder {
		return stage.Compiler{Image: image, Epoch: epoch, Objects: objects}.Key(stagecache.NewKey("rpm", 1))
	}
	for _, c := range []keyCase{
		{"a row's distro", editKey(fly, ref), editKey(onRocky9, ref)},
		{"a row's suffix", editKey(fly, ref), editKey(suffixed, ref)},
		{"the compiler's image", compile("1", day, ""), compile("2", day, "")},
		{"the compiler's cache", compile("1", day, ""), compile("1", day, "v")},
		{"the build's date", compile("1", day, ""), compile("1", day.Add(time.Hour), "")},
	} {
		if err := c.a.Err(); err != nil || c.a.Sum() == c.b.Sum() {
			t.Errorf("%s is in no input of the stage %v: %v", c.name, c.a.Inputs(), err)
		}
	}
}

// What plays the kernel's netlink decides whether a device is listed.
func TestDiscoveryKeyHasThePlayer(t *testing.T) {
	key, err := discoverKey(makeStage, 1)
	if err != nil {
		t.Fatal(err)
	}
	player := stagecache.NewKey("x", 1).Bytes(scripts.NetlinkSource, scripts.Netlink).Inputs()[scripts.NetlinkSource]
	inputs := key.Inputs()
	for _, name := range []string{releaseBuildScript, scripts.Verdict, scripts.NetlinkPlayer} {
		if inputs[name] == "" {
			t.Errorf("the key of a discovery has no %s: %v", name, inputs)
		}
	}
	if inputs[scripts.NetlinkSource] != player {
		t.Errorf("the key of a discovery has %q for %s, want %q", inputs[scripts.NetlinkSource], scripts.NetlinkSource, player)
	}
}
