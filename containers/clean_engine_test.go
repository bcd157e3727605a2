// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/volume"
)

// ground is one test's part of an engine that it shares with others: what carries its mark.
type ground struct {
	t    *testing.T
	mark string
	e    *Engine // with references of its own
}

func newGround(t *testing.T, runDir string) *ground {
	t.Helper()
	g := &ground{t: t, mark: randomID(), e: connectIn(t, runDir)}
	g.e.references = "verbsmith-test/ours-" + g.mark
	t.Cleanup(func() {
		if err := removeMarked(context.Background(), g.e, "clean", g.mark); err != nil {
			t.Error(err)
		}
	})
	return g
}

func (g *ground) labels() map[string]string { return map[string]string{"clean": g.mark} }

// ours names an image of verbsmith's, theirs one of someone else.
func (g *ground) ours(name string) string { return g.e.references + "/" + name + ":1" }

func (g *ground) theirs(name string) string {
	return "verbsmith-test/theirs-" + g.mark + "/" + name + ":1"
}

func (g *ground) clean(all bool) (removed Removed, kept []Object) {
	g.t.Helper()
	removed, kept, err := g.e.Clean(g.t.Context(), CleanOptions{
		All: all, keep: func(o Object) bool { return o.Labels["clean"] != g.mark },
	})
	if err != nil {
		g.t.Error(err)
	}
	return removed, kept
}

// names returns objects as lines, sorted.
func names(objects []Object) []string {
	var lines []string
	for _, o := range objects {
		lines = append(lines, string(o.Kind)+" "+o.Name)
	}
	slices.Sort(lines)
	return lines
}

func (g *ground) want(what string, got []Object, want ...string) {
	g.t.Helper()
	slices.Sort(want)
	if lines := names(got); !slices.Equal(lines, want) {
		g.t.Errorf("%s: got %q, want %q", what, lines, want)
	}
}

// commit makes the image to from an image, as verbsmith does.
func (g *ground) commit(from, to string) string {
	g.t.Helper()
	spec := probe("append", "/made", to)
	spec.Image, spec.Root, spec.Commit, spec.Labels = from, true, to, g.labels()
	result, err := g.e.Run(g.t.Context(), spec)
	if err != nil {
		g.t.Fatal(err)
	}
	return result.Image
}

// build makes the image tag from an image, as anybody does; "" is no tag.
func (g *ground) build(from, tag string) string {
	g.t.Helper()
	files, err := tarOfFile("Containerfile", "FROM "+from+"\nLABEL theirs=1\nENV X=1\n")
	if err != nil {
		g.t.Fatal(err)
	}
	named := tag
	if tag == "" {
		named = g.theirs("moment")
	}
	progress := newProgress(BuildSpec{}, g.e.limits)
	if err := g.e.build(g.t.Context(), files, g.e.buildOptions(named), progress); err != nil {
		g.t.Fatal(err)
	}
	if tag == "" {
		g.tag(from, named) // takes the name away, and the image stays
		if err := g.e.RemoveImage(g.t.Context(), named); err != nil {
			g.t.Fatal(err)
		}
	}
	return progress.image
}

func (g *ground) tag(ref, as string) {
	g.t.Helper()
	if err := g.e.cli.ImageTag(g.t.Context(), ref, as); err != nil {
		g.t.Fatal(err)
	}
}

func (g *ground) there(ref string) bool {
	g.t.Helper()
	_, ok, err := g.e.ImageID(g.t.Context(), ref)
	if err != nil {
		g.t.Error(err)
	}
	return ok
}

func TestCleanRemovesOurImages(t *testing.T) {
	g := newGround(t, t.TempDir())
	g.commit(probeImage, g.ours("parent"))
	g.commit(g.ours("parent"), g.ours("child"))
	removed, kept := g.clean(false)
	g.want("kept", kept)
	for _, ref := range []string{"child", "parent"} {
		if !slices.Contains(names(removed), "image "+g.ours(ref)) {
			t.Errorf("removed %v", names(removed))
		}
	}
	if g.there(g.ours("parent")) || g.there(g.ours("child")) {
		t.Error("an image is left")
	}
}

