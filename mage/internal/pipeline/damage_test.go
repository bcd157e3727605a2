// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
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

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What is read of the cache on its way into a container or into dist/ is what its stage
// has made, or nothing is delivered.
func TestNothingDamagedIsDelivered(t *testing.T) {
	files := map[string]string{
		"RPMS/a.deb": "deb", "rdma-core-56.1/redhat/rdma-core.spec": releasetest.Files()["redhat/rdma-core.spec"], "rdma-core-56.1/README": "x",
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
		{"the packages' sources", "rdma-core-56.1.tar.gz", func(_ *Pipeline, _ job.Job, dir string) error {
			return stage.KeepFiles([]stage.File{{Name: "SOURCES/x", Path: filepath.Join(dir, "rdma-core-56.1.tar.gz")}}, t.TempDir())
		}},
		{"the build's volume", "rdma-core-56.1/README", func(_ *Pipeline, _ job.Job, dir string) error {
			var cached stagecache.Verifier
			_, err := stage.File{Name: "README", Path: filepath.Join(dir, "rdma-core-56.1", "README")}.Describe(&cached)
			return err
		}},
		{"the integrated tree", "rdma-core-56.1/README", func(p *Pipeline, j job.Job, dir string) error {
			_, err := p.Editor().Integrate(t.Context(), j, sourceIn(dir))
			return err
		}},
		{"the patch", "rdma-core-56.1/README", func(p *Pipeline, j job.Job, dir string) error {
			src := sourceIn(dir)
			_, err := p.Editor().Patch(t.Context(), j, artifact.Tree{Dir: t.TempDir(), Digest: "k", Source: src})
			return err
		}},
		{"the spec", "rdma-core-56.1/redhat/rdma-core.spec", func(p *Pipeline, j job.Job, dir string) error {
			_, err := p.Editor().Spec(t.Context(), j, sourceIn(dir))
			return err
		}},
		{"debian/", "rdma-core-56.1/README", func(p *Pipeline, j job.Job, dir string) error {
			_, err := p.Editor().DebianSource(t.Context(), j, artifact.Tree{Dir: t.TempDir(), Digest: "k", Source: sourceIn(dir)})
			return err
		}},
	} {
		p, j := ribJob(t)
		dir := entryOf(t, p.Cache, "source", files)
		rot(t, filepath.Join(dir, filepath.FromSlash(to.file)))
		err := to.deliver(p, j, dir)
		damage, ok := errors.AsType[*stagecache.DamageError](err)
		if !ok || damage.Stage != "source" || damage.File != to.file {
			t.Errorf("%s: got %v, want a *stagecache.DamageError for %s", to.name, err, to.file)
		}
	}
}

// ribJob is for the project's own provider.
func ribJob(t *testing.T) (*Pipeline, job.Job) {
	t.Helper()
	return offline(t), job.Job{Target: job.RPM{Distro: releasetest.Distros(t).Default()}, Provider: releasetest.Rib(t)}
}

func sourceIn(dir string) artifact.Source {
	return artifact.Source{Tree: filepath.Join(dir, "rdma-core-56.1"), Version: "56.1", Digest: "d"}
}
