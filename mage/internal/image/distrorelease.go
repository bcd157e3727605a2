// SPDX-License-Identifier: Apache-2.0

package image

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	distroStage  = "distro"
	distroScript = "distro-release.sh"
	distroFolder = "/builder/distro"
	distroFile   = "libibverbs"
)

// DistroRelease returns the newest libibverbs in the distro's repositories, as
// EPOCH:VERSION-RELEASE, or "" if they have none or do not answer. Over the network they are asked once a day for each toolchain.
func (b *Builder) DistroRelease(ctx context.Context, tc artifact.Toolchain) (string, error) {
	s := b.Begin(distroStage)
	evr, err := b.distroRelease(ctx, tc, s)
	return evr, b.EndLook(distroStage, s, err)
}

func (b *Builder) distroRelease(ctx context.Context, tc artifact.Toolchain, s *ui.Stage) (string, error) {
	in := distroInput{Toolchain: tc.ID, Network: tc.Base.Network()}
	if in.Network {
		in.Day = b.Now().UTC().Format(time.DateOnly)
	}
	entry, err := b.MakePart(ctx, s, distroStage, in)
	if failed, ok := errors.AsType[*containers.RunError](err); ok {
		why := cmp.Or(lastLine(failed.Lines), failed.Error())
		s.Note("the distro's repositories do not answer")
		b.Log.WarnContext(ctx, "whether dnf upgrade takes the provider away is not known: the distro's repositories do not answer",
			"because", why)
		return "", nil
	}
	if err != nil {
		return "", err
	}
	text, err := stagecache.ReadFile(filepath.Join(entry.Dir, distroFile))
	evr := strings.TrimSpace(string(text))
	if err == nil && evr == "" {
		s.Note("the distro's repositories have no libibverbs")
	} else if err == nil {
		s.Note("the distro's repositories have libibverbs " + strings.TrimPrefix(evr, "0:"))
	}
	return evr, err
}

// lastLine is the last line that is not blank, "" if there is none.
func lastLine(lines []string) string {
	for _, line := range slices.Backward(lines) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// distroInput is the input of the question.
type distroInput struct {
	Toolchain string // image
	Network   bool   // to the distro's mirrors; the stand-in has its repositories in the image
	Day       string // of the question over the network: updates come at any time
}

// Container implements stage.Contained.
func (in distroInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{distroScript, distroFolder + "/" + distroFile},
		Name: distroStage, Image: in.Toolchain, User: stage.Builder, Network: in.Network, Repositories: true,
		Env:     map[string]string{"HOME": "/builder", "LC_ALL": "C.UTF-8"},
		Outputs: []containers.Output{{Path: distroFolder}},
	}
}

// Make implements stage.Input.
func (in distroInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
