// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// providerIn is a job for a provider of a name in a directory.
func providerIn(name, dir string) job.Job {
	return job.Job{Provider: &provider.Provider{Dir: dir, Manifest: provider.Manifest{Name: name}}}
}

// No package has an object that the provider's code may have left, and none that may be released has one of ccache at all.
func TestPackagesHaveNoObjectsOfAProvider(t *testing.T) {
	p := &Runner{CacheDir: "/cache"}
	for name, j := range map[string]job.Job{"none": {}, "fly": providerIn("fly", "/fly")} {
		for _, base := range []artifact.Base{{Folder: "rocky9"}, {Folder: "debian-trixie"}} {
			if got := p.Compiler(j, artifact.Toolchain{Base: base}, time.Time{}, ForPackages); got.Objects != "" {
				t.Errorf("%s on %s: packages are built with the objects in %s", name, base.Folder, got.Objects)
			}
			if got := p.Compiler(j, artifact.Toolchain{Base: base}, time.Time{}, ForTrial); got.Objects == "" {
				t.Errorf("%s on %s: a build tree has no compiler cache", name, base.Folder)
			}
		}
		standin := artifact.Toolchain{Base: artifact.Base{Folder: "rocky9.standin", Standin: true}}
		if got := p.Compiler(j, standin, time.Time{}, ForPackages); (got.Objects != "") != (j.Provider == nil) {
			t.Errorf("%s on the stand-in: packages are built with the objects in %q", name, got.Objects)
		}
	}
}

// A volume is one more input: a result must not be found by who has another.
func TestCompilerCacheIsInTheKey(t *testing.T) {
	p, epoch := &Runner{CacheDir: "/cache"}, time.Unix(1, 0)
	standin := artifact.Toolchain{ID: "sha256:1", Base: artifact.Base{Folder: "rocky9.standin", Standin: true}}
	sum := func(c Compiler) string { return Key("rpm", struct{ Compiler Compiler }{c}).Sum() }
	a := sum(p.Compiler(providerIn("fly", "/a/fly"), standin, epoch, ForTrial))
	b := sum(p.Compiler(providerIn("fly", "/b/fly"), standin, epoch, ForTrial))
	none := sum(Compiler{Image: "sha256:1", Epoch: epoch})
	if a == "" || a == b || a == none {
		t.Errorf("got the keys %q, %q and %q: want three", a, b, none)
	}
}

func TestCompileSpec(t *testing.T) {
	base := containers.RunSpec{
		Env: map[string]string{"OWN": "1"}, Volumes: []containers.VolumeMount{OwnVolume(Topdir)},
		Inputs: []containers.Input{{Path: Topdir, Write: Tar(nil)}},
	}
	c := Compiler{Image: "sha256:1", Epoch: time.Unix(1700000000, 0)}

	bare := c.Spec(base)
	if bare.Env["CCACHE_DISABLE"] == "" || bare.Env["CCACHE_DIR"] != "" {
		t.Errorf("without a cache: got the environment %v, want CCACHE_DISABLE and no CCACHE_DIR", bare.Env)
	}
	if len(bare.Volumes) != 1 || bare.Volumes[0].Name != "" || len(bare.Inputs) != 1 {
		t.Errorf("without a cache: got volumes %+v and %d inputs, want those that were given", bare.Volumes, len(bare.Inputs))
	}

	c.Objects = "objects"
	with := c.Spec(base)
	if with.Image != "sha256:1" {
		t.Errorf("runs in %q, want the toolchain", with.Image)
	}
	if with.Env["OWN"] != "1" || with.Env["SOURCE_DATE_EPOCH"] != "1700000000" || with.Env["CCACHE_DISABLE"] != "" {
		t.Errorf("with a cache: got the environment %v", with.Env)
	}
	if v := with.Volumes[0]; v.Name != "objects" || v.Path != with.Env["CCACHE_DIR"] {
		t.Errorf("with a cache: got the volume %+v for CCACHE_DIR=%s", v, with.Env["CCACHE_DIR"])
	}
	for _, program := range []string{"CCACHE_PREFIX", "CCACHE_PREFIX_CPP", "CCACHE_COMPILER"} {
		if value, set := with.Env[program]; !set || value != "" {
			t.Errorf("%s of an image would be run: got %q", program, value)
		}
	}
	assertConfig(t, with)
	if len(base.Env) != 1 {
		t.Errorf("the given environment was changed: %v", base.Env)
	}
}

