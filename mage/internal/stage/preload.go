// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

const preloadFolder = "/builder/preload"

// PreloadInput is the input of a library for LD_PRELOAD, compiled by the toolchain of the distro that it runs on.
type PreloadInput struct {
	Toolchain string // image
	Name      string // of the source, NAME.c
	Source    []File
}

// Container implements Contained.
func (in PreloadInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{scripts.Preload, preloadFolder + "/" + in.Name, preloadFolder + "/out/" + library(in.Name)},
		Name: "preload", Image: in.Toolchain, User: Builder,
		Inputs:  []containers.Input{BuilderInput(preloadFolder, in.Source)},
		Outputs: []containers.Output{{Path: preloadFolder + "/out"}},
	}
}

// Make implements Input.
func (in PreloadInput) Make(ctx context.Context, w *Work) error { return w.Run(ctx) }

// Preload compiles a library for LD_PRELOAD as a part of stage s, and gives an input that has it in a directory of the container.
//
// Errors: *containers.RunError.
func (r *Runner) Preload(ctx context.Context, s *ui.Stage, toolchain, name string, text []byte, folder string) (containers.Input, error) {
	source := File{Name: name, Data: text, Owner: BuilderUID}
	entry, err := r.MakePart(ctx, s, "preload", PreloadInput{Toolchain: toolchain, Name: name, Source: []File{source}})
	if err != nil {
		return containers.Input{}, err
	}
	data, err := stagecache.ReadFile(filepath.Join(entry.Dir, library(name)))
	file := File{Name: folder[1:] + "/" + library(name), Data: data, Mode: 0o755}
	return containers.Input{Path: "/", Write: Tar([]File{file})}, err
}

// library is the name of the library that is compiled from a source.
func library(source string) string { return strings.TrimSuffix(source, ".c") + ".so" }
