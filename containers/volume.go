// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/volume"
)

// EnsureVolume makes a named volume with our labels and the given ones, unless there is one of that name.
func (e *Engine) EnsureVolume(ctx context.Context, name string, labels map[string]string) error {
	_, err := e.cli.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: e.run.volumeLabels(labels)})
	if err != nil {
		return interrupted(ctx, "volume "+name, fmt.Errorf("make volume %s: %w", name, engineError(err)))
	}
	return nil
}

// RemoveVolume removes a named volume. A missing one is no error; one that a container uses is.
func (e *Engine) RemoveVolume(ctx context.Context, name string) error {
	if err := e.cli.VolumeRemove(ctx, name, false); err != nil && !errdefs.IsNotFound(err) {
		return interrupted(ctx, "volume "+name, fmt.Errorf("remove volume %s: %w", name, err))
	}
	return nil
}
