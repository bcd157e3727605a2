// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

// Whatever the edit of a release reads changes its key.
func TestEditKeyHasWhatIsRead(t *testing.T) {
	rocky := func(name string, el int) job.RPM { return job.RPM{Distro: specs.Distro{Name: name, EL: el}} }
	w := &Walker{}
	j := job.Job{Target: rocky("rocky8", 8), Provider: fly(t)}
	ref := Release{Ref: upstream.Ref{Name: "v56.1", Commit: "c", Time: time.Unix(1700000000, 0)}, Version: "56.1"}
	key := w.editKey(j, ref)
	for name, change := range map[string]func(w *Walker, j *job.Job, ref *Release){
		"the distro":         func(_ *Walker, j *job.Job, _ *Release) { j.Target = rocky("rocky9", 9) },
		"the suffix":         func(_ *Walker, j *job.Job, _ *Release) { j.Suffix = ".x1" },
		"the provider":       func(_ *Walker, j *job.Job, _ *Release) { j.Provider = named(t, "ant") },
		"the release's name": func(_ *Walker, _ *job.Job, ref *Release) { ref.Name = "v56.2" },
		"its version":        func(_ *Walker, _ *job.Job, ref *Release) { ref.Version = "56.2" },
		"its commit":         func(_ *Walker, _ *job.Job, ref *Release) { ref.Commit = "d" },
		"its date":           func(_ *Walker, _ *job.Job, ref *Release) { ref.Time = ref.Time.Add(time.Second) },
	} {
		other, changed, release := *w, j, ref
		change(&other, &changed, &release)
		if got := other.editKey(changed, release); got.Err() != nil || got.Sum() == key.Sum() {
			t.Errorf("%s is in no input of the stage %v: %v", name, got.Inputs(), got.Err())
		}
	}
}

// What plays the kernel's netlink decides whether a device is listed.
func TestDiscoveryKeyHasThePlayer(t *testing.T) {
	key, err := discoverKey(makeStage, 1)
	if err != nil {
		t.Fatal(err)
	}
	player := stagecache.NewKey("x", 1).Bytes(scripts.NetlinkSource, scripts.Netlink).Inputs()[scripts.NetlinkSource]
	inputs := key.Inputs()
	for _, name := range []string{releaseBuildScript, scripts.Verdict, scripts.NetlinkPlayer} {
		if inputs[name] == "" {
			t.Errorf("the key of a discovery has no %s: %v", name, inputs)
		}
	}
	if inputs[scripts.NetlinkSource] != player {
		t.Errorf("the key of a discovery has %q for %s, want %q", inputs[scripts.NetlinkSource], scripts.NetlinkSource, player)
	}
}
