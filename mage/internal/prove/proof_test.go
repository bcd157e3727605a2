// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"debug/elf"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
)

// bench is a prover over an engine that records, and what is proven with it.
type bench struct {
	*Prover

	engine *stagetest.Engine
	job    job.Job
	tc     artifact.Toolchain
	dist   artifact.Dist
}

func newBench(t *testing.T) *bench {
	t.Helper()
	engine := &stagetest.Engine{}
	b := &bench{
		Prover: &Prover{Runner: stagetest.NewRunner(t, engine)}, engine: engine,
		job: job.Job{Target: job.RPM{}, Provider: &provider.Provider{
			Manifest: provider.Manifest{Name: "fly", Device: provider.Device{Name: "fly0", KernelABI: 1}},
		}},
		tc: artifact.Toolchain{ID: "sha256:tools", Base: artifact.Base{ID: "sha256:base", Minimal: "sha256:minimal", Folder: "rocky9"}},
	}
	b.dist = b.packages(t, artifact.Manifest{Release: "56.1", PrivateABI: 34})
	return b
}

// packages are a directory with one RPM, and the manifest.
func (b *bench) packages(t *testing.T, m artifact.Manifest) artifact.Dist {
	t.Helper()
	dir := t.TempDir()
	m.Files = []artifact.Output{{Path: "RPMS/noarch/tiny-1-1.noarch.rpm"}}
	rpmtest.Write(t, filepath.Join(dir, filepath.FromSlash(m.Files[0].Path)))
	write(t, filepath.Join(dir, filepath.FromSlash(artifact.ExcludeLock)), "excludepkgs=tiny\n")
	return artifact.Dist{Dir: dir, Manifest: m}
}

// failures are the verdicts that fail in a proof where one ends with 1; all that are asked
// for are put into asked.
func (b *bench) failures(t *testing.T, failing string, asked map[string]bool, proof func() (report.Suite, error)) map[string]bool {
	t.Helper()
	var made []string
	var mu sync.Mutex // verdicts run side by side
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		name := run.Argv[len(run.Argv)-1]
		if run.Name == "prove" && asked != nil {
			asked[name] = true
		}
		if run.Name == "prove" && run.Seccomp == "" {
			t.Errorf("%s runs without a seccomp profile", name)
		}
		_, _ = run.Log.Write([]byte("evidence: all is well\n"))
		if name == failing {
			return containers.Result{ExitCode: 1}, nil
		}
		if run.Name == "install" {
			made = append(made, "remove sha256:installed")
		}
		return containers.Result{Image: "sha256:installed"}, nil
	}
	suite, err := proof()
	failed := map[string]bool{}
	if wrong, ok := errors.AsType[*report.FailedError](err); ok {
		for _, v := range wrong.Failed {
			failed[v.Name] = true
		}
	} else if err != nil {
		t.Fatal(err)
	}
	if len(failed) != len(suite.Failed()) {
		t.Errorf("the report has %d failures, its error %d", len(suite.Failed()), len(failed))
	}
	if calls := b.engine.Calls(); !slices.Equal(calls, made) {
		t.Errorf("images with packages stay: removed %q, want %q", calls, made)
	}
	return failed
}

// The exit status of a verdict's container is the verdict: each that ends with 1 fails
// the proof, alone, whatever it printed.
func TestProofFailsWithItsVerdict(t *testing.T) {
	all := map[string]bool{}
	prove := func(failing string, asked map[string]bool) map[string]bool {
		b := newBench(t)
		stock := b.packages(t, artifact.Manifest{Release: "56.1"})
		return b.failures(t, failing, asked, func() (report.Suite, error) {
			return b.Prove(t.Context(), b.job, b.tc, b.dist, &stock)
		})
	}
	if failed := prove("", all); len(failed) > 0 {
		t.Errorf("%v failed, where each ended with 0", failed)
	}
	if len(all) < 12 {
		t.Fatalf("only the verdicts %v were asked for", all)
	}
	for name := range all {
		if failed := prove(name, nil); !maps.Equal(failed, map[string]bool{name: true}) {
			t.Errorf("%s ended with 1, and %v failed", name, failed)
		}
	}
}

