// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/volume"
)

// EnsureVolume creates a named volume with our labels and the given ones, unless one of that name exists.
func (e *Engine) EnsureVolume(ctx context.Context, name string, labels map[string]string) error {
	_, err := e.cli.VolumeCreate(ctx, volume.CreateOptions{Name: name, Labels: e.run.volumeLabels(labels)})
	if err != nil {
		return interrupted(ctx, "volume "+name, fmt.Errorf("create volume %s: %w", name, engineError(err)))
	}
	return nil
}

// RemoveVolume removes a named volume. It is no error if it is missing, but it is one if a container uses it.
func (e *Engine) RemoveVolume(ctx context.Context, name string) error {
	if err := e.cli.VolumeRemove(ctx, name, false); err != nil && !errdefs.IsNotFound(err) {
		return interrupted(ctx, "volume "+name, fmt.Errorf("remove volume %s: %w", name, err))
	}
	return nil
}

// Volumes lists the names of the volumes with our label.
func (e *Engine) Volumes(ctx context.Context) ([]string, error) {
	found, err := e.cli.VolumeList(ctx, volume.ListOptions{Filters: ourLabel()})
	if err != nil {
		return nil, interrupted(ctx, "volumes", fmt.Errorf("list volumes: %w", engineError(err)))
	}
	names := make([]string, 0, len(found.Volumes))
	for _, v := range found.Volumes {
		names = append(names, v.Name)
	}
	return names, nil
}
