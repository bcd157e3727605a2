// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// TestAddonMissing: dnf has to name the private ABI where that differs, else the
// end of the releases that is passed, and apt always that end.
func TestAddonMissing(t *testing.T) {
	a := &artifact.Addon{PrivateABI: 34, From: "45.0", Below: "57.0"}
	for _, tt := range []struct {
		release  string
		private  int
		rpm, deb string
	}{
		{"65.0", 65, "IBVERBS_PRIVATE_34", "libibverbs1 (< 57.0~)"},
		{"33.0", 33, "IBVERBS_PRIVATE_34", "libibverbs1 (>= 45.0)"},
		{"44.0", 34, ">= 45.0", "libibverbs1 (>= 45.0)"},
		{"57.0", 34, "< 57.0", "libibverbs1 (< 57.0~)"},
	} {
		for suite, want := range map[string]string{"": tt.rpm, "bookworm": tt.deb} {
			other := artifact.Dist{Manifest: artifact.Manifest{Suite: suite, Addon: a}}
			if got := missing(other, artifact.Manifest{Release: tt.release, PrivateABI: tt.private}); got != want {
				t.Errorf("next to %s: %q, want %q", tt.release, got, want)
			}
		}
	}
}

// debAddonBench is a proof of an add-on for Debian, with one for 65.0, another provider's, and an upgrade.
func debAddonBench(t *testing.T) (*bench, AddonProof) {
	t.Helper()
	b := newBench(t)
	addon := func(provider string, m artifact.Manifest) artifact.Dist {
		m.Provider, m.Suite = provider, "bookworm"
		m.Addon.Package, m.Addon.Module = "provider-"+provider, "lib"+provider+"-rdmav34.so"
		return debs(t, m, m.Addon.Package+"_1_amd64.deb")
	}
	stock := artifact.Manifest{Suite: "bookworm", Release: "44.0", PrivateABI: 34}
	proof := AddonProof{
		Addon:      addon("fly", artifact.Manifest{Release: "44.0", Addon: &artifact.Addon{From: "44.0", Below: "45.0"}}),
		Stock:      debs(t, stock, "libibverbs1_44.0-2_amd64.deb"),
		Update:     debs(t, stock, "libibverbs1_44.0-2+update1_amd64.deb", "Packages"),
		Others:     []artifact.Dist{addon("fly", artifact.Manifest{Release: "65.0", Addon: &artifact.Addon{From: "65.0", Below: "66.0"}})},
		Neighbours: []artifact.Dist{addon("bee", artifact.Manifest{Release: "44.0", Addon: &artifact.Addon{}})},
	}
	across := debs(t, stock, "libibverbs1_45.0-1_amd64.deb", "Packages")
	proof.Across = &across
	return b, proof
}

// debs is a directory of files.
func debs(t *testing.T, m artifact.Manifest, names ...string) artifact.Dist {
	t.Helper()
	dist := artifact.Dist{Dir: t.TempDir(), Manifest: m}
	for _, name := range names {
		write(t, filepath.Join(dist.Dir, name), name)
		dist.Manifest.Files = append(dist.Manifest.Files, artifact.Output{Path: name})
	}
	return dist
}

