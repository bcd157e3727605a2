// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// labEngine has the version of the kernel in each image.
type labEngine struct{ *stagetest.Engine }

func (labEngine) ReadFile(_ context.Context, image string, _ []containers.VolumeMount, file string) ([]byte, error) {
	return []byte(image + " has " + file + "\n"), nil
}

// The lab stands on the userland or the image that is here; else on the image that can be
// pulled, unless the stand-in is asked for, and last on what is bootstrapped.
func TestLab(t *testing.T) {
	const image = "debian:trixie-slim"
	debian := userland(t, labSuite)
	fakeMachine(t, "0")
	for _, tt := range []struct {
		what        string
		here        []string
		mode        job.BaseMode
		unreachable error
		base        string
		calls       []string
	}{
		{"both are here", []string{debian, image}, job.BaseAuto, errUnreachable, debian, nil},
		{"the image is here", []string{image}, job.BaseStandin, errUnreachable, image, nil},
		{"the image can be pulled", nil, job.BaseAuto, nil, image, []string{"pull " + image}},
		{"the stand-in is asked for", nil, job.BaseStandin, nil, debian, []string{"import " + debian}},
		{"no registry", nil, job.BaseAuto, errUnreachable, debian, []string{"import " + debian}},
	} {
		engine := &stagetest.Engine{Unreachable: tt.unreachable, Images: map[string]string{}}
		for _, ref := range tt.here {
			engine.Images[ref] = "sha256:" + ref
		}
		b := newBuilder(t, engine)
		b.Engine = func(context.Context) (stage.Engine, error) { return labEngine{engine}, nil }
		for range 2 {
			lab, err := b.Lab(t.Context(), job.Job{Base: tt.mode})
			if err != nil || lab.ID == "" || lab.Kernel != lab.ID+" has /lab/version" {
				t.Fatalf("%s: got %+v, %v", tt.what, lab, err)
			}
		}
		built := engine.Built()
		if len(built) != 1 || built[0].Args["BASE"] != "sha256:"+tt.base {
			t.Errorf("%s: built %+v, want one image on %s", tt.what, built, tt.base)
		}
		if calls := engine.Calls(); !slices.Equal(calls, tt.calls) {
			t.Errorf("%s: asks for %q, want %q", tt.what, calls, tt.calls)
		}
	}
}

// The lab for another processor is another image, and says which.
func TestLabForAnotherProcessor(t *testing.T) {
	engine := &stagetest.Engine{Images: map[string]string{userland(t, labSuite): "sha256:debian"}}
	b := newBuilder(t, engine)
	b.Engine = func(context.Context) (stage.Engine, error) { return labEngine{engine}, nil }
	for _, cross := range []specs.Processor{"", specs.AArch64} {
		lab, err := b.Lab(t.Context(), job.Job{Base: job.BaseStandin, Cross: cross})
		if err != nil || lab.Cross != string(cross) {
			t.Fatalf("got %+v, %v", lab, err)
		}
	}
	built := engine.Built()
	if len(built) != 2 || built[0].Args["CROSS"] != "" || built[1].Args["CROSS"] != "arm64" {
		t.Errorf("built %+v", built)
	}
}
