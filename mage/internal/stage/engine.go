// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"io"

	"github.com/resnics/verbsmith/containers"
)

// Engine is what stages ask of a container engine.
type Engine interface {
	Containers
	Volumes
	Images
}

// Containers runs containers.
type Containers interface {
	Run(ctx context.Context, spec containers.RunSpec) (containers.Result, error)
	// Machine names the engine's machine and its kernel.
	Machine() (host, kernel string)
}

// Volumes has the volumes that outlive a container.
type Volumes interface {
	EnsureVolume(ctx context.Context, name string, labels map[string]string) error
	// ReadFile reads a file of an image with volumes mounted.
	ReadFile(ctx context.Context, image string, volumes []containers.VolumeMount, file string) ([]byte, error)
}

// Images has, makes and fetches images.
type Images interface {
	ImageStore
	ImageBuilder
	Registry
}

// ImageStore has the images that are there.
type ImageStore interface {
	ImageID(ctx context.Context, ref string) (id string, here bool, err error)
	RemoveImage(ctx context.Context, ref string) error
}

// ImageBuilder makes images.
type ImageBuilder interface {
	Build(ctx context.Context, spec containers.BuildSpec) (id string, err error)
	Import(ctx context.Context, archive io.Reader, ref string, labels map[string]string) (id string, err error)
}

// Registry has the images that are elsewhere.
type Registry interface {
	RegistryReachable(ctx context.Context, ref string) error
	Pull(ctx context.Context, ref string, progress func(containers.PullProgress)) error
}
