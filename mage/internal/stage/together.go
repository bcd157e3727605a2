// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	rowsScript = "rows.sh"
	rowsDir    = ScriptDir + "/rows"

	// RowsOut is where a Part leaves its output, in a directory of its name.
	RowsOut = "/builder/out"

	statusFile = ".status"
	// rowTime is much more than a row takes. One that takes longer is tried alone.
	rowTime = 15 * time.Minute
)

// Part is one of the containers whose work RunTogether does in one.
type Part struct {
	Name string // of its own directories
	// Spec differs between the parts only in Argv, Env and Inputs, and no part's input is in
	// another's place. Outputs are not copied: what is below RowsOut is.
	Spec containers.RunSpec
}

// RunTogether runs the parts one after the other in one container, which costs much less than one
// for each, and copies RowsOut to the directory out, which must not exist. It reports which parts
// have passed. One that has not says nothing: it may have suffered from another, or the container
// has met a limit or its end. Only a container of its own can fail a row.
func (r *Runner) RunTogether(ctx context.Context, s *ui.Stage, out string, parts []Part) (passed []bool) {
	passed = make([]bool, len(parts))
	if len(parts) == 0 {
		return passed
	}
	spec := joined(parts)
	spec.Log, spec.Outputs = s.Log(), []containers.Output{{Path: RowsOut, Dir: out}}
	if err := r.runContained(ctx, s, spec); err != nil {
		_, _ = fmt.Fprintf(s.Log(), "%d together: %v\n", len(parts), err)
		return passed
	}
	text, err := stagecache.ReadFile(filepath.Join(out, statusFile))
	if err != nil {
		_, _ = fmt.Fprintf(s.Log(), "%d together: %v\n", len(parts), err)
		return passed
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != len(parts) {
		return passed
	}
	for i, p := range parts {
		passed[i] = lines[i] == p.Name+" 0"
	}
	return passed
}

// joined is the one container that does the work of all parts.
func joined(parts []Part) containers.RunSpec {
	first := parts[0].Spec
	spec := containers.RunSpec{
		Name: first.Name, Image: first.Image, User: first.User, Root: first.Root, Seccomp: first.Seccomp, WorkDir: first.WorkDir,
		Network: first.Network, Volumes: first.Volumes, Programs: first.Programs,
		Argv: []string{rowsScript, rowsDir, strconv.Itoa(int(rowTime.Seconds())), RowsOut},
	}
	var commands []File
	var inputs []containers.Input
	for _, p := range parts {
		spec.Argv = append(spec.Argv, p.Name)
		commands = append(commands, File{Name: rowsDir[1:] + "/" + p.Name, Data: []byte(command(p.Spec))})
		inputs = append(inputs, ScriptInput(p.Spec.Argv[0]))
		inputs = append(inputs, p.Spec.Inputs...)
	}
	spec.Inputs = merge(append(inputs, containers.Input{Path: "/", Write: Tar(commands)}))
	return spec
}

// command is a part's command for rows.sh, which its container would run under limits.sh: that
// counts over all of them here.
func command(spec containers.RunSpec) string {
	lines := []string{"env"}
	for _, name := range slices.Sorted(maps.Keys(spec.Env)) {
		lines = append(lines, name+"="+spec.Env[name])
	}
	lines = append(lines, "/bin/sh", ScriptDir+"/"+spec.Argv[0])
	return strings.Join(append(lines, spec.Argv[1:]...), "\n") + "\n"
}

// merge makes one stream of those for the same directory: an engine mounts the container's file
// system for each.
func merge(inputs []containers.Input) []containers.Input {
	var merged []containers.Input
	writes := map[string][]func(io.Writer) error{}
	for _, in := range inputs {
		if writes[in.Path] == nil {
			merged = append(merged, in)
		}
		writes[in.Path] = append(writes[in.Path], in.Write)
	}
	for i, in := range merged {
		merged[i].Write = concatenate(writes[in.Path])
	}
	return merged
}

// concatenate writes the entries of several tar streams as one. An entry that is there already, as
// a directory or a script of several parts is, is left out.
func concatenate(writes []func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		to := tar.NewWriter(w)
		have := map[string]bool{}
		for _, write := range writes {
			if err := appendTar(to, write, have); err != nil {
				return err
			}
		}
		return to.Close()
	}
}

func appendTar(to *tar.Writer, write func(io.Writer) error, have map[string]bool) error {
	r, w := io.Pipe()
	defer r.Close()
	go func() { w.CloseWithError(write(w)) }()
	from := tar.NewReader(r)
	for {
		h, err := from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean(h.Name)
		if have[name] {
			continue
		}
		have[name] = true
		if err := to.WriteHeader(h); err != nil {
			return fmt.Errorf("write %s to the tar stream: %w", h.Name, err)
		}
		if _, err := io.CopyN(to, from, h.Size); err != nil {
			return fmt.Errorf("write %s to the tar stream: %w", h.Name, err)
		}
	}
}
