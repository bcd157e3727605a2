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
	"github.com/resnics/verbsmith/mage/internal/stagecache"
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

// keyCase is a stage's key before and after a change of one thing that it reads.
type keyCase struct {
	name string
	a, b *stagecache.KeyBuilder
}

// Whatever a stage reads changes its key.
func TestKeysHaveWhatIsRead(t *testing.T) {
	day := time.Unix(1700000000, 0)
	fly := job.Job{Target: rocky8, Provider: flyFolder(t)}
	onRocky9, suffixed := fly, fly
	onRocky9.Target, suffixed.Suffix = rocky9, ".x1"
	src := artifact.Source{Version: "56.1", Tag: "v56.1", Commit: "c", Epoch: day, Digest: "d"}
	later, untagged, other := src, src, src
	later.Epoch, untagged.Tag, other.Commit = day.Add(time.Hour), "", "e"
	source := func(s artifact.Source) *stagecache.KeyBuilder {
		return sourceKey(stagecache.NewKey("patch", 1), s)
	}
	for _, c := range []keyCase{
		{"the spec's distro", specKey(fly, src), specKey(onRocky9, src)},
		{"the spec's distro, without a provider", specKey(job.Job{Target: rocky8}, src), specKey(job.Job{Target: rocky9}, src)},
		{"the spec's suffix", specKey(fly, src), specKey(suffixed, src)},
		{"the spec's date", specKey(fly, src), specKey(fly, later)},
		{"the source's date", source(src), source(later)},
		{"the source's tag", source(src), source(untagged)},
		{"the source's commit", source(src), source(other)},
	} {
		if err := c.a.Err(); err != nil || c.a.Sum() == c.b.Sum() {
			t.Errorf("%s is in no input of the stage %v: %v", c.name, c.a.Inputs(), err)
		}
	}
}
