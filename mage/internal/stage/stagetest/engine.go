// SPDX-License-Identifier: Apache-2.0

package stagetest

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/specs"
)

// Engine is a stage.Engine that records. The zero value runs every container with the
// exit status 0 and has no image.
type Engine struct {
	// Images are the images on the engine, by reference.
	Images map[string]string
	// Digests are those of images from a registry, by reference.
	Digests map[string]string
	// Registry are the digests of images in their registries, by reference.
	Registry map[string]string
	// Answer, if not nil, decides how a container ends. It may write to the run's outputs.
	Answer func(run Run) (containers.Result, error)
	// Arch is the containers' processor in Go's words, "" for amd64.
	Arch string
	// Unreachable is the error of registry checks and pulls.
	Unreachable error

	mu    sync.Mutex
	runs  []Run
	built []containers.BuildSpec
	calls []string
	files map[string][]byte // of volumes and images: "volume path"
}

var _ stage.Engine = (*Engine)(nil)

// Run is a container that a stage has run.
type Run struct {
	containers.RunSpec

	// Files are its input files by absolute path; the value of a symbolic link is its target.
	Files map[string]File
}

// File is one that goes into a container.
type File struct {
	Data  string
	Mode  fs.FileMode
	Owner int
}

// Runs lists the containers, in order.
func (e *Engine) Runs() []Run {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]Run(nil), e.runs...)
}

// Built lists the images that were built, in order.
func (e *Engine) Built() []containers.BuildSpec {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]containers.BuildSpec(nil), e.built...)
}

// Calls lists all other calls in order, such as "pull rocky9".
func (e *Engine) Calls() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.calls...)
}

// Put puts a file on a volume, or into an image, "" for every one, for ReadFile. What goes into
// a volume, and the key of what is made there, is put by Run.
func (e *Engine) Put(place, file, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.files == nil {
		e.files = map[string][]byte{}
	}
	e.files[place+" "+file] = []byte(text)
}

func (e *Engine) calledf(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls = append(e.calls, fmt.Sprintf(format, args...))
}

// Run implements stage.Containers. Its log has the command, and every output is an empty
// directory.
func (e *Engine) Run(ctx context.Context, spec containers.RunSpec) (containers.Result, error) {
	if err := context.Cause(ctx); err != nil {
		return containers.Result{}, err
	}
	begin := spec.Step
	if begin == nil {
		begin = func(string) {}
	}
	begin(containers.StepCreate)
	if spec.Prepare != nil {
		first, err := spec.Prepare(func(file string) ([]byte, error) { return e.ReadFile(ctx, spec.Image, spec.Volumes, file) })
		if err != nil {
			return containers.Result{}, err
		}
		spec.Inputs = append(first, spec.Inputs...)
	}
	begin(containers.StepCopyIn)
	run := Run{RunSpec: spec, Files: map[string]File{}}
	for _, in := range spec.Inputs {
		if err := unpack(in, run.Files); err != nil {
			return containers.Result{}, err
		}
	}
	e.mu.Lock()
	e.runs = append(e.runs, run)
	e.mu.Unlock()
	for _, out := range spec.Outputs {
		if err := os.MkdirAll(out.Dir, 0o755); err != nil {
			return containers.Result{}, err
		}
	}
	begin(containers.StepStart)
	begin(containers.StepRun)
	if spec.Log != nil {
		if _, err := fmt.Fprintf(spec.Log, "%s\n", spec.Argv); err != nil {
			return containers.Result{}, fmt.Errorf("write the log: %w", err)
		}
	}
	e.keepInputs(run)
	result, err := containers.Result{Image: spec.Commit}, error(nil)
	if e.Answer != nil {
		result, err = e.Answer(run)
	}
	begin(containers.StepCopyOut)
	begin(containers.StepRemove)
	if spec.Commit != "" && err == nil && result.ExitCode == 0 {
		e.add(spec.Commit)
	}
	if file := spec.Env["OUTPUT_KEY_FILE"]; file != "" && err == nil && result.ExitCode == 0 {
		e.put(spec.Volumes, file, spec.Env["OUTPUT_KEY"]) // as limits.sh does
	}
	return result, err
}

