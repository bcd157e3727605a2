// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
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
	rocky8 = job.RPM{Distro: specs.Distro{Name: "rocky8", EL: 8, Dist: ".el8"}}
	rocky9 = job.RPM{Distro: specs.Distro{Name: "rocky9", EL: 9, Dist: ".el9"}}
)

// A spec that is told apart by the distro's macros is another one for each distro,
// whichever was made first.
func TestSpecIsOfItsDistro(t *testing.T) {
	rib, err := provider.Load(t.Context(), filepath.Join("..", "..", "..", "provider", "rib"))
	if err != nil {
		t.Fatal(err)
	}
	e, j := &Editor{Runner: stagetest.NewRunner(t, nil)}, job.Job{Provider: rib}
	src := artifact.Source{Tree: t.TempDir(), Version: "56.1", Digest: "d", Epoch: time.Unix(1700000000, 0)}
	if err := os.Mkdir(filepath.Join(src.Tree, "redhat"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := stage.WriteFile(src.Tree, artifact.ReleaseSpec, []byte(conditionalSpec)); err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		distro job.RPM
		want   string
	}{{rocky8, "- 56.1-8\n"}, {rocky9, "- 56.1-9\n"}, {rocky8, "- 56.1-8\n"}} {
		j.Target = of.distro
		spec, err := e.Spec(t.Context(), j, src)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(spec.File)
		if err != nil || !strings.Contains(string(text), of.want) {
			t.Errorf("%s: want a changelog entry %q, got %v:\n%s", of.distro.Name(), of.want, err, text)
		}
	}
}

// Whatever a stage is given changes its key.
func TestKeysHaveEachField(t *testing.T) {
	for _, in := range []stage.Input{integrateInput{}, patchInput{}, specInput{}, debianInput{}} {
		stagetest.EachFieldCounts(t, in)
	}
}

// What a job has of it goes into the spec's input.
func TestSpecInputHasTheJob(t *testing.T) {
	fly := job.Job{Target: rocky8, Provider: flyFolder(t), Needs: []string{"x-devel"}}
	onRocky9, suffixed, stock := fly, fly, fly
	onRocky9.Target, suffixed.Suffix, stock.Provider, stock.Needs = rocky9, ".x1", nil, nil
	src := artifact.Source{Version: "56.1"}
	packaged := src
	packaged.Package = &artifact.SourcePackage{}
	sum := func(j job.Job, src artifact.Source) string { return stage.Key("spec", newSpecInput(j, src)).Sum() }
	before := sum(fly, src)
	for what, other := range map[string]string{
		"distro": sum(onRocky9, src), "suffix": sum(suffixed, src), "provider": sum(stock, src), "source package": sum(fly, packaged),
	} {
		if other == before || other == "" {
			t.Errorf("another %s is the same input", what)
		}
	}
}
