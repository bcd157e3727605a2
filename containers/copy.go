// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// putIn copies a tar stream into a directory of a container that has not started.
func (e *Engine) putIn(ctx context.Context, id string, in Input) error {
	if err := e.makeDirectories(ctx, id, in); err != nil {
		return err
	}
	if in.Write == nil {
		return e.copyTo(ctx, id, in.Path, in.Tar)
	}
	reader, writer := io.Pipe()
	wrote := make(chan error, 1)
	go func() {
		err := in.Write(writer)
		_ = writer.CloseWithError(err)
		wrote <- err
	}()
	err := e.copyTo(ctx, id, in.Path, reader)
	_ = reader.Close() // so that Write ends if the engine has not read everything
	// If the stream broke off, the writer's error says why; the engine's does not.
	if writeErr := <-wrote; writeErr != nil && !errors.Is(writeErr, io.ErrClosedPipe) {
		return writeErr
	}
	return err
}

func (e *Engine) copyTo(ctx context.Context, id, dir string, stream io.Reader) error {
	if err := e.cli.CopyToContainer(ctx, id, dir, stream, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("copy into %s: %w", dir, err)
	}
	return nil
}

// makeDirectories creates the missing directories of in.Path in the one above them: that may be a volume, into which Podman
// copies nothing that is for a directory above it. Existing ones are not changed.
func (e *Engine) makeDirectories(ctx context.Context, id string, in Input) error {
	var missing []string
	dir := path.Clean(in.Path)
	for ; dir != "/"; dir = path.Dir(dir) {
		_, err := e.cli.ContainerStatPath(ctx, id, dir)
		if err == nil {
			break
		}
		if !errdefs.IsNotFound(err) {
			return fmt.Errorf("look for directory %s: %w", dir, err)
		}
		missing = append(missing, dir)
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Reverse(missing) // parents first
	entries := make([]tar.Header, 0, len(missing))
	for _, name := range missing {
		entries = append(entries, directoryEntry(strings.TrimPrefix(name, dir), in.UID, in.GID))
	}
	stream, err := tarOfDirectories(entries)
	if err != nil {
		return err
	}
	return e.copyTo(ctx, id, dir, stream)
}

// giveVolume sets the owner of a volume's top directory. Podman takes that of the directory below the volume for an empty volume,
// until its versions 5.1, and the volume's own for one with files.
func (e *Engine) giveVolume(ctx context.Context, id string, v VolumeMount) error {
	if v.ReadOnly || (v.UID == 0 && v.GID == 0) {
		return nil
	}
	give := func(dir string, entry tar.Header) error {
		stream, err := tarOfDirectories([]tar.Header{entry})
		if err != nil {
			return err
		}
		return e.copyTo(ctx, id, dir, stream)
	}
	err := give("/", directoryEntry(path.Clean(v.Path), v.UID, v.GID))
	if err == nil && e.podman() {
		err = give(path.Clean(v.Path), directoryEntry(".", v.UID, v.GID))
	}
	return err
}

// takeOut extracts a directory's content, or a file, of a container into a directory of this host.
func (e *Engine) takeOut(ctx context.Context, id string, out Output, budget *outputBudget) error {
	stream, stat, err := e.cli.CopyFromContainer(ctx, id, path.Clean(out.Path))
	if errdefs.IsNotFound(err) && out.Optional {
		return nil
	}
	if err != nil {
		return fmt.Errorf("copy out of the container: %w", err)
	}
	defer func() { _ = stream.Close() }()
	top := ""
	if stat.Mode.IsDir() {
		top = stat.Name
	}
	return extract(stream, out.Dir, top, budget)
}

// maxReadFile is more than the size of any file that is read into memory.
const maxReadFile = 64 << 20

// ReadFile returns the content of a regular file of an image, with volumes mounted. Nothing is started. It fails with
// *NoImageError, or with an error that wraps fs.ErrNotExist if there is no such file.
func (e *Engine) ReadFile(ctx context.Context, img string, volumes []VolumeMount, file string) ([]byte, error) {
	spec := RunSpec{Name: "read " + path.Base(file), Image: img, Argv: []string{"/never-started"}, Volumes: volumes}
	if err := spec.check(); err != nil {
		return nil, err
	}
	data, err := e.readFile(ctx, spec, file)
	if err != nil {
		err = fmt.Errorf("read %s of image %s: %w", file, img, err)
		return nil, interrupted(ctx, "read "+file, err)
	}
	return data, nil
}

func (e *Engine) readFile(ctx context.Context, spec RunSpec, file string) ([]byte, error) {
	base, err := e.inspectImage(ctx, spec.Image)
	if err != nil {
		return nil, err
	}
	box, err := e.create(ctx, spec, base)
	if err != nil {
		return nil, err
	}
	defer e.terminate(ctx, box)
	return e.readOut(ctx, box.id, file)
}

// readOut returns the content of a regular file of a container.
func (e *Engine) readOut(ctx context.Context, id, file string) ([]byte, error) {
	stream, _, err := e.cli.CopyFromContainer(ctx, id, file)
	if errdefs.IsNotFound(err) {
		return nil, &alsoError{err, fs.ErrNotExist}
	}
	if err != nil {
		return nil, fmt.Errorf("copy out of the container: %w", err)
	}
	defer func() { _ = stream.Close() }()
	return onlyFile(stream, maxReadFile)
}
