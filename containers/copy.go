// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
)

// putIn sends a tar stream to a folder of a container that has not started.
func (e *Engine) putIn(ctx context.Context, id string, in Input) error {
	if err := e.makeFolders(ctx, id, in); err != nil {
		return err
	}
	stream := in.Tar
	wrote := make(chan error, 1)
	if in.Write != nil {
		reader, writer := io.Pipe()
		go func() {
			err := in.Write(writer)
			_ = writer.CloseWithError(err)
			wrote <- err
		}()
		defer reader.Close()
		stream = reader
	} else {
		wrote <- nil
	}
	err := e.cli.CopyToContainer(ctx, id, in.Path, stream, container.CopyToContainerOptions{})
	if pipe, ok := stream.(*io.PipeReader); ok && in.Write != nil {
		_ = pipe.Close() // so that Write ends if the engine has not read everything
	}
	if writeErr := <-wrote; writeErr != nil && !errors.Is(writeErr, io.ErrClosedPipe) {
		return writeErr
	}
	return err
}

// makeFolders makes the folders of in.Path that are missing; those that exist are not touched.
func (e *Engine) makeFolders(ctx context.Context, id string, in Input) error {
	var missing []string
	for dir := path.Clean(in.Path); dir != "/"; dir = path.Dir(dir) {
		_, err := e.cli.ContainerStatPath(ctx, id, dir)
		if err == nil {
			break
		}
		if !errdefs.IsNotFound(err) {
			return err
		}
		missing = append([]string{dir}, missing...)
	}
	if len(missing) == 0 {
		return nil
	}
	var stream strings.Builder
	w := tar.NewWriter(&stream)
	for _, dir := range missing {
		header := &tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(dir, "/") + "/", Mode: 0o755, Uid: in.UID, Gid: in.GID}
		if err := w.WriteHeader(header); err != nil {
			return fmt.Errorf("folder %s: %w", dir, err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("folder %s: %w", in.Path, err)
	}
	return e.cli.CopyToContainer(ctx, id, "/", strings.NewReader(stream.String()), container.CopyToContainerOptions{})
}

// takeOut extracts a folder's content, or a file, of a container into a folder of this host.
func (e *Engine) takeOut(ctx context.Context, id string, out Output) error {
	stream, stat, err := e.cli.CopyFromContainer(ctx, id, path.Clean(out.Path))
	if errdefs.IsNotFound(err) && out.Optional {
		return nil
	}
	if err != nil {
		return err
	}
	defer stream.Close()
	top := ""
	if stat.Mode.IsDir() {
		top = stat.Name
	}
	return extract(stream, out.Dir, top)
}

// maxReadFile is more than any file that is worth having in memory.
const maxReadFile = 64 << 20

// ReadFile gives the content of a regular file of an image, with volumes mounted, without starting anything. It
// fails with *NoImageError, or with an error that wraps fs.ErrNotExist if there is no such file.
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
	stream, _, err := e.cli.CopyFromContainer(ctx, box.GetContainerID(), file)
	if errdefs.IsNotFound(err) {
		return nil, notExist(err)
	}
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	return onlyFile(stream, maxReadFile)
}
