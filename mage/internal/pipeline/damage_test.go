// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// entryOf is the output of a stage with the files.
func entryOf(t *testing.T, c *stagecache.Cache, name string, files map[string]string) string {
	t.Helper()
	entry, err := c.Do(t.Context(), name, "key", func(_ context.Context, dir string) error {
		for name, text := range files {
			write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return entry.Dir
}

// rot changes a byte of a file, as a disk does: nobody looks at the file's times after this.
func rot(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	write(t, file, string(data))
}

// What is read of the cache on its way into a container or into dist/ is what its stage
// has made, or nothing is delivered.
func TestNothingDamagedIsDelivered(t *testing.T) {
	files := map[string]string{
		"RPMS/a.deb": "deb", "rdma-core-56.1/redhat/rdma-core.spec": conditionalSpec, "rdma-core-56.1/README": "x",
		"spec": "spec", "rdma-core-56.1.tar.gz": "tarball", "fly.patch": "patch",
	}
	for _, to := range []struct {
		name, file string
		deliver    func(p *Pipeline, j job.Job, dir string) error
	}{
		{"a container", "rdma-core-56.1/README", func(_ *Pipeline, _ job.Job, dir string) error {
			all, err := stage.Files(dir)
			return errors.Join(err, stage.Tar(all)(io.Discard))
		}},
		{"dist/", "RPMS/a.deb", func(p *Pipeline, _ job.Job, dir string) error {
			_, err := collect(held(t, p.DistDir), artifact.Manifest{}, dir, "x")
			return err
		}},
		{"the patch's place", "fly.patch", func(p *Pipeline, _ job.Job, dir string) error {
			_, err := p.PlaceFile(t.Context(), job.Job{Provider: &provider.Provider{}}, "56.1", "fly.patch", filepath.Join(dir, "fly.patch"))
			return err
		}},
		{"the packages' sources", "rdma-core-56.1.tar.gz", func(_ *Pipeline, _ job.Job, dir string) error {
			return stage.KeepFiles([]stage.File{{Name: "SOURCES/x", Path: filepath.Join(dir, "rdma-core-56.1.tar.gz")}}, t.TempDir())
		}},
		{"the build's volume", "rdma-core-56.1/README", func(_ *Pipeline, _ job.Job, dir string) error {
			var cached stagecache.Verifier
			_, err := stage.File{Name: "README", Path: filepath.Join(dir, "rdma-core-56.1", "README")}.Describe(&cached)
			return err
		}},
		{"the integrated tree", "rdma-core-56.1/README", func(p *Pipeline, j job.Job, dir string) error {
			_, err := p.Integrate(t.Context(), j, sourceIn(dir))
			return err
		}},
		{"the patch", "rdma-core-56.1/README", func(p *Pipeline, j job.Job, dir string) error {
			src := sourceIn(dir)
			_, err := p.Patch(t.Context(), j, artifact.Tree{Dir: t.TempDir(), Key: "k", Source: src})
			return err
		}},
		{"the spec", "rdma-core-56.1/redhat/rdma-core.spec", func(p *Pipeline, j job.Job, dir string) error {
			_, err := p.Spec(t.Context(), j, sourceIn(dir))
			return err
		}},
		{"debian/", "rdma-core-56.1/README", func(p *Pipeline, j job.Job, dir string) error {
			_, err := p.DebianSource(t.Context(), j, artifact.Tree{Dir: t.TempDir(), Key: "k", Source: sourceIn(dir)})
			return err
		}},
	} {
		p, j := packageJob(t, "")
		dir := entryOf(t, p.Cache, "source", files)
		rot(t, filepath.Join(dir, filepath.FromSlash(to.file)))
		err := to.deliver(p, j, dir)
		damage, ok := errors.AsType[*stagecache.DamageError](err)
		if !ok || damage.Stage != "source" || damage.File != to.file {
			t.Errorf("%s: got %v, want a *stagecache.DamageError for %s", to.name, err, to.file)
		}
	}
}

func sourceIn(dir string) artifact.Source {
	return artifact.Source{Tree: filepath.Join(dir, "rdma-core-56.1"), Version: "56.1", Digest: "d"}
}

// What was damaged is said where it is made again.
func TestDamageIsSaid(t *testing.T) {
	cache, err := stagecache.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	p := &Pipeline{Runner: &stage.Runner{Cache: cache, Log: slog.New(slog.NewTextHandler(&said, nil)), UI: ui.New(ui.Options{})}}
	key := func() *stagecache.KeyBuilder { return stagecache.NewKey("spec", 1).String("a", "b") }
	build := func(_ context.Context, dir string, _ *ui.Stage) error {
		return stage.WriteFile(dir, "file", []byte("text"))
	}
	entry, err := p.Cached(t.Context(), "spec", key(), build)
	if err != nil || said.Len() > 0 {
		t.Fatalf("%v, said %q", err, said.String())
	}
	rot(t, filepath.Join(entry.Dir, "file"))
	if entry, err = p.Cached(t.Context(), "spec", key(), build); err != nil || entry.Hit {
		t.Fatalf("got %+v, %v: want it made again", entry, err)
	}
	for _, word := range []string{"damaged", "stage=spec", "file"} {
		if !strings.Contains(said.String(), word) {
			t.Errorf("want %q in what is said, got %q", word, said.String())
		}
	}
}

// dist/ is delivered again where one of its files is not what was collected, and where
// it is of something else.
func TestCollectLooksAtWhatIsThere(t *testing.T) {
	p, j := packageJob(t, "")
	j.Provider = nil
	tc := artifact.Toolchain{Base: artifact.Base{Folder: "debian-x", Ref: "base"}}
	pkgs := artifact.Packages{Key: "key", Dir: entryOf(t, p.Cache, "deb", map[string]string{"RPMS/a.deb": "deb"})}
	collected := func(tree artifact.Tree) (artifact.Dist, []string) {
		before := len(p.Ran())
		dist, err := p.Collect(t.Context(), j, tree, tc, pkgs)
		if err != nil {
			t.Fatal(err)
		}
		return dist, p.Ran()[before:]
	}
	dist, ran := collected(tree())
	if len(ran) != 1 {
		t.Fatalf("ran %v", ran)
	}
	if _, ran := collected(tree()); len(ran) != 0 {
		t.Errorf("nothing had changed, and %v ran", ran)
	}
	file := filepath.Join(dist.Dir, "RPMS", "a.deb")
	rot(t, file)
	if _, ran := collected(tree()); len(ran) != 1 {
		t.Error("a file with another byte was left")
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "deb" {
		t.Errorf("got %q, %v", data, err)
	}
	tagged := tree()
	tagged.Source.Tag = "v56.1"
	if dist, ran := collected(tagged); len(ran) != 1 || dist.Manifest.Tag != "v56.1" {
		t.Errorf("the manifest has the tag %q", dist.Manifest.Tag)
	}
}

// dist/ has one folder for a release, whichever provider was last in it.
func TestCollectedIsTheProvidersOwn(t *testing.T) {
	p, j := packageJob(t, "")
	base := artifact.Base{Folder: "debian-x"}
	tc, pkgs := artifact.Toolchain{Base: base}, artifact.Packages{Key: "key", Dir: made(t, map[string]string{"RPMS/a.deb": "deb"}).Dir}
	if _, err := p.Collect(t.Context(), j, tree(), tc, pkgs); err != nil {
		t.Fatal(err)
	}
	if dist, err := p.Collected(j, base, "56.1"); err != nil || dist.Manifest.Provider != "rib" {
		t.Errorf("got %+v, %v", dist, err)
	}
	if _, err := p.Collected(providerIn("fly", "/fly"), base, "56.1"); !errors.Is(err, os.ErrNotExist) ||
		!strings.Contains(err.Error(), `with the provider "rib", want "fly"`) {
		t.Errorf("another's packages: got %v", err)
	}
}
