// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// newBuilder makes images with an engine that records.
func newBuilder(t *testing.T, engine *stagetest.Engine) *Builder {
	t.Helper()
	releases, err := specs.LoadReleases(os.DirFS("../../../specs"))
	if err != nil {
		t.Fatal(err)
	}
	return &Builder{Runner: stagetest.NewRunner(t, engine), Files: containers.Files, Releases: releases}
}

// A refresh builds what is there too, and takes no layer of an earlier build: Debian's in a build, a distro's in one container for
// what is the same for each spec, and in one for the spec.
func TestRefreshRebuilds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(file, []byte("BuildRequires: gcc\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	base := artifact.Base{ID: "sha256:base", Folder: "base"}
	for _, tt := range []struct {
		target        job.Target
		runs, renewed int // of containers
		builds        int
	}{{rocky9, 2, 4, 0}, {bookworm, 0, 0, 1}} {
		engine := &stagetest.Engine{}
		b := newBuilder(t, engine)
		for i, refresh := range []bool{false, false, true} {
			tc, err := b.Toolchain(t.Context(), job.Job{Target: tt.target}, base, file, refresh)
			if err != nil || tc.ID == "" {
				t.Fatal(tc, err)
			}
			runs, builds := tt.runs, tt.builds
			if refresh {
				runs, builds = tt.renewed, 2*tt.builds
			}
			if len(engine.Runs()) != runs || len(engine.Built()) != builds {
				t.Fatalf("%s, %d: %d runs and %d builds, want %d and %d", tt.target.Name(), i, len(engine.Runs()), len(engine.Built()), runs, builds)
			}
			if built := engine.Built(); builds > 0 {
				last := built[builds-1]
				if last.Args["BASE"] != base.ID || last.Tag != tc.Ref || last.NoCache != refresh {
					t.Errorf("refresh %t: got %+v", refresh, last)
				}
			}
			if state, here, err := b.ToolchainState(t.Context(), job.Job{Target: tt.target}, base, file); err != nil || !here || state != tc {
				t.Errorf("refresh %t: ToolchainState gives %+v, %t, %v", refresh, state, here, err)
			}
		}
	}
}

// What a toolchain is made from is in its reference: another base, Containerfile, list of
// repositories or spec is another image.
func TestToolchainRefs(t *testing.T) {
	b, other := newBuilder(t, &stagetest.Engine{}), newBuilder(t, &stagetest.Engine{})
	dir := t.TempDir()
	other.Files = os.DirFS(dir)
	for name, text := range map[string]string{"a": "BuildRequires: gcc\n", "b": "BuildRequires: clang\n", "debian/Containerfile": "FROM x\n"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	rocky, debian, crb := job.Job{Target: rocky9}, job.Job{Target: bookworm}, rocky9
	crb.Distro.Repositories = []string{"crb"}
	base := artifact.Base{ID: "sha256:base", Folder: "base"}
	refs := map[string]string{}
	for what, tt := range map[string]struct {
		b    *Builder
		job  job.Job
		base artifact.Base
		file string
	}{
		"rocky":         {b, rocky, base, "a"},
		"repositories":  {b, job.Job{Target: crb}, base, "a"},
		"spec":          {b, rocky, base, "b"},
		"base":          {b, rocky, artifact.Base{ID: "sha256:other", Folder: "base"}, "a"},
		"debian":        {b, debian, base, "a"},
		"Containerfile": {other, debian, base, "a"},
	} {
		tc, here, err := tt.b.ToolchainState(t.Context(), tt.job, tt.base, filepath.Join(dir, tt.file))
		if err != nil || here || refs[tc.Ref] != "" {
			t.Errorf("%s and %s: %s, %t, %v", what, refs[tc.Ref], tc.Ref, here, err)
		}
		refs[tc.Ref] = what
	}
	// A site's repositories are no input: another mirror has the same packages.
	site := newBuilder(t, &stagetest.Engine{})
	site.Site = true
	if tc, _, err := site.ToolchainState(t.Context(), rocky, base, filepath.Join(dir, "a")); err != nil || refs[tc.Ref] != "rocky" {
		t.Errorf("with a site's repositories: %s, %v", tc.Ref, err)
	}
}

// Debian's Containerfile finds the control file under its own name.
func TestToolchainContext(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spec")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	i, err := newBuilder(t, nil).toolchainImage(job.Job{Target: bookworm}, artifact.Base{ID: "sha256:base"}, file)
	if err != nil {
		t.Fatal(err)
	}
	in, _ := i.how.(built)
	var names []string
	for _, f := range in.Files {
		names = append(names, f.Name)
	}
	if len(in.Args) != 1 || in.Args["BASE"] != "sha256:base" || !slices.Equal(names, []string{"Containerfile", artifact.ControlFile}) {
		t.Errorf("the arguments are %q, the build has %q", in.Args, names)
	}
}

// A distro's toolchain is made in containers that dnf needs a network for, with the repositories to enable and the spec, of which
// nothing is in the image.
func TestToolchainIsInstalled(t *testing.T) {
	crb := rocky9
	crb.Distro.Repositories, crb.Distro.RPM, crb.Distro.StandinRPM = []string{"crb", "extras"}, "4.16.1.3", "4.16.1.2"
	file := filepath.Join(t.TempDir(), "any.spec")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	engine := &stagetest.Engine{}
	tc, err := newBuilder(t, engine).Toolchain(t.Context(), job.Job{Target: crb}, artifact.Base{ID: "sha256:base", Folder: "x"}, file, false)
	if err != nil {
		t.Fatal(err)
	}
	runs := engine.Runs()
	if len(runs) != 2 || runs[0].Image != "sha256:base" || runs[1].Image != runs[0].Commit || runs[1].Commit != tc.Ref {
		t.Fatalf("got %+v", runs)
	}
	for i, want := range []string{"toolchain.sh base 4.16.1.3 crb extras", "toolchain.sh requirements /verbsmith/rdma-core.spec"} {
		run := runs[i]
		if argv := strings.Join(run.Argv, " "); !strings.HasSuffix(argv, "/verbsmith/"+want) {
			t.Errorf("runs %s, want %s", argv, want)
		}
		if !run.Root || !run.Network || !run.Repositories || len(run.Env) > 0 {
			t.Errorf("%s: got %+v", want, run.RunSpec)
		}
		if len(run.Volumes) != 1 || run.Volumes[0].Name != "" || run.Volumes[0].Path != "/verbsmith" {
			t.Errorf("%s: its files are in the image: %+v", want, run.Volumes)
		}
	}
	if got := runs[1].Files["/verbsmith/rdma-core.spec"].Data; got != "text" {
		t.Errorf("the spec is %q", got)
	}
	standin := artifact.Base{ID: "sha256:standin", Folder: "x.standin", Standin: true, Local: true}
	if _, err := newBuilder(t, engine).Toolchain(t.Context(), job.Job{Target: crb}, standin, file, false); err != nil {
		t.Fatal(err)
	}
	if argv := engine.Runs()[2].Argv; !slices.Contains(argv, "4.16.1.2") {
		t.Errorf("on the stand-in: %q", argv)
	}
}

// Each image of a toolchain first brings the packages that it finds to the repositories' state, whatever the age of the one below.
// Where the repositories are a site's, these are taken as they are, and the image's own are enabled for runs without them.
func TestToolchainUpgradesFirst(t *testing.T) {
	for _, tt := range []struct {
		site  bool
		fails string
		argv  []string
		want  string
	}{
		{false, "", []string{"base", "4.16.1.3", "crb", "extras"}, "upgrade -y, install -y dnf-plugins-core, install -y epel-release, config-manager --set-enabled crb, " +
			"config-manager --set-enabled extras, install -y rpm-build, clean all"},
		{true, "", []string{"base", "4.16.1.3", "crb"}, "site upgrade -y, site install -y dnf-plugins-core, config-manager --set-enabled crb, " +
			"site install -y rpm-build, site clean all"},
		{true, "config-manager crb", []string{"base", "4.16.1.3", "crb"}, "site upgrade -y, site install -y dnf-plugins-core, " +
			"config-manager --set-enabled crb, site install -y rpm-build, site clean all"},
		{false, "", []string{"requirements", "x.spec"}, "upgrade -y, builddep -y x.spec, clean all"},
		{false, "upgrade ", []string{"base", "4.16.1.3", "crb"}, "upgrade -y"},
		{false, "upgrade ", []string{"requirements", "x.spec"}, "upgrade -y"},
		{false, "config-manager crb", []string{"base", "4.16.1.3", "crb", "extras"}, "upgrade -y, install -y dnf-plugins-core, install -y epel-release, config-manager --set-enabled crb"},
		{false, "builddep x.spec", []string{"requirements", "x.spec"}, "upgrade -y, builddep -y x.spec"},
	} {
		asked, err := runToolchain(t, tt.site, tt.fails, "4.14.0", "4.16.1.3", tt.argv...)
		if got := strings.Join(asked, ", "); got != tt.want || (err == nil) != (tt.fails == "" || tt.site) {
			t.Errorf("%q with %q: got %s, %v, want %s", tt.argv, tt.fails, got, err, tt.want)
		}
	}
}

// runToolchain runs toolchain.sh on an image with these answers of dnf and rpm to --version, and returns how dnf was called. An image
// with dnf 4 is an Enterprise Linux. With a site, calls of its dnf begin with site.
func runToolchain(t *testing.T, site bool, fails, dnf, rpm string, argv ...string) (asked []string, err error) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range map[string]string{
		"dnf":      `if [ "$1" = --version ]; then echo "$DNF"; else echo "dnf $1 $2 $3"; [ "$1 $3" != "$FAILS" ]; fi`,
		"rpm":      `case "$1 $DNF" in --version*) echo "RPM version $RPM" ;; *dnf5*) ;; *) echo epel-release ;; esac`,
		"groupadd": ":", "useradd": ":", "install": ":",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"../../../containers/el/toolchain.sh"}, argv...)...)
	path, of := dir, ""
	if site {
		of = t.TempDir()
		path = of + ":" + dir
		text := "#!/bin/sh\nif [ \"$1\" = --version ]; then echo \"$DNF\"; else echo \"dnf site $1 $2 $3\"; fi\n"
		if err := os.WriteFile(filepath.Join(of, "dnf"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Env = []string{"PATH=" + path, "FAILS=" + fails, "DNF=" + dnf, "RPM=" + rpm, containers.RepositoriesVariable + "=" + of}
	output, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(output)) {
		if call, ok := strings.CutPrefix(line, "dnf "); ok {
			asked = append(asked, strings.TrimSpace(call))
		}
	}
	return asked, err
}

// dnf 5 has its plug-ins in another package and another way to enable a repository; only an Enterprise Linux has EPEL.
func TestToolchainWithDNF5(t *testing.T) {
	asked, err := runToolchain(t, false, "", "dnf5 version 5.2.8.1", "4.16.1.3", "base", "4.16.1.3", "x")
	want := "upgrade -y, install -y dnf5-plugins, config-manager setopt x.enabled=1, install -y rpm-build, clean all"
	if got := strings.Join(asked, ", "); got != want || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// The base's rpm must read specs as the distro's does.
func TestToolchainAssertsRPM(t *testing.T) {
	for version, same := range map[string]bool{
		"4.16.1.3": true, "4.16.1.2": true, "4.16": true, "4.160.1": false, "4.18.0": false, "6.1.0": false, "14.16.1": false,
	} {
		if _, err := runToolchain(t, false, "", "4.14.0", version, "base", "4.16.1.3"); (err == nil) != same {
			t.Errorf("rpm %s: %v", version, err)
		}
	}
}

// There is no toolchain without a Containerfile or a script.
func TestToolchainNeedsAContainerfile(t *testing.T) {
	engine := &stagetest.Engine{}
	b := newBuilder(t, engine)
	b.Files = os.DirFS(t.TempDir())
	for _, target := range []job.Target{rocky9, bookworm} {
		_, err := b.Toolchain(t.Context(), job.Job{Target: target}, artifact.Base{}, "none", false)
		if !errors.Is(err, os.ErrNotExist) || len(engine.Built())+len(engine.Runs()) > 0 {
			t.Errorf("%s: got %v, built %d images", target.Name(), err, len(engine.Built()))
		}
	}
}

// A toolchain for another processor has that one's compiler and libraries, and what runs is of its own.
func TestCrossToolchain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, artifact.ControlFile)
	if err := os.WriteFile(file, []byte("Build-Depends: cython3, libnl-3-dev\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := newBuilder(t, &stagetest.Engine{})
	base := artifact.Base{ID: "sha256:base", Folder: "debian-bookworm"}
	native, err := b.toolchainImage(job.Job{Target: bookworm}, base, file)
	cross, errCross := b.toolchainImage(job.Job{Target: bookworm, Cross: specs.AArch64}, base, file)
	if err := errors.Join(err, errCross); err != nil || native.ref == cross.ref || !strings.Contains(cross.ref, "debian-bookworm.aarch64-") {
		t.Errorf("got %s and %s, %v", native.ref, cross.ref, err)
	}
	in, _ := cross.how.(built)
	if got := string(in.Files[1].Data); in.Args["CROSS"] != "arm64" || got != "Build-Depends: cython3:native, libnl-3-dev\n" {
		t.Errorf("the arguments are %q, the control file is %q", in.Args, got)
	}

	engine := &stagetest.Engine{}
	standin := artifact.Base{ID: "sha256:standin", Folder: "x.standin", Standin: true, Local: true}
	j := job.Job{Target: rocky9, Cross: specs.AArch64}
	tc, err := newBuilder(t, engine).Toolchain(t.Context(), j, standin, file, false)
	if err != nil {
		t.Fatal(err)
	}
	runs := engine.Runs()
	last := runs[len(runs)-1]
	if len(runs) != 3 || last.Image != runs[1].Commit || last.Commit != tc.Ref || !strings.HasSuffix(strings.Join(last.Argv, " "), "/cross.sh arm64") {
		t.Errorf("got %+v", runs)
	}
}

// Where there is no compiler for another processor, that is said with what to do.
func TestNoCrossToolchain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "spec")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	noble := job.Deb{Suite: specs.Suite{Name: "noble", Distribution: "ubuntu", Title: "Ubuntu 24.04"}}
	for name, target := range map[string]job.Target{"rocky9": rocky9, "Ubuntu 24.04": noble} {
		j := job.Job{Target: target, Cross: specs.AArch64}
		_, err := newBuilder(t, nil).toolchainImage(j, artifact.Base{ID: "sha256:real", Folder: "x"}, file)
		refused, ok := errors.AsType[*stage.CrossError](err)
		advised, advice := errors.AsType[*stage.AdviceError](err)
		if !ok || !advice || refused.For != specs.AArch64 || !strings.Contains(err.Error(), name) || !strings.Contains(advised.What, "ssh://") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
