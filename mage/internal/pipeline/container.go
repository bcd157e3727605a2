// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

// Paths inside containers. They are fixed because the build path is compiled
// into what is built.
const (
	scriptFolder = "/verbsmith"
	topdir       = "/builder/rpmbuild"
	treeFolder   = "/builder/src"
	builder      = "builder"
)

// scriptInput streams the named embedded scripts into a container.
func scriptInput(names ...string) (containers.Input, error) {
	files := make([]tarFile, 0, len(names))
	for _, name := range names {
		text, err := scripts.Read(name)
		if err != nil {
			return containers.Input{}, err
		}
		files = append(files, tarFile{name: scriptFolder[1:] + "/" + name, data: text, mode: 0o755})
	}
	return containers.Input{Path: "/", Write: tarOf(files)}, nil
}

// scriptKey begins the key of a stage that runs embedded scripts: they are an
// input like any other.
func scriptKey(stage string, version int, names ...string) (*stagecache.KeyBuilder, error) {
	key := stagecache.NewKey(stage, version)
	for _, name := range names {
		text, err := scripts.Read(name)
		if err != nil {
			return nil, err
		}
		key = key.Bytes(name, text)
	}
	return key, nil
}

// runScript runs an embedded script as the main process of a container; its
// exit status is the verdict. Argv of spec is the script's name and its arguments.
//
// Errors: *containers.RunError with the last lines of its output.
func (p *Pipeline) runScript(ctx context.Context, s *ui.Stage, spec containers.RunSpec) (containers.Result, error) {
	engine, err := p.Engine(ctx)
	if err != nil {
		return containers.Result{}, err
	}
	input, err := scriptInput(spec.Argv[0], limitsScript)
	if err != nil {
		return containers.Result{}, err
	}
	spec.Inputs = append([]containers.Input{input}, spec.Inputs...)
	spec.Argv = scriptArgv(spec.Argv...)
	if spec.Log == nil {
		spec.Log = s.Log()
	}
	result, err := engine.Run(ctx, spec)
	if err != nil {
		return result, err
	}
	if err := result.Err(spec, s.LogPath()); err != nil {
		return result, adviseOnAPI(err, s.LogPath())
	}
	return result, nil
}

// limitsScript runs another one, and fails where the container met a limit of the kernel's.
const limitsScript = "limits.sh"

// scriptArgv is the command that runs an embedded script in a container: its name and
// its arguments.
func scriptArgv(argv ...string) []string {
	return append([]string{"/bin/sh", scriptFolder + "/" + limitsScript, "/bin/sh", scriptFolder + "/" + argv[0]}, argv[1:]...)
}

// ninjaLog is the stage's log with ninja's counter shown on the way.
func ninjaLog(s *ui.Stage) io.Writer { return ui.NinjaProgress(s.Log(), s.Step) }

// ownVolume is for the thousands of files that a compiler writes: it goes with
// the container.
func ownVolume(folder string) containers.VolumeMount {
	return containers.VolumeMount{Path: folder, UID: builderUID, GID: builderUID}
}

// volume names a volume that belongs to this cache folder: it is a part of the
// cache that has to live on the engine, and an empty cache has empty volumes.
func (p *Pipeline) volume(parts ...string) string {
	return volumeName(append(parts, shortSum(cmp.Or(p.volumesOf, p.CacheDir)))...)
}

// IsVolumeOf says whether a volume has a name that a run with that cache gives.
func IsVolumeOf(cache, name string) bool {
	return strings.HasPrefix(name, volumeStart+"-") && strings.HasSuffix(name, "-"+shortSum(cache))
}

const volumeStart = "verbsmith"

// shortSum stands for a path in a name that must not grow with it.
func shortSum(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:4])
}

// volumeName joins parts into a name that the engine takes.
func volumeName(parts ...string) string {
	var name strings.Builder
	name.WriteString(volumeStart)
	for _, part := range parts {
		name.WriteByte('-')
		for _, c := range []byte(part) {
			switch {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_':
				name.WriteByte(c)
			default:
				fmt.Fprintf(&name, "_%02x", c)
			}
		}
	}
	return name.String()
}
