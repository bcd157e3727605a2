// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/scripts"
)

// scriptReader gives package upstream access to the embedded scripts.
type scriptReader struct{}

// ReadFile returns the named script.
func (scriptReader) ReadFile(name string) ([]byte, error) { return scripts.Read(name) }

// AptSource queries Debian's archive with this machine's apt or, if there is none, in a Debian
// container.
func (b *Builder) AptSource(s *ui.Stage) upstream.AnyApt {
	return upstream.AnyApt{
		upstream.HostApt{Scripts: scriptReader{}},
		upstream.ContainerApt{Scripts: scriptReader{}, Run: func(ctx context.Context, job upstream.ScriptJob) error {
			return b.runDebian(ctx, job, s)
		}},
	}
}

// runDebian runs a script in a Debian container that has a network.
//
// Errors: *containers.RunError, *containers.PullError, *containers.UnreachableError.
func (b *Builder) runDebian(ctx context.Context, job upstream.ScriptJob, s *ui.Stage) error {
	image, err := b.debianImage(ctx, s)
	if err != nil {
		return err
	}
	const out, script = "/verbsmith-out", "debian-source.sh"
	_, err = b.Script(ctx, s, containers.RunSpec{
		Name: "debian", Image: image, Root: true, User: "root", Network: true, Log: job.Log,
		Argv:    []string{script, job.Suite, job.Version, out},
		Inputs:  []containers.Input{{Path: "/", Write: stage.Tar([]stage.File{{Name: out[1:] + "/.made"}})}},
		Outputs: []containers.Output{{Path: out, Dir: job.DestDir}},
	})
	return err
}

// debianImage is the Debian image that specs/ names, or the stand-in's userland if that is
// already on the engine, because it needs no registry.
func (b *Builder) debianImage(ctx context.Context, s *ui.Stage) (string, error) {
	var userlands []image
	for _, suite := range []string{"bookworm", "trixie"} {
		i, err := userlandImage(suite)
		if err != nil {
			return "", err
		}
		userlands = append(userlands, i)
	}
	if id, here, err := b.firstHere(ctx, s, userlands...); err != nil || here {
		return id, err
	}
	id, _, err := b.ensure(ctx, b.registryImage(b.Releases.DebianImage, ""), s)
	return id, err
}
