// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

const (
	lintianScript = "deb-lintian.sh"
	lintianFile   = "lintian.txt"
	lintianIn     = stage.DebFolder + "/in"
	lintianOut    = stage.DebFolder + "/lintian"
)

// Hint is one hint of lintian.
type Hint struct {
	Severity string // E for an error, W for a warning; I and P are not requested
	Package  string // "rdma-core source" for the source package
	Tag      string
	Context  string // its subject, as lintian prints it
}

// String returns the hint as lintian prints it.
func (h Hint) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s: %s %s", h.Severity, h.Package, h.Tag, h.Context))
}

// IsError reports whether it is an error.
func (h Hint) IsError() bool { return h.Severity == "E" }

// Lintian is lintian's result for packages.
type Lintian struct {
	File  string // its complete output
	Hints []Hint
}

// Lintian runs lintian on the .changes that Deb has built.
//
// Errors: *containers.RunError if lintian does not run; hints are not errors here.
func (p *Packer) Lintian(ctx context.Context, pkgs artifact.Packages, tc artifact.Toolchain) (Lintian, error) {
	var said Lintian
	_, err := p.MakeAndRead(ctx, "lintian", lintianInput{Toolchain: tc.ID, Packages: pkgs}, func(entry stagecache.Entry) error {
		said.File = filepath.Join(entry.Dir, lintianFile)
		data, err := stagecache.ReadFile(said.File)
		if err != nil {
			return fmt.Errorf("read lintian's output: %w", err)
		}
		said.Hints = parseLintian(string(data))
		return nil
	})
	return said, err
}

// lintianInput has the packages to check, and the toolchain with lintian.
type lintianInput struct {
	Toolchain string
	Packages  artifact.Packages
}

// Container implements stage.Contained.
func (in lintianInput) Container() containers.RunSpec {
	return containers.RunSpec{
		Argv: []string{lintianScript, lintianIn, lintianOut},
		Name: "lintian", Image: in.Toolchain, User: stage.Builder, Env: map[string]string{"LC_ALL": "C.UTF-8", "HOME": "/builder"},
		Programs: true,
		Volumes:  []containers.VolumeMount{stage.OwnVolume(stage.DebFolder)}, // lintian unpacks each package
		Inputs:   []containers.Input{stage.TreeInput(lintianIn, in.Packages.Dir, time.Time{})},
		Outputs:  []containers.Output{{Path: lintianOut}},
	}
}

// Make implements stage.Input.
func (lintianInput) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }

var hintLine = regexp.MustCompile(`^([EWIPX]): ([^:]+): (\S+)(?: (.*))?$`)

// parseLintian reads lintian's lines; others, such as "N:", are its remarks.
func parseLintian(output string) []Hint {
	var hints []Hint
	for l := range strings.Lines(output) {
		if m := hintLine.FindStringSubmatch(strings.TrimRight(l, "\n")); m != nil {
			hints = append(hints, Hint{Severity: m[1], Package: m[2], Tag: m[3], Context: m[4]})
		}
	}
	return hints
}

// Errors lists the hints that are errors.
func (l Lintian) Errors() []Hint {
	return slices.DeleteFunc(slices.Clone(l.Hints), func(h Hint) bool { return !h.IsError() })
}

// lineNumbers match the places of lintian's hints in files: an added line above does not make a
// different hint.
var lineNumbers = regexp.MustCompile(`:[0-9]+\]`)

// Without returns the hints that the other packages do not have, compared by package, tag and
// subject. If the others are of the same release without a provider, these are the provider's
// own.
func (l Lintian) Without(other Lintian) []Hint {
	same := func(h Hint) string { return lineNumbers.ReplaceAllString(h.String(), "]") }
	have := map[string]int{}
	for _, h := range other.Hints {
		have[same(h)]++
	}
	var own []Hint
	for _, h := range l.Hints {
		if have[same(h)] > 0 {
			have[same(h)]--
			continue
		}
		own = append(own, h)
	}
	return own
}

// LintianError says that the provider causes lintian errors.
type LintianError struct {
	Errors []Hint
	Output string // path of lintian's complete output
}

// Error lists them.
func (e *LintianError) Error() string {
	lines := make([]string, len(e.Errors))
	for i, h := range e.Errors {
		lines[i] = h.String()
	}
	return fmt.Sprintf("lintian has %d errors that upstream's own packages do not have:\n%s", len(lines), strings.Join(lines, "\n"))
}

// LogPath returns the path of lintian's complete output, for the error display.
func (e *LintianError) LogPath() string { return e.Output }