// Images that others made from ours inherit the labels.
func TestCleanLeavesWhatOthersMadeFromOurs(t *testing.T) {
	for _, all := range []bool{false, true} {
		g := newGround(t, t.TempDir())
		ours := g.commit(probeImage, g.ours("tool"))
		theirs := g.build(g.ours("tool"), g.theirs("app"))
		removed, kept := g.clean(all)
		g.want("removed", removed, "image "+g.ours("tool"))
		if !g.there(g.theirs("app")) || !g.there(theirs) || g.there(g.ours("tool")) {
			t.Errorf("all=%v: kept %v", all, kept)
		}
		// What it was made from is still under it.
		if !g.there(ours) && !g.e.podman() { // there its layers are, without its own name for them
			t.Errorf("all=%v: the image below is gone", all)
		}
	}
}

// An image that others named as well only loses our name; one that was named by its digest alone, too.
func TestCleanLeavesWhatOthersNamed(t *testing.T) {
	for _, all := range []bool{false, true} {
		g := newGround(t, t.TempDir())
		id := g.commit(probeImage, g.ours("tool"))
		g.tag(g.ours("tool"), g.theirs("kept"))
		removed, _ := g.clean(all)
		g.want("removed", removed, "image "+g.ours("tool"))
		if got, ok, err := g.e.ImageID(t.Context(), g.theirs("kept")); got != id || !ok || err != nil || g.there(g.ours("tool")) {
			t.Errorf("all=%v: %s %v %v", all, got, ok, err)
		}
		removed, kept := g.clean(all)
		g.want("again", removed)
		g.want("again, kept", kept)
	}
}

func TestCleanOfImagesWithoutAName(t *testing.T) {
	g := newGround(t, t.TempDir())
	g.commit(probeImage, g.ours("tool"))
	unnamed := g.build(g.ours("tool"), "")
	said := func(o Object) bool { return o.ID == unnamed && strings.Contains(o.Why, "-all") }
	if _, kept := g.clean(false); !g.there(unnamed) || !slices.ContainsFunc(kept, said) {
		t.Errorf("kept %+v", kept)
	}
	if _, kept := g.clean(true); g.there(unnamed) || len(kept) != 0 {
		t.Errorf("kept %+v", kept)
	}
}