// The code of a source that a user gives reaches no objects of another's.
func TestSourcesShareNoObjects(t *testing.T) {
	p, seen := &Runner{CacheDir: "/cache"}, map[string]string{}
	for _, given := range []string{"", "/a/rdma-core.tar.gz", "/b/rdma-core.tar.gz", "/a/fork@v56.1"} {
		for _, folder := range []string{"rocky9.standin", "centos-stream9.standin"} {
			c := p.Compiler(job.Job{Given: given}, artifact.Toolchain{Base: artifact.Base{Folder: folder, Standin: true}}, time.Time{}, ForPackages)
			if other, taken := seen[c.Objects]; c.Objects == "" || taken && other != given {
				t.Errorf("%q and %q share the objects in %q", given, other, c.Objects)
			}
			seen[c.Objects] = given
		}
	}
}

// Packages that are never released have a payload that is cheap to write; all others have the distro's.
func TestPayload(t *testing.T) {
	p := &Runner{CacheDir: "/cache"}
	for _, tt := range []struct {
		base artifact.Base
		why  Purpose
		want string
	}{
		{artifact.Base{Local: true}, ForPackages, "w1.zstdio"},
		{artifact.Base{Local: true}, ForTrial, ""},
		{artifact.Base{}, ForPackages, ""},
	} {
		c := p.Compiler(job.Job{}, artifact.Toolchain{Base: tt.base}, time.Time{}, tt.why)
		if got := c.Spec(containers.RunSpec{}).Env["PAYLOAD"]; got != tt.want || c.Payload != tt.want {
			t.Errorf("%+v, %d: got PAYLOAD=%q, %q, want %q", tt.base, tt.why, got, c.Payload, tt.want)
		}
	}
}

// assertConfig: the configuration that ccache reads is root's file, below no volume.
func assertConfig(t *testing.T, spec containers.RunSpec) {
	t.Helper()
	path := spec.Env["CCACHE_CONFIGPATH"]
	for _, v := range spec.Volumes {
		if rel, err := filepath.Rel(v.Path, path); err == nil && filepath.IsLocal(rel) {
			t.Errorf("CCACHE_CONFIGPATH=%s is on the volume at %s", path, v.Path)
		}
	}
	var stream bytes.Buffer
	if err := spec.Inputs[0].Write(&stream); err != nil {
		t.Fatal(err)
	}
	found := false
	for r := tar.NewReader(&stream); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Mode&0o022 != 0 {
			t.Errorf("%s is of user %d, mode %o: the builder could write to it", h.Name, h.Uid, h.Mode)
		}
		found = found || filepath.Join(spec.Inputs[0].Path, h.Name) == path
	}
	if !found {
		t.Errorf("no input brings %s", path)
	}
}

// What is cross-compiled has another key, and the processor in the words of its packages.
func TestCrossCompiler(t *testing.T) {
	r := &Runner{CacheDir: "/cache"}
	for want, target := range map[string]job.Target{
		"aarch64": job.RPM{Distro: specs.Distro{Name: "rocky9"}}, "arm64": job.Deb{Suite: specs.Suite{Name: "bookworm"}},
	} {
		native := r.Compiler(job.Job{Target: target}, artifact.Toolchain{}, time.Time{}, ForPackages)
		cross := r.Compiler(job.Job{Target: target, Cross: specs.AArch64}, artifact.Toolchain{}, time.Time{}, ForPackages)
		if native.StageKey() == cross.StageKey() || cross.Environment()["CROSS"] != want {
			t.Errorf("%s: got %v with the key %s", want, cross.Environment(), cross.StageKey())
		}
		if _, set := native.Environment()["CROSS"]; set {
			t.Errorf("%s: the engine's own processor is named", want)
		}
	}
}
