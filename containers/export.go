// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"fmt"
	"io"
)

// Export passes all files of an image as a tar stream to read. Nothing is started. It fails with *NoImageError, or with the error of
// read.
func (e *Engine) Export(ctx context.Context, img string, read func(io.Reader) error) error {
	spec := RunSpec{Name: "export", Image: img, Argv: []string{"/never-started"}}
	if err := spec.check(); err != nil {
		return err
	}
	if err := e.export(ctx, spec, read); err != nil {
		return interrupted(ctx, "export of image "+img, fmt.Errorf("export image %s: %w", img, err))
	}
	return nil
}

func (e *Engine) export(ctx context.Context, spec RunSpec, read func(io.Reader) error) error {
	base, err := e.inspectImage(ctx, spec.Image)
	if err != nil {
		return err
	}
	box, err := e.create(ctx, spec, base)
	if err != nil {
		return err
	}
	defer e.terminate(ctx, box)
	stream, err := e.cli.ContainerExport(ctx, box.id)
	if err != nil {
		return fmt.Errorf("read the container's files: %w", err)
	}
	defer func() { _ = stream.Close() }()
	return read(stream)
}