// For Debian, apt installs and refuses, and upgrades come from a directory with an index.
func TestDebAddonProof(t *testing.T) {
	all := map[string]bool{}
	prove := func(failing string, asked map[string]bool) map[string]bool {
		b, proof := debAddonBench(t)
		return b.failures(t, failing, asked, func() (report.Suite, error) {
			return b.ProveAddon(t.Context(), b.job, b.tc, proof)
		})
	}
	if failed := prove("", all); len(failed) > 0 {
		t.Errorf("%v failed, where each ended with 0", failed)
	}
	for name, want := range map[string]string{
		"beside": "beside", "updated": "updated", "upgrade-across": "upgrade-across", "with": "with-bee", "refused": "refused-65.0", "dpkg-verify": "dpkg-verify",
	} {
		if !all[name] {
			t.Errorf("%s was not asked for", name)
		}
		if failed := prove(name, nil); !maps.Equal(failed, map[string]bool{want: true}) {
			t.Errorf("%s ended with 1, and %v failed", name, failed)
		}
	}
	b, proof := debAddonBench(t)
	if _, err := b.ProveAddon(t.Context(), b.job, b.tc, proof); err != nil {
		t.Fatal(err)
	}
	for _, run := range b.engine.Runs() {
		verdict, given := run.Argv[len(run.Argv)-1], ""
		if run.Name != "prove" {
			continue
		}
		switch verdict {
		case "updated":
			given = "libibverbs1_44.0-2+update1_amd64.deb"
		case "upgrade-across":
			given = "libibverbs1_45.0-1_amd64.deb"
			if _, has := run.Files["/given/Packages"]; !has {
				t.Error("the upgrade is no repository")
			}
		case "refused":
			given = "provider-fly_1_amd64.deb"
			if run.Env["WANT"] != "libibverbs1 (>= 65.0)" {
				t.Errorf("refused wants %q", run.Env["WANT"])
			}
		case "with":
			if run.Env["NEIGHBOUR"] != "provider-bee" || run.Env["NEIGHBOUR_MODULE"] != "libbee-rdmav34.so" {
				t.Errorf("with has %v", run.Env)
			}
		}
		if _, has := run.Files["/given/"+given]; has != (given != "") || run.Network || run.Env["MANAGER"] != "dpkg" || run.Env["OWNER"] != "provider-fly" {
			t.Errorf("%s has %s: %t, network %t, %v", verdict, given, has, run.Network, run.Env)
		}
	}
}

// The release and the private ABI of a suite are read from its packages, and not anything else.
func TestDistro(t *testing.T) {
	for about, want := range map[string]artifact.Manifest{
		"44.0-2\nIBVERBS_PRIVATE_34\n":                     {Release: "44.0", PrivateABI: 34},
		"1:56.1-1+deb13u1\nIBVERBS_PRIVATE_34\n":           {Release: "56.1", PrivateABI: 34},
		"44.0-2\n":                                         {},
		"44.0-2\nIBVERBS_PRIVATE_34\nIBVERBS_PRIVATE_57\n": {},
		"44.0-2\nIBVERBS_PRIVATE_\n":                       {},
	} {
		b := newBench(t)
		b.job.Target = job.Deb{Suite: specs.Suite{Name: "bookworm"}}
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			write(t, filepath.Join(run.Outputs[0].Dir, "about"), about)
			write(t, filepath.Join(run.Outputs[0].Dir, "libibverbs1_44.0-2_amd64.deb"), "")
			return containers.Result{}, nil
		}
		got, err := b.Distro(t.Context(), b.job, b.tc.Base)
		_, wrong := errors.AsType[*DistroError](err)
		if want.Release == "" && !wrong || want.Release != "" && err != nil {
			t.Errorf("%q: %v", about, err)
		}
		if m := got.Manifest; want.Release != "" && (m.Release != want.Release || m.PrivateABI != want.PrivateABI || m.Suite != "bookworm") {
			t.Errorf("%q: got %+v", about, m)
		}
	}
}

// addonBench is a proof of an add-on of fly for 56.1, with another for 65.0.
func addonBench(t *testing.T) (*bench, AddonProof) {
	t.Helper()
	b := newBench(t)
	proof := AddonProof{
		Addon:  b.packages(t, artifact.Manifest{Release: "56.1", PrivateABI: 34, Addon: &artifact.Addon{Package: "provider-fly", PrivateABI: 34, From: "56.0", Below: "57.0"}}),
		Stock:  b.packages(t, artifact.Manifest{Release: "56.1", PrivateABI: 34}),
		Update: b.packages(t, artifact.Manifest{Release: "56.1", PrivateABI: 34}),
		Others: []artifact.Dist{b.packages(t, artifact.Manifest{Release: "65.0", Addon: &artifact.Addon{PrivateABI: 65}})},
	}
	return b, proof
}

// Each verdict that ends with 1 fails the proof of an add-on, alone.
func TestAddonProofFailsWithItsVerdict(t *testing.T) {
	all := map[string]bool{}
	prove := func(failing string, asked map[string]bool) map[string]bool {
		b, proof := addonBench(t)
		return b.failures(t, failing, asked, func() (report.Suite, error) {
			return b.ProveAddon(t.Context(), b.job, b.tc, proof)
		})
	}
	if failed := prove("", all); len(failed) > 0 {
		t.Errorf("%v failed, where each ended with 0", failed)
	}
	for _, name := range []string{"beside", "no-runpath", "listed", "updated", "not-listed", "refused"} {
		if !all[name] {
			t.Errorf("%s was not asked for", name)
		}
	}
	for name := range all {
		want := name
		if name == "refused" {
			want = "refused-65.0"
		}
		if failed := prove(name, nil); !maps.Equal(failed, map[string]bool{want: true}) {
			t.Errorf("%s ended with 1, and %v failed", name, failed)
		}
	}
}

