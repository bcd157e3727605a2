// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"io"

	"github.com/resnics/verbsmith/containers"
)

// Engine is the part of a container engine that stages use.
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
	// Processor is that of the containers, in Go's words.
	Processor() string
}

// Volumes are those that outlive a container.
type Volumes interface {
	EnsureVolume(ctx context.Context, name string, labels map[string]string) error
	// ReadFile reads a file of an image with volumes mounted.
	ReadFile(ctx context.Context, image string, volumes []containers.VolumeMount, file string) ([]byte, error)
}

// Images finds, builds and fetches images.
type Images interface {
	ImageStore
	ImageBuilder
	Registry
}

// ImageStore has the images on the engine.
type ImageStore interface {
	ImageID(ctx context.Context, ref string) (id string, here bool, err error)
	// ImageDigest is that in the registry which the image came from, "" if it came from none.
	ImageDigest(ctx context.Context, ref string) (string, error)
	RemoveImage(ctx context.Context, ref string) error
}

// ImageBuilder builds images.
type ImageBuilder interface {
	Build(ctx context.Context, spec containers.BuildSpec) (id string, err error)
	Import(ctx context.Context, archive io.Reader, ref string, labels map[string]string) (id string, err error)
}

// Registry fetches other images.
type Registry interface {
	// RegistryDigest is that which the registry has for the image now.
	RegistryDigest(ctx context.Context, ref string) (string, error)
	Pull(ctx context.Context, ref string, progress func(containers.PullProgress)) error
}