// A proof in which the device was not found ends with what diagnose says there; one that failed otherwise does not. The program is for the
// engine's processor.
func TestProofExplains(t *testing.T) {
	for failing, want := range map[string]string{"": "", "removed": "", "listed": "fly0: a reason", "loads": "fly0: a reason"} {
		b := newBench(t)
		machine := elf.EM_X86_64
		if failing == "loads" {
			b.engine.Arch, machine = "arm64", elf.EM_AARCH64
		}
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			switch name := run.Argv[len(run.Argv)-1]; {
			case name == "diagnose" && run.Env["DIAGNOSE"] != "" && run.Env["DEVICE"] == "fly0" && run.Image == "sha256:installed":
				_, _ = run.Log.Write([]byte(want + "\n"))
				program, err := elf.NewFile(strings.NewReader(run.Files[run.Env["DIAGNOSE"]].Data))
				if err != nil || program.Machine != machine {
					t.Errorf("the program is for %v, %v, want %v", program, err, machine)
				}
			case name == failing:
				return containers.Result{ExitCode: 1}, nil
			}
			return containers.Result{Image: "sha256:installed"}, nil
		}
		suite, err := b.Prove(t.Context(), b.job, b.tc, b.dist, nil)
		if !strings.HasSuffix(suite.Diagnosis, want) || (want == "" && suite.Diagnosis != "") || (err == nil) != (failing == "") {
			t.Errorf("%q failed: diagnosis %q, %v", failing, suite.Diagnosis, err)
		}
	}
}

// A verdict's container has no network. What the installer fetches comes from a real
// distro's network, and so does what makes a repository: a stand-in has none.
func TestProofHasNoNetwork(t *testing.T) {
	for _, standin := range []bool{false, true} {
		b := newBench(t)
		b.tc.Base.Standin, b.tc.Base.Local = standin, standin
		if _, err := b.Prove(t.Context(), b.job, b.tc, b.dist, nil); err != nil {
			t.Fatal(err)
		}
		for _, run := range b.engine.Runs() {
			if run.Network != ((run.Name == "install" || run.Name == "newer") && !standin) {
				t.Errorf("stand-in %t: %s runs with network %t", standin, run.Argv, run.Network)
			}
		}
	}
}

// The packages' own lock is tried, on a repository with stubs of the next release.
func TestProofTriesTheLock(t *testing.T) {
	b := newBench(t)
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name == "newer" {
			if want := []string{"/verbsmith/newer.sh", "/newer", "57.0", "tiny"}; !slices.Equal(run.Argv[len(run.Argv)-4:], want) {
				t.Errorf("the stubs are made by %q", run.Argv)
			}
			write(t, filepath.Join(run.Outputs[0].Dir, "repodata", "repomd.xml"), "repository")
		}
		return containers.Result{Image: run.Commit}, nil
	}
	suite, err := b.Prove(t.Context(), b.job, b.tc, b.dist, nil)
	if last := suite.Results[len(suite.Results)-1]; err != nil || last.Name != "survives-upgrade" {
		t.Errorf("got %+v, %v", last, err)
	}
	runs := b.engine.Runs()
	run := runs[slices.IndexFunc(runs, func(run stagetest.Run) bool { return slices.Contains(run.Argv, "survives-upgrade") })]
	if run.Files[run.Env["LOCK"]].Data != "excludepkgs=tiny\n" || run.Files[run.Env["GIVEN"]+"/repodata/repomd.xml"].Data != "repository" || run.Network {
		t.Errorf("asked with %v, network %t, of %v", run.Env, run.Network, run.Files)
	}
	for _, m := range []artifact.Manifest{{Release: "master"}, {Release: "56.1"}} {
		b := newBench(t)
		b.dist.Manifest.Release = m.Release
		if m.Release == "56.1" {
			b.dist.Dir = b.packages(t, m).Dir
			if err := os.RemoveAll(filepath.Join(b.dist.Dir, artifact.LockFolder)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.Prove(t.Context(), b.job, b.tc, b.dist, nil); err == nil {
			t.Errorf("%s without a lock or a next release: no error", m.Release)
		}
	}
}

// Packages without the provider are asked about only where there are some.
func TestStockIsProvenWhereItIs(t *testing.T) {
	for _, there := range []bool{false, true} {
		b := newBench(t)
		var stock *artifact.Dist
		if there {
			stock = new(b.packages(t, artifact.Manifest{Release: "56.1"}))
		}
		suite, err := b.Prove(t.Context(), b.job, b.tc, b.dist, stock)
		if err != nil {
			t.Fatal(err)
		}
		last := suite.Results[len(suite.Results)-1]
		if (last.Name == "not-listed") != there || last.State != report.Pass {
			t.Errorf("stock is there: %t, and the last verdict is %+v", there, last)
		}
	}
}

// Packages that cannot be installed are the one verdict; those of the stock build say
// which they are.
func TestProofEndsWhereNothingIsInstalled(t *testing.T) {
	for failing, want := range []string{"dnf installs the packages, dependencies resolved", "stock packages: dnf installs the packages, dependencies resolved"} {
		b, n := newBench(t), -1
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			if run.Name == "install" {
				if n++; n == failing {
					_, _ = run.Log.Write([]byte("nothing provides libnl3\n"))
					return containers.Result{ExitCode: 1}, nil
				}
			}
			return containers.Result{Image: run.Commit}, nil
		}
		stock := b.packages(t, artifact.Manifest{Release: "56.1"})
		suite, err := b.Prove(t.Context(), b.job, b.tc, b.dist, &stock)
		last := suite.Results[len(suite.Results)-1]
		if _, ok := errors.AsType[*report.FailedError](err); !ok || last.Title != want || last.Evidence != "nothing provides libnl3" {
			t.Errorf("got %+v, %v", last, err)
		}
		if failing == 0 && len(suite.Results) != 1 {
			t.Errorf("%d verdicts about packages that are not installed", len(suite.Results))
		}
	}
}