// keepInputs stores the input files that are copied into volumes.
func (e *Engine) keepInputs(run Run) {
	for file, f := range run.Files {
		e.put(run.Volumes, file, f.Data)
	}
}

// put stores a file if its path is on a volume.
func (e *Engine) put(volumes []containers.VolumeMount, file, text string) {
	for _, v := range volumes {
		if v.Name != "" && strings.HasPrefix(file, v.Path+"/") {
			e.Put(v.Name, file, text)
		}
	}
}

func unpack(in containers.Input, files map[string]File) error {
	r, w := io.Pipe()
	go func() { w.CloseWithError(in.Write(w)) }()
	defer r.Close()
	for stream := tar.NewReader(r); ; {
		h, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("input %s: %w", in.Path, err)
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		data, err := io.ReadAll(stream)
		if err != nil {
			return fmt.Errorf("input %s: %w", in.Path, err)
		}
		name := path.Join(in.Path, h.Name)
		files[name] = File{Data: string(data) + h.Linkname, Mode: h.FileInfo().Mode(), Owner: h.Uid}
	}
}

// Machine implements stage.Containers.
func (e *Engine) Machine() (host, kernel string) { return "stand-in", "0" }

// Processor implements stage.Containers.
func (e *Engine) Processor() string { return cmp.Or(e.Arch, specs.X8664.Debian()) }

// EnsureVolume implements stage.Volumes.
func (e *Engine) EnsureVolume(_ context.Context, name string, _ map[string]string) error {
	e.calledf("volume %s", name)
	return nil
}

// ReadFile implements stage.Volumes: it reads what Put has put
// on a volume or, failing that, into the image.
func (e *Engine) ReadFile(_ context.Context, image string, volumes []containers.VolumeMount, file string) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, v := range append(volumes, containers.VolumeMount{Name: image}, containers.VolumeMount{}) {
		if data, ok := e.files[v.Name+" "+file]; ok {
			return data, nil
		}
	}
	return nil, &fs.PathError{Op: "read", Path: filepath.Join(image, file), Err: fs.ErrNotExist}
}

// ImageID implements stage.ImageStore.
func (e *Engine) ImageID(_ context.Context, ref string) (id string, here bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id, here = e.Images[ref]
	return id, here, nil
}

// ImageDigest implements stage.ImageStore.
func (e *Engine) ImageDigest(_ context.Context, ref string) (string, error) {
	return e.Digests[ref], nil
}

// RemoveImage implements stage.ImageStore.
func (e *Engine) RemoveImage(_ context.Context, ref string) error {
	e.calledf("remove %s", ref)
	return nil
}

// Build implements stage.ImageBuilder.
func (e *Engine) Build(_ context.Context, spec containers.BuildSpec) (string, error) {
	_, err := io.Copy(io.Discard, spec.ContextTar)
	e.mu.Lock()
	e.built = append(e.built, spec)
	e.mu.Unlock()
	return e.add(spec.Tag), err
}

// Import implements stage.ImageBuilder.
func (e *Engine) Import(_ context.Context, archive io.Reader, ref string, _ map[string]string) (string, error) {
	_, err := io.Copy(io.Discard, archive)
	e.calledf("import %s", ref)
	return e.add(ref), err
}

// RegistryDigest implements stage.Registry.
func (e *Engine) RegistryDigest(_ context.Context, ref string) (string, error) {
	if e.Unreachable != nil {
		return "", e.Unreachable
	}
	return e.Registry[ref], nil
}

// Pull implements stage.Registry.
func (e *Engine) Pull(_ context.Context, ref string, _ func(containers.PullProgress)) error {
	e.calledf("pull %s", ref)
	if e.Unreachable == nil {
		e.add(ref)
	}
	return e.Unreachable
}

func (e *Engine) add(ref string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.Images == nil {
		e.Images = map[string]string{}
	}
	e.Images[ref] = "sha256:" + ref
	return e.Images[ref]
}
