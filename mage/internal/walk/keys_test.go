// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
)

// Whatever a stage is given changes its key.
func TestKeysHaveEachField(t *testing.T) {
	for _, in := range []stage.Input{editInput{}, parseInput{}, baseInput{}, buildInput{}, rowCompileInput{}, compileInput{}, discoverInput{}} {
		stagetest.EachFieldCounts(t, in)
	}
}

// What a job and a release have of it goes into the row's input.
func TestRowInputHasWhatIsRead(t *testing.T) {
	rocky := func(name string, el int) job.RPM { return job.RPM{Distro: specs.Distro{Name: name, EL: el}} }
	j := job.Job{Target: rocky("rocky8", 8), Provider: fly(t)}
	ref := Release{Ref: upstream.Ref{Name: "v56.1", Commit: "c", Time: time.Unix(1700000000, 0)}, Version: "56.1"}
	sum := func(j job.Job, ref Release) string { return stage.Key("row", newRowInput(j, ref)).Sum() }
	before := sum(j, ref)
	for name, change := range map[string]func(j *job.Job, ref *Release){
		"the distro":         func(j *job.Job, _ *Release) { j.Target = rocky("rocky9", 9) },
		"the suffix":         func(j *job.Job, _ *Release) { j.Suffix = ".x1" },
		"the provider":       func(j *job.Job, _ *Release) { j.Provider = named(t, "ant") },
		"the release's name": func(_ *job.Job, ref *Release) { ref.Name = "v56.2" },
		"its version":        func(_ *job.Job, ref *Release) { ref.Version = "56.2" },
		"its commit":         func(_ *job.Job, ref *Release) { ref.Commit = "d" },
		"its date":           func(_ *job.Job, ref *Release) { ref.Time = ref.Time.Add(time.Second) },
	} {
		changed, release := j, ref
		change(&changed, &release)
		if got := sum(changed, release); got == before || got == "" {
			t.Errorf("%s is in no input of the row", name)
		}
		in := newRowInput(changed, release)
		if got := in.job(); got.Provider != changed.Provider || got.Suffix != changed.Suffix || got.Macros().String() != changed.Macros().String() {
			t.Errorf("%s: the row's job is %+v", name, got)
		}
	}
}
