// SPDX-License-Identifier: Apache-2.0

package record

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	rootStage  = "buildroot"
	rootScript = "build-root.sh"
	rootFolder = "/builder/root"
)

// Recorder makes and compares records.
type Recorder struct {
	*stage.Runner

	Version func(context.Context) string // of verbsmith
}

// BuildRoot lists what a toolchain has installed, once for each image, as a part of stage s. kind is that of the packages that it
// is for.
//
// Errors: *containers.RunError.
func (r *Recorder) BuildRoot(ctx context.Context, s *ui.Stage, tc artifact.Toolchain, kind artifact.Kind) (artifact.BuildRoot, error) {
	in := rootInput{Toolchain: tc.ID, Kind: "rpm"}
	if kind.Debian() {
		in.Kind = "deb"
	}
	entry, err := r.MakePart(ctx, s, rootStage, in)
	if err != nil {
		return artifact.BuildRoot{}, err
	}
	return readRoot(entry.Dir)
}

// rootInput is the input of the list.
type rootInput struct {
	Toolchain string // image
	Kind      string // of the values
}

// Container implements stage.Contained.
func (in rootInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{rootScript, in.Kind, rootFolder},
		Name: rootStage, Image: in.Toolchain, User: stage.Builder,
		Env:     map[string]string{"HOME": "/builder", "LC_ALL": "C.UTF-8"},
		Outputs: []containers.Output{{Path: rootFolder}},
	}
}

// Make implements stage.Input.
func (in rootInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

// readRoot reads what build-root.sh wrote.
func readRoot(dir string) (artifact.BuildRoot, error) {
	root := artifact.BuildRoot{Macros: map[string]string{}}
	lists := map[string]string{}
	err := eachLine(dir, "sums", func(line string) {
		sum, name, _ := strings.Cut(line, "  ")
		lists[strings.TrimSuffix(name, ".md5sums")] = sum
	})
	if err != nil {
		return root, err
	}
	if err := eachLine(dir, "rpm", func(line string) {
		nevra, sum, _ := strings.Cut(line, " ")
		root.RPM = append(root.RPM, artifact.Installed{Package: nevra, SHA256: sum})
	}); err != nil {
		return root, err
	}
	if err := eachLine(dir, "dpkg", func(line string) {
		name, version, _ := strings.Cut(line, " ")
		sum, ok := lists[name]
		if !ok { // dpkg's own files have the architecture only where several of them can be installed
			plain, _, _ := strings.Cut(name, ":")
			sum = lists[plain]
		}
		root.Dpkg = append(root.Dpkg, artifact.Installed{Package: name + "=" + version, SHA256: sum})
	}); err != nil {
		return root, err
	}
	err = eachLine(dir, "macros", func(line string) {
		name, value, _ := strings.Cut(line, "\t")
		root.Macros[name] = value
	})
	return root, err
}

func eachLine(dir, name string, do func(line string)) error {
	data, err := stagecache.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return fmt.Errorf("read the list of the build root: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		do(lines.Text())
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the list of the build root: %s: %w", name, err)
	}
	return nil
}
