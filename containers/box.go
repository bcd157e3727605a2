// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/mount"
)

// create creates a container, which is not started. If ctx ends meanwhile, the container is removed.
func (e *Engine) create(ctx context.Context, spec RunSpec, base image.InspectResponse) (*box, error) {
	name := containerName(e.run.id, e.number.Add(1), spec.Name)
	type outcome struct {
		box *box
		err error
	}
	made := make(chan outcome, 1)
	// An engine continues to create the container after the request is dropped, so it would appear when nobody looks
	// for it any more. Therefore the request outlives ctx for a while, and the container that it gives is removed.
	lasting, drop := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer drop()
		box, err := e.createNamed(lasting, name, spec, base)
		made <- outcome{box, err}
	}()
	select {
	case o := <-made:
		return o.box, o.err
	case <-ctx.Done():
	}
	ending, stop := e.ending(ctx)
	defer stop()
	select {
	case o := <-made:
		if o.box != nil {
			e.terminate(ctx, o.box)
		}
	case <-ending.Done():
		e.notice("container " + name + " is still being created by the engine; the next run removes it")
	}
	drop()
	return nil, interrupted(ctx, "create container", nil)
}

// createNamed creates a container. If that fails, it removes what the engine may have created.
func (e *Engine) createNamed(ctx context.Context, name string, spec RunSpec, base image.InspectResponse) (*box, error) {
	err := e.makeVolumes(ctx, spec)
	if err != nil {
		return nil, err
	}
	made, err := e.createOnce(ctx, name, spec, base)
	if e.lacksInit(err) {
		e.tini.Store(false)
		e.notice("commands run without an init process: Podman finds no catatonit (a package of that name)")
		made, err = e.createOnce(ctx, name, spec, base)
	}
	if err == nil {
		return made, nil
	}
	ending, stop := e.ending(ctx)
	defer stop()
	_ = e.removeContainer(ending, name)
	return nil, fmt.Errorf("create container: %w", err)
}

func (e *Engine) createOnce(ctx context.Context, name string, spec RunSpec, base image.InspectResponse) (*box, error) {
	seccomp, err := e.seccompOptions(spec.Seccomp)
	if err != nil {
		return nil, err
	}
	via := e.proxies.of(spec.Network)
	return e.library.create(ctx, creation{
		name: name, image: spec.Image, argv: via.command(spec.Argv), labels: containerLabels(e.run, name, spec.Labels),
		config: func(c *container.Config) {
			c.Env = spec.environment()
			c.User = runUser(spec, base)
			c.WorkingDir = spec.WorkDir
			c.Hostname = cmp.Or(spec.Host, "verbsmith") // else a random one, which ends up in packages
			if len(via) > 0 {
				c.OpenStdin, c.StdinOnce, c.AttachStdin = true, true, true
			}
		},
		host: func(h *container.HostConfig) {
			e.confine(h, spec)
			h.SecurityOpt = append(h.SecurityOpt, seccomp...)
		},
	})
}

// confine restricts what the container can do.
func (e *Engine) confine(h *container.HostConfig, spec RunSpec) {
	h.NetworkMode = "none"
	if spec.Network {
		h.NetworkMode = "default"
	}
	h.CapDrop = []string{"ALL"}
	h.SecurityOpt = append(h.SecurityOpt, "no-new-privileges")
	if spec.Root {
		h.CapAdd = installerCapabilities()
	}
	if e.tini.Load() {
		// As process 1 the command would have no default signal actions: abort() would not end it with SIGABRT.
		h.Init = new(true)
	}
	h.LogConfig.Type = "none" // the output is streamed; the engine need not keep a second copy of it
	if spec.Limits.Memory > 0 {
		h.Memory, h.MemorySwap = spec.Limits.Memory, spec.Limits.Memory // no swap beyond it
	}
	if spec.Limits.Processes > 0 {
		h.PidsLimit = &spec.Limits.Processes
	}
	for _, d := range spec.Devices {
		h.Devices = append(h.Devices, container.DeviceMapping{PathOnHost: d, PathInContainer: d, CgroupPermissions: "rw"})
	}
	for _, v := range spec.Volumes {
		h.Mounts = append(h.Mounts, mount.Mount{
			Type: mount.TypeVolume, Source: v.Name, Target: v.Path, ReadOnly: v.ReadOnly,
			VolumeOptions: &mount.VolumeOptions{Labels: e.run.volumeLabels(nil)},
		})
	}
}

// installerCapabilities are what a package manager needs of root, and all that a scriptlet gets: writing files of any
// owner, setting owners, modes and capabilities of files, and switching to the user that downloads.
func installerCapabilities() []string {
	return []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP", "SETGID", "SETUID"}
}

// sayUnbound reports, once, the limits that the engine accepts but does not apply, because the kernel lacks what they
// need.
func (e *Engine) sayUnbound(ctx context.Context, id string, limits Limits) {
	e.unbound.Do(func() {
		made, err := e.cli.ContainerInspect(ctx, id)
		if err != nil || made.ContainerJSONBase == nil || made.HostConfig == nil {
			return // what needs the answer asks again
		}
		var missing []string
		if limits.Memory > 0 && made.HostConfig.Memory != limits.Memory {
			missing = append(missing, string(LimitMemory))
		}
		if got := made.HostConfig.PidsLimit; limits.Processes > 0 && (got == nil || *got != limits.Processes) {
			missing = append(missing, string(LimitProcesses))
		}
		if len(missing) > 0 {
			e.notice("this engine cannot limit the " + strings.Join(missing, " and the ") + " of a container")
		}
	})
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

// terminate kills and removes a container, even after ctx has ended. What cannot be removed is reported, and left to
// Close and to the next run.
func (e *Engine) terminate(ctx context.Context, b *box) {
	ending, stop := e.ending(ctx)
	defer stop()
	if b.terminate(ending) == nil {
		return
	}
	if err := e.removeContainer(ending, b.id); err != nil {
		e.notice(oneLine(err))
	}
}
