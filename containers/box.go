// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/mount"
	"github.com/testcontainers/testcontainers-go"
)

// box is a container that was created and has to be terminated.
type box struct {
	id string
	tc testcontainers.Container
}

// create makes a container that is not started. When ctx ends meanwhile, what was made is removed.
func (e *Engine) create(ctx context.Context, spec RunSpec, base image.InspectResponse) (*box, error) {
	provider, err := e.provider()
	if err != nil {
		return nil, err
	}
	name := containerName(e.run.id, e.number.Add(1), spec.Name)
	type outcome struct {
		box *box
		err error
	}
	made := make(chan outcome, 1)
	// An engine goes on creating when the request is dropped, and the container would appear after everybody has
	// stopped looking. So the request is not dropped: its outcome is awaited and removed.
	lasting := context.WithoutCancel(ctx)
	go func() {
		created, err := provider.CreateContainer(lasting, e.request(name, spec, base))
		if err != nil {
			_ = e.removeContainer(lasting, name)
			made <- outcome{err: fmt.Errorf("create container: %w", err)}
			return
		}
		made <- outcome{box: &box{id: created.GetContainerID(), tc: created}}
	}()
	select {
	case o := <-made:
		return o.box, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-made:
		if o.box != nil {
			e.terminate(ctx, o.box)
		}
	case <-time.After(cleanupTimeout):
		e.notice("container " + name + " is still being created by the engine; the next run removes it")
	}
	return nil, interrupted(ctx, "create container", nil)
}

// request puts a RunSpec into the words of testcontainers-go.
func (e *Engine) request(name string, spec RunSpec, base image.InspectResponse) testcontainers.ContainerRequest {
	return testcontainers.ContainerRequest{
		Image: spec.Image,
		Name:  name,
		// The whole argv as entrypoint: nothing of the image's own command is mixed in.
		Entrypoint: spec.Argv,
		Labels:     containerLabels(e.run, name, spec.Labels),
		ConfigModifier: func(c *container.Config) {
			c.Env = spec.environment()
			c.User = runUser(spec, base)
			c.WorkingDir = spec.WorkDir
			c.Hostname = "verbsmith" // else a random one, which ends up in packages
		},
		HostConfigModifier: func(h *container.HostConfig) { e.confine(h, spec) },
	}
}

// confine sets what the container may do.
func (e *Engine) confine(h *container.HostConfig, spec RunSpec) {
	h.NetworkMode = "none"
	if spec.Network {
		h.NetworkMode = "default"
	}
	if !spec.Root {
		h.CapDrop = []string{"ALL"}
		h.SecurityOpt = append(h.SecurityOpt, "no-new-privileges")
	}
	if spec.Seccomp != "" {
		h.SecurityOpt = append(h.SecurityOpt, "seccomp="+spec.Seccomp)
	}
	if e.tini {
		// As process 1 the command would have no default signal actions: abort() would not end it with SIGABRT.
		h.Init = new(true)
	}
	h.LogConfig.Type = "none" // the output is streamed; the engine need not keep a second copy of it
	h.Memory = spec.Memory
	if spec.Pids > 0 {
		h.PidsLimit = &spec.Pids
	}
	for _, d := range spec.Devices {
		h.Devices = append(h.Devices, container.DeviceMapping{PathOnHost: d, PathInContainer: d, CgroupPermissions: "rw"})
	}
	for _, v := range spec.Volumes {
		h.Mounts = append(h.Mounts, mount.Mount{
			Type: mount.TypeVolume, Source: v.Name, Target: v.Path, ReadOnly: v.ReadOnly,
			VolumeOptions: &mount.VolumeOptions{Labels: e.run.labels(nil)},
		})
	}
}

// runUser picks the user: never root unless asked for.
func runUser(spec RunSpec, base image.InspectResponse) string {
	switch {
	case spec.User != "":
		return spec.User
	case spec.Root:
		return "0:0"
	case base.Config != nil && !isRoot(base.Config.User):
		return base.Config.User
	default:
		return "65534:65534" // nobody, whether or not the image has a name for it
	}
}

func isRoot(user string) bool {
	switch user {
	case "", "0", "root", "0:0", "root:root", "0:root", "root:0":
		return true
	}
	return false
}

// terminate kills and removes a container, also after ctx has ended. What cannot be removed is said, and left
// for Close and for the next run.
func (e *Engine) terminate(ctx context.Context, b *box) {
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer stop()
	err := b.tc.Terminate(ending, testcontainers.StopContext(ending), testcontainers.StopTimeout(0))
	if err == nil {
		return
	}
	// Terminate does not remove what it could not stop.
	if err := e.removeContainer(ending, b.id); err != nil {
		e.notice(oneLine(err))
	}
}