// A failing engine gives no verdict.
func TestAnEngineThatFailsIsNoVerdict(t *testing.T) {
	gone := errors.New("the daemon is gone")
	for _, at := range []string{"install", "listed", "not-listed"} {
		b := newBench(t)
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			if run.Name == at || run.Argv[len(run.Argv)-1] == at {
				return containers.Result{}, gone
			}
			return containers.Result{Image: run.Commit}, nil
		}
		stock := b.packages(t, artifact.Manifest{Release: "56.1"})
		suite, err := b.Prove(t.Context(), b.job, b.tc, b.dist, &stock)
		if !errors.Is(err, gone) || suite.Err() != nil {
			t.Errorf("%s: got %v, and the verdicts %v", at, err, suite.Err())
		}
	}
}

// The installer and the owner are those of the kind of packages.
func TestProofOfDebianPackages(t *testing.T) {
	b := newBench(t)
	b.dist.Manifest.Suite = "bookworm"
	b.dist.Manifest.Files = []artifact.Output{{Path: "ibverbs-providers_56.1-1_amd64.deb"}}
	write(t, filepath.Join(b.dist.Dir, b.dist.Manifest.Files[0].Path), "deb")
	suite, err := b.Prove(t.Context(), b.job, b.tc, b.dist, nil)
	if err != nil {
		t.Fatal(err)
	}
	runs := b.engine.Runs()
	if !slices.Contains(runs[0].Argv, "/verbsmith/apt-install.sh") || runs[1].Env["MANAGER"] != "dpkg" || runs[1].Env["PACKAGES"] != "ibverbs-providers" {
		t.Errorf("ran %q, then with %v", runs[0].Argv, runs[1].Env)
	}
	var titles strings.Builder
	for _, r := range suite.Results {
		titles.WriteString(r.Title + "\n")
	}
	for _, want := range []string{"apt-get installs the packages", "dpkg --verify is clean", "ibverbs-providers owns fly.driver", "apt-get purge leaves no file"} {
		if !strings.Contains(titles.String(), want) {
			t.Errorf("no verdict %q in\n%s", want, titles.String())
		}
	}
}

// What a provider knows its device by decides what is asked: the netlink player is there
// for driver ids alone, compiled once.
func TestDeviceByDriverID(t *testing.T) {
	for _, tt := range []struct {
		device provider.Device
		title  string
	}{
		{provider.Device{Name: "fly0"}, "another device name is refused"},
		{provider.Device{Name: "fly0", Modalias: "pci:v0001d0002*"}, "another device modalias is refused"},
		{provider.Device{Name: "fly0", ByDriverID: true}, "another device driver id is refused"},
	} {
		b := newBench(t)
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			if run.Name == "preload" {
				if source := run.Files["/builder/preload/rdma-netlink.c"]; run.Image != "sha256:tools" || source.Data == "" || source.Owner != stage.BuilderUID {
					t.Errorf("the player is compiled in %s of %d bytes", run.Image, len(source.Data))
				}
				write(t, filepath.Join(run.Outputs[0].Dir, "rdma-netlink.so"), "player")
			}
			return containers.Result{Image: run.Commit}, nil
		}
		b.job.Provider.Manifest.Device = tt.device
		b.dist.Manifest.DriverID = 21
		stock := b.packages(t, artifact.Manifest{Release: "56.1"})
		suite, err := b.Prove(t.Context(), b.job, b.tc, b.dist, &stock)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(suite.Results, func(r report.Result) bool { return r.Title == tt.title }) {
			t.Errorf("no verdict %q", tt.title)
		}
		players := 0
		for _, run := range b.engine.Runs() {
			switch run.Name {
			case "preload":
				players++
			case "prove":
				player := run.Files[run.Env["NETLINK"]]
				if tt.device.ByDriverID != (player.Data == "player" && run.Env["DRIVER_ID"] == "21") || run.Env["MODALIAS"] != tt.device.Modalias {
					t.Errorf("%+v is asked about with %v and the player %+v", tt.device, run.Env, player)
				}
			}
		}
		if tt.device.ByDriverID != (players == 1) {
			t.Errorf("the player of %+v was compiled %d times", tt.device, players)
		}
	}
}

