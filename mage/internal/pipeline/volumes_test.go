// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
)

// providerIn is a job for a provider of a name in a directory.
func providerIn(name, dir string) job.Job {
	return job.Job{Provider: &provider.Provider{Dir: dir, Manifest: provider.Manifest{Name: name}}}
}

// volumesOf are all volumes that what a provider brings can write to.
func volumesOf(t *testing.T, p *Pipeline, j job.Job) []string {
	t.Helper()
	base, tree := artifact.Base{Folder: "rocky9.standin", Standin: true}, artifact.Tree{Source: artifact.Source{Version: "56.1"}}
	tc := artifact.Toolchain{Base: base}
	guest, err := p.Bench().Guest(t.Context(), j, base, []artifact.Dist{{Manifest: artifact.Manifest{Release: "56.1"}}}, artifact.Lab{ID: "sha256:lab"})
	if err != nil {
		t.Fatal(err)
	}
	tree.Dir = t.TempDir()
	build, err := p.Packer().Build(t.Context(), j, tree, tc)
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		p.Compiler(j, tc, time.Time{}, stage.ForTrial).Objects,
		p.Compiler(j, tc, time.Time{}, stage.ForPackages).Objects,
		build.Volume,
		guest.Volume,
	}
}

// Whoever shares a volume could be given another's objects, build tree or disk.
func TestNoTwoProvidersShareAVolume(t *testing.T) {
	root, p := t.TempDir(), &Pipeline{Runner: stagetest.NewRunner(t, &stagetest.Engine{})}
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
	for who, j := range jobs {
		for _, volume := range slices.Compact(volumesOf(t, p, j)) {
			if volume == "" {
				continue // packages of a provider have none
			}
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
	root, p := t.TempDir(), &Pipeline{Runner: stagetest.NewRunner(t, &stagetest.Engine{})}
	dir, link := filepath.Join(root, "fly"), filepath.Join(root, "link")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Symlink("fly", link)); err != nil {
		t.Fatal(err)
	}
	want := volumesOf(t, p, providerIn("fly", dir))
	t.Chdir(dir)
	for _, same := range []string{link, ".", "../fly", root + "/./link/../fly", filepath.Join(root, "fly") + "/"} {
		if got := volumesOf(t, p, providerIn("fly", same)); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", same, got, want)
		}
	}
}