// The update and the other add-on go in as files. Repositories could have others, so there is no network.
func TestAddonProofHandsOverPackages(t *testing.T) {
	for _, standin := range []bool{false, true} {
		b, proof := addonBench(t)
		b.tc.Base.Standin = standin
		suite, err := b.ProveAddon(t.Context(), b.job, b.tc, proof)
		if err != nil || suite.Name != "rocky9 provider-fly of 56.1 next to rdma-core 56.1" {
			t.Errorf("got %q, %v", suite.Name, err)
		}
		seen := 0
		for _, run := range b.engine.Runs() {
			name, needs := run.Argv[len(run.Argv)-1], false
			switch name {
			case "refused":
				needs = true
				if run.Env["WANT"] != "IBVERBS_PRIVATE_65" || run.Env["OWNER"] != "provider-fly" {
					t.Errorf("refused is asked with %v", run.Env)
				}
			case "updated":
				needs = true
			case "beside":
				if run.Env["PACKAGES"] != "tiny tiny" {
					t.Errorf("beside is asked about the packages %q, want those of both", run.Env["PACKAGES"])
				}
			}
			if run.Name != "prove" {
				continue
			}
			if needs {
				seen++
			}
			if _, has := run.Files["/given/tiny-1-1.noarch.rpm"]; has != needs || run.Network || needs && run.Env["GIVEN"] != "/given" {
				t.Errorf("%s has packages: %t, network %t, GIVEN %q", name, has, run.Network, run.Env["GIVEN"])
			}
		}
		if seen != 2 {
			t.Errorf("%d runs of dnf, want 2", seen)
		}
	}
}

// Without what stands under it nothing else is asked.
func TestAddonProofEndsWhereNothingIsInstalled(t *testing.T) {
	for install, want := range map[int][]string{1: {"install-stock"}, 2: {"install"}} {
		b, proof := addonBench(t)
		n := 0
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			if run.Name == "install" {
				if n++; n == install {
					return containers.Result{ExitCode: 1}, nil
				}
			}
			return containers.Result{Image: run.Commit}, nil
		}
		suite, err := b.ProveAddon(t.Context(), b.job, b.tc, proof)
		if failed, ok := errors.AsType[*report.FailedError](err); !ok || len(failed.Failed) != 1 || failed.Failed[0].Name != want[0] {
			t.Errorf("install %d: got %v in %d results", install, err, len(suite.Results))
		}
		for _, run := range b.engine.Runs() {
			if name := run.Argv[len(run.Argv)-1]; name == "beside" || install == 1 && run.Name == "prove" {
				t.Errorf("%s was asked after install %d failed", name, install)
			}
		}
	}
}

// The update is what repackage.sh leaves, made again for other packages and tools.
func TestUpdate(t *testing.T) {
	b := newBench(t)
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Image != b.tc.ID || run.Files["/builder/in/rpms/tiny-1-1.noarch.rpm"].Data == "" {
			t.Errorf("runs in %s with %d files", run.Image, len(run.Files))
		}
		if run.Network || run.Root || run.User != stage.Builder {
			t.Errorf("runs with network %t, root %t, as %q", run.Network, run.Root, run.User)
		}
		return containers.Result{}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, "tiny-1-2.noarch.rpm"), nil, 0o600)
	}
	update := func(want int) {
		t.Helper()
		got, err := b.Update(t.Context(), b.tc, b.dist)
		if err != nil || len(got.Manifest.Files) != 1 || got.Manifest.Files[0].Path != "tiny-1-2.noarch.rpm" {
			t.Errorf("got %+v, %v", got, err)
		}
		if n := len(b.engine.Runs()); n != want {
			t.Errorf("%d runs, want %d", n, want)
		}
	}
	update(1)
	update(1)
	b.tc.ID = "sha256:others"
	update(2)
	rpmtest.Write(t, filepath.Join(b.dist.Dir, "RPMS", "noarch", "tiny-1-1.noarch.rpm"), "/a")
	update(3)
}