// A GUID is never the one that libibverbs takes for unknown, and no two are alike.
func TestSubjectsHaveGUIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		m, err := subjectOf("fly", provider.Device{}, 34, 0)
		if err != nil || !strings.HasPrefix(m.guid, "02") || len(m.guid) != 16 || seen[m.guid] {
			t.Errorf("got %q, %v", m.guid, err)
		}
		seen[m.guid] = true
	}
}

// A build tree is looked at by root, who leaves nothing in it.
func TestProveTree(t *testing.T) {
	build := artifact.Build{Volume: "v", Tree: stage.TreeDir + "/rdma-core-56.1"}
	tree := artifact.Tree{Result: provider.Result{PrivateABI: 34}}
	for _, code := range []int{0, 1} {
		b := newBench(t)
		b.engine.Answer = func(stagetest.Run) (containers.Result, error) { return containers.Result{ExitCode: code}, nil }
		v, err := b.ProveTree(t.Context(), b.job, tree, b.tc, build)
		failed, isFailure := errors.AsType[*report.FailedError](err)
		if isFailure != (code == 1) || v.Passed() != (code == 0) || isFailure && failed.Failed[0].Name != "listed" {
			t.Errorf("exit status %d: got %+v, %v", code, v, err)
		}
		run := b.engine.Runs()[0]
		if run.Env["BIN"] != build.Tree+"/build/bin" || run.Network || len(run.Volumes) != 1 || !run.Volumes[0].ReadOnly || run.Volumes[0].Name != "v" {
			t.Errorf("runs as %+v", run.RunSpec)
		}
	}
}

// The player of a build is compiled where the build was.
func TestJudgeBuildByDriverID(t *testing.T) {
	b := newBench(t)
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if run.Name == "preload" {
			write(t, filepath.Join(run.Outputs[0].Dir, "rdma-netlink.so"), "player")
		}
		if run.Image != "sha256:others" {
			t.Errorf("%s runs in %q", run.Name, run.Image)
		}
		return containers.Result{}, nil
	}
	_, err := b.JudgeBuild(t.Context(), b.Begin("discover"), artifact.ProviderBuild{
		Device: provider.Device{ByDriverID: true}, DriverID: 21, Toolchain: "sha256:others", Built: artifact.Directory{Path: t.TempDir()},
	}, []string{"listed"})
	if runs := b.engine.Runs(); err != nil || len(runs) != 2 || runs[1].Env["DRIVER_ID"] != "21" {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// The verdicts about a build are given in their order; the first that fails is the last.
func TestJudgeBuild(t *testing.T) {
	for failing, want := range map[string][]string{"": {"listed", "foreign-name"}, "listed": {"listed"}, "foreign-name": {"listed", "foreign-name"}} {
		b := newBench(t)
		b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
			_, _ = run.Log.Write([]byte("evidence: of " + run.Argv[len(run.Argv)-1] + "\n"))
			if run.Argv[len(run.Argv)-1] == failing {
				return containers.Result{ExitCode: 1}, nil
			}
			return containers.Result{}, nil
		}
		s, built := b.Begin("discover"), t.TempDir()
		write(t, filepath.Join(built, "bin", "ibv_devices"), "x")
		said, err := b.JudgeBuild(t.Context(), s, artifact.ProviderBuild{
			Provider: "fly", Device: provider.Device{Name: "fly9", KernelABI: 7}, PrivateABI: 34, DriverID: 21,
			Toolchain: "sha256:others", At: "/tree/build", Built: artifact.Directory{Path: built},
		}, []string{"listed", "foreign-name"})
		if err := b.End("discover", s, false, nil); err != nil {
			t.Fatal(err)
		}
		_, isFailure := errors.AsType[*report.FailedError](err)
		if isFailure != (failing != "") || failing == "" && said != "of foreign-name" {
			t.Errorf("%q fails: said %q, %v", failing, said, err)
		}
		var got []string
		for _, run := range b.engine.Runs() {
			got = append(got, run.Argv[len(run.Argv)-1])
			if run.Env["BIN"] != "/tree/build/bin" || run.Files["/tree/build/bin/ibv_devices"].Data != "x" {
				t.Errorf("%s looks in %s at %v", run.Argv, run.Env["BIN"], run.Files)
			}
			if e := run.Env; run.Image != "sha256:others" || e["PROVIDER"] != "fly" || e["DEVICE"] != "fly9" || e["KERNEL_ABI"] != "7" || e["PRIVATE_ABI"] != "34" || e["DRIVER_ID"] != "" {
				t.Errorf("%s runs in %s with %v", run.Argv, run.Image, e)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q fails: asked %q, want %q", failing, got, want)
		}
	}
}