// Images in between of our own builds go with them.
func TestCleanRemovesImagesInBetween(t *testing.T) {
	g := newGround(t, t.TempDir())
	foreign := g.commit(probeImage, g.ours("base"))
	spec := buildSpec(t, "", `ENV A=1`, `ENV B=2`)
	spec.Tag, spec.Labels, spec.Args["BASE"] = g.ours("tool"), g.labels(), foreign
	if _, err := g.e.Build(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	_, kept := g.clean(false)
	g.want("kept", kept)
	left, err := g.e.cli.ImageList(t.Context(), image.ListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range left {
		if i.Labels["clean"] == g.mark {
			t.Errorf("left: %v %v", i.ID, i.RepoTags)
		}
	}
}

// A container that uses an image keeps it, whoever's it is.
func TestCleanForcesNothing(t *testing.T) {
	g := newGround(t, t.TempDir())
	g.commit(probeImage, g.ours("tool"))
	theirs, err := g.e.cli.ContainerCreate(t.Context(), &container.Config{Image: g.ours("tool"), Cmd: []string{"/probe", "sleep"}},
		nil, nil, nil, "verbsmith-test-"+g.mark)
	if err == nil {
		err = g.e.cli.ContainerStart(t.Context(), theirs.ID, container.StartOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		removed, kept := g.clean(all)
		g.want("removed", removed)
		g.want("kept", kept, "container verbsmith-test-"+g.mark, "image "+g.ours("tool"))
	}
	state, err := g.e.cli.ContainerInspect(t.Context(), theirs.ID)
	if err != nil || !state.State.Running {
		t.Errorf("somebody else's container: %+v %v", state.State, err)
	}
}

func TestCleanOfVolumes(t *testing.T) {
	g, other := newGround(t, t.TempDir()), connect(t)
	mine, old, theirs, foreign := "vt-mine-"+g.mark, "vt-old-"+g.mark, "vt-theirs-"+g.mark, "vt-foreign-"+g.mark
	make := func(e *Engine, name string) {
		t.Helper()
		if err := e.EnsureVolume(t.Context(), name, g.labels()); err != nil {
			t.Fatal(err)
		}
	}
	make(g.e, mine)
	make(other, theirs)
	for name, labels := range map[string]map[string]string{
		old: {Label: "1", "clean": g.mark}, foreign: {"clean": g.mark}, // of a version without the label of the home; nobody's
	} {
		if _, err := g.e.cli.VolumeCreate(t.Context(), volume.CreateOptions{Name: name, Labels: labels}); err != nil {
			t.Fatal(err)
		}
	}
	clean := func(all bool) (removed Removed, kept []Object) {
		t.Helper()
		removed, kept, err := g.e.Clean(t.Context(), CleanOptions{
			All: all, OwnVolume: func(name string) bool { return name == old || name == theirs },
			keep: func(o Object) bool { return o.Labels["clean"] != g.mark },
		})
		if err != nil {
			t.Error(err)
		}
		return removed, kept
	}
	neighbour := connectIn(t, g.e.run.dir)
	removed, kept := clean(false)
	g.want("beside a live run of the same cache", removed, "volume "+old)
	g.want("kept", kept, "volume "+mine, "volume "+theirs)
	if err := neighbour.Close(); err != nil {
		t.Fatal(err)
	}
	removed, kept = clean(false)
	g.want("removed", removed, "volume "+mine)
	g.want("kept", kept, "volume "+theirs)
	removed, kept = clean(true)
	g.want("-all beside the other's live run", removed)
	g.want("kept", kept, "volume "+theirs)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	removed, _ = clean(true)
	g.want("-all", removed, "volume "+theirs)
	if _, err := g.e.cli.VolumeInspect(t.Context(), foreign); err != nil {
		t.Errorf("somebody else's volume: %v", err)
	}
}

// Of a live run nothing is removed, wherever its lock lies; of a dead one the container is, though it still runs.
func TestCleanOfContainers(t *testing.T) {
	dir := t.TempDir()
	victim, id := startVictim(t, "victim", dir)
	e := connect(t)
	clean := func(all bool) (Removed, []Object) {
		t.Helper()
		removed, kept, err := e.Clean(t.Context(), CleanOptions{All: all, keep: func(o Object) bool { return o.Labels[RunLabel] != id }})
		if err != nil {
			t.Error(err)
		}
		return removed, kept
	}
	for _, all := range []bool{false, true} {
		if removed, kept := clean(all); len(removed) != 0 || len(kept) != 1 || kept[0].Kind != KindContainer {
			t.Errorf("of a live run, all=%v: %v %v", all, removed, kept)
		}
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	if removed, _ := clean(false); len(removed) != 0 {
		t.Errorf("of another cache: %v", removed)
	}
	if removed, kept := clean(true); len(removed) != 1 || len(kept) != 0 {
		t.Errorf("of a dead run: %v %v", removed, kept)
	}
	if left := leftOf(t, e, id); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A run of which nothing can be seen from here may go on.
func TestCleanLeavesContainersOfUnknownRuns(t *testing.T) {
	g := newGround(t, t.TempDir())
	name := "verbsmith-test-" + g.mark
	labels := g.labels()
	for key, value := range map[string]string{
		Label: "1", RunLabel: "0123456789abcdef", homeLabel: "fedcba9876543210", selfLabel: name, runsLabel: "/nonexistent/runs",
	} {
		labels[key] = value
	}
	made, err := g.e.cli.ContainerCreate(t.Context(),
		&container.Config{Image: probeImage, Cmd: []string{"/probe", "sleep"}, Labels: labels}, nil, nil, nil, name)
	if err == nil {
		err = g.e.cli.ContainerStart(t.Context(), made.ID, container.StartOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"running", "just stopped"} {
		removed, kept := g.clean(true)
		g.want(state, removed)
		g.want(state+", kept", kept, "container "+name)
		if err := g.e.cli.ContainerKill(t.Context(), made.ID, "KILL"); err != nil && state == "running" {
			t.Fatal(err)
		}
	}
	c := &cleaning{Engine: g.e, now: time.Now().Add(2 * idle)}
	if still, err := c.stoodStill(t.Context(), Object{ID: made.ID}); err != nil || !still {
		t.Errorf("what has stood still for hours is not taken for a leftover: %v", err)
	}
}
