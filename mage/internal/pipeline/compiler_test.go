// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/provider"
)

// providerIn is a job for a provider of a name in a directory.
func providerIn(name, dir string) job.Job {
	return job.Job{Provider: &provider.Provider{Dir: dir, Manifest: provider.Manifest{Name: name}}}
}

// volumesOf are all volumes that what a provider brings can write to.
func volumesOf(p *Pipeline, job job.Job) []string {
	base, tree := artifact.Base{Folder: "rocky9.standin", Standin: true}, artifact.Tree{Source: artifact.Source{Version: "56.1"}}
	tc := artifact.Toolchain{Base: base}
	return []string{
		p.compiler(job, tc, time.Time{}, forTrial).objects,
		p.compiler(job, tc, time.Time{}, forPackages).objects,
		p.treeVolume(job, base, tree),
		p.guestVolume(job, base, []artifact.Dist{{Manifest: artifact.Manifest{Release: "56.1"}}}),
	}
}

// Whoever shares a volume could be given another's objects, build tree or disk.
func TestNoTwoProvidersShareAVolume(t *testing.T) {
	root, p := t.TempDir(), &Pipeline{CacheDir: "/cache"}
	for _, dir := range []string{"a/fly", "b/fly", "b/ant", "stock"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.FromSlash(dir)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	jobs := map[string]job.Job{
		"none":                       {},
		"fly in a":                   providerIn("fly", filepath.Join(root, "a", "fly")),
		"fly in b":                   providerIn("fly", filepath.Join(root, "b", "fly")),
		"ant in b":                   providerIn("ant", filepath.Join(root, "b", "ant")),
		"ant in the directory of a":  providerIn("ant", filepath.Join(root, "a", "fly")),
		"one that is called as none": providerIn(job.StockName, filepath.Join(root, job.StockName)),
	}
	owner := map[string]string{}
	for who, job := range jobs {
		for _, volume := range slices.Compact(volumesOf(p, job)) {
			if other, taken := owner[volume]; taken {
				t.Errorf("%s and %s share the volume %s", who, other, volume)
			}
			owner[volume] = who
		}
	}
}

// A link to a directory, or a path with dots, is no second provider: its build
// would start from nothing.
func TestOneDirectoryIsOneProvider(t *testing.T) {
	root, p := t.TempDir(), &Pipeline{CacheDir: "/cache"}
	dir, link := filepath.Join(root, "fly"), filepath.Join(root, "link")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Symlink("fly", link)); err != nil {
		t.Fatal(err)
	}
	want := volumesOf(p, providerIn("fly", dir))
	t.Chdir(dir)
	for _, same := range []string{link, ".", "../fly", root + "/./link/../fly", filepath.Join(root, "fly") + "/"} {
		if got := volumesOf(p, providerIn("fly", same)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", same, got, want)
		}
	}
}

// What may be released is built from no object that an earlier run has left.
func TestPackagesThatMayBeReleasedHaveNoCompilerCache(t *testing.T) {
	p := &Pipeline{CacheDir: "/cache"}
	for name, job := range map[string]job.Job{"none": {}, "fly": providerIn("fly", "/fly")} {
		for _, base := range []artifact.Base{{Folder: "rocky9"}, {Folder: "debian-trixie"}} {
			if got := p.compiler(job, artifact.Toolchain{Base: base}, time.Time{}, forPackages); got.objects != "" {
				t.Errorf("%s on %s: packages are built with the objects in %s", name, base.Folder, got.objects)
			}
			if got := p.compiler(job, artifact.Toolchain{Base: base}, time.Time{}, forTrial); got.objects == "" {
				t.Errorf("%s on %s: a build tree has no compiler cache", name, base.Folder)
			}
		}
		standin := artifact.Toolchain{Base: artifact.Base{Folder: "rocky9.standin", Standin: true}}
		if got := p.compiler(job, standin, time.Time{}, forPackages); got.objects == "" {
			t.Errorf("%s on the stand-in: packages have no compiler cache", name)
		}
	}
}

// A volume is one more input: a result must not be found by who has another.
func TestCompilerCacheIsInTheKey(t *testing.T) {
	p, epoch := &Pipeline{CacheDir: "/cache"}, time.Unix(1, 0)
	standin := artifact.Toolchain{ID: "sha256:1", Base: artifact.Base{Folder: "rocky9.standin", Standin: true}}
	sum := func(c compiler) string { return c.key(stagecache.NewKey("rpm", 1)).Sum() }
	a := sum(p.compiler(providerIn("fly", "/a/fly"), standin, epoch, forPackages))
	b := sum(p.compiler(providerIn("fly", "/b/fly"), standin, epoch, forPackages))
	none := sum(compiler{image: "sha256:1", epoch: epoch})
	if a == "" || a == b || a == none {
		t.Errorf("got the keys %q, %q and %q: want three", a, b, none)
	}
}

func TestCompileSpec(t *testing.T) {
	base := containers.RunSpec{
		Env: map[string]string{"OWN": "1"}, Volumes: []containers.VolumeMount{ownVolume(topdir)},
		Inputs: []containers.Input{{Path: topdir, Write: tarOf(nil)}},
	}
	c := compiler{image: "sha256:1", epoch: time.Unix(1700000000, 0)}

	bare := c.complete(base)
	if bare.Env["CCACHE_DISABLE"] == "" || bare.Env["CCACHE_DIR"] != "" {
		t.Errorf("without a cache: got the environment %v, want CCACHE_DISABLE and no CCACHE_DIR", bare.Env)
	}
	if len(bare.Volumes) != 1 || bare.Volumes[0].Name != "" || len(bare.Inputs) != 1 {
		t.Errorf("without a cache: got volumes %+v and %d inputs, want those that were given", bare.Volumes, len(bare.Inputs))
	}

	c.objects = "objects"
	with := c.complete(base)
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
