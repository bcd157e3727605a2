// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

// Paths inside containers. They are fixed because the build path is compiled
// into what is built.
const (
	ScriptDir = "/verbsmith"
	Topdir    = "/builder/rpmbuild"
	TreeDir   = "/builder/src"
	Builder   = "builder"
)

// ScriptInput streams the named embedded scripts into a container without a volume at ScriptDir.
func ScriptInput(names ...string) containers.Input {
	return scriptInput(containers.RunSpec{}, names...)
}

func scriptInput(spec containers.RunSpec, names ...string) containers.Input {
	return inScriptDir(spec, func() ([]File, error) {
		files := make([]File, 0, len(names))
		for _, name := range names {
			text, err := scripts.Read(name)
			if err != nil {
				return nil, err
			}
			files = append(files, File{Name: name, Data: text, Mode: 0o755})
		}
		return files, nil
	})
}

// inScriptDir streams files into ScriptDir: a volume there gets them itself, because Podman fills a new volume once with what
// is below it, maybe before the last file is there. Otherwise the root directory does, which need not be looked for.
func inScriptDir(spec containers.RunSpec, read func() ([]File, error)) containers.Input {
	top, below := "/", ScriptDir[1:]+"/"
	if slices.ContainsFunc(spec.Volumes, func(v containers.VolumeMount) bool { return v.Path == ScriptDir }) {
		top, below = ScriptDir, ""
	}
	return containers.Input{Path: top, Write: func(w io.Writer) error {
		files, err := read()
		if err != nil {
			return err
		}
		for i := range files {
			files[i].Name = below + files[i].Name
		}
		return Tar(files)(w)
	}}
}

// Script runs an embedded script as the main process of a container; its
// exit status is the verdict. Argv of spec is the script's name and its arguments.
//
// Errors: *containers.RunError with the last lines of its output.
func (r *Runner) Script(ctx context.Context, s *ui.Stage, spec containers.RunSpec) (containers.Result, error) {
	spec.Inputs = append([]containers.Input{scriptInput(spec, spec.Argv[0], limitsScript)}, spec.Inputs...)
	spec.Argv = scriptArgv(spec.Argv...)
	return r.Command(ctx, s, spec)
}

// ScriptText is Script for the text of a script that is not embedded, but in containers/.
func (r *Runner) ScriptText(ctx context.Context, s *ui.Stage, text []byte, spec containers.RunSpec) (containers.Result, error) {
	name := spec.Argv[0]
	own := inScriptDir(spec, func() ([]File, error) { return []File{{Name: name, Data: text, Mode: 0o755}}, nil })
	spec.Inputs = append([]containers.Input{scriptInput(spec, limitsScript), own}, spec.Inputs...)
	spec.Argv = scriptArgv(spec.Argv...)
	return r.Command(ctx, s, spec)
}

// Command is Script for a command of the image.
func (r *Runner) Command(ctx context.Context, s *ui.Stage, spec containers.RunSpec) (containers.Result, error) {
	engine, err := r.Engine(ctx)
	if err != nil {
		return containers.Result{}, err
	}
	if spec.Log == nil {
		spec.Log = s.Log()
	}
	spec.Step = func(name string) { s.Enter(timing.Phase(name)) }
	result, err := engine.Run(ctx, spec)
	s.Enter(timing.Own)
	if err != nil {
		return result, err
	}
	if err := result.Err(spec, s.LogPath()); err != nil {
		return result, advise(err, s.LogPath(), spec.Network)
	}
	return result, nil
}

// BuilderInput streams files into a directory that belongs to the builder.
func BuilderInput(folder string, files []File) containers.Input {
	return containers.Input{Path: folder, UID: BuilderUID, GID: BuilderUID, Write: Tar(files)}
}

// TreeInput streams the files below dir, all with that time, into a directory that belongs to
// the builder. The key must already contain dir's content.
func TreeInput(folder, dir string, at time.Time) containers.Input {
	write := func(w io.Writer) error {
		files, err := Files(dir)
		if err != nil {
			return err
		}
		for i := range files {
			files[i].Owner, files[i].Time = BuilderUID, at
		}
		return Tar(files)(w)
	}
	return containers.Input{Path: folder, UID: BuilderUID, GID: BuilderUID, Write: write}
}

// limitsScript runs another script, and fails if the container has hit a limit of the kernel.
const limitsScript = "limits.sh"

// scriptArgv is the command that runs an embedded script in a container: its name and
// its arguments.
func scriptArgv(argv ...string) []string {
	return append([]string{"/bin/sh", ScriptDir + "/" + limitsScript, "/bin/sh", ScriptDir + "/" + argv[0]}, argv[1:]...)
}

// BuilderUID is the unprivileged user that every Containerfile makes.
const BuilderUID = 1000
