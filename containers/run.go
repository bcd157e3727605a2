// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/pkg/stdcopy"
)

// parting bounds the wait for a Log that is in the middle of a write when a run has failed.
const parting = time.Second

// Run runs a command in a container of its own and removes the container. A command that fails is a Result with
// its exit status, not an error: see [Result.Err]. An error means that there is no verdict: *NoImageError,
// *UnsafeEntryError, what Log or an Input's Write gave, what the engine said (ENOSPC is found with errors.Is), or,
// when ctx ends, the cause of its end; the container is then gone within seconds.
func (e *Engine) Run(ctx context.Context, spec RunSpec) (Result, error) {
	var result Result
	if err := spec.check(); err != nil {
		return result, err
	}
	result, err := e.runChecked(ctx, spec)
	if err != nil {
		return result, interrupted(ctx, spec.Name, fmt.Errorf("%s: %w", spec.Name, engineError(err)))
	}
	return result, nil
}

func (e *Engine) runChecked(ctx context.Context, spec RunSpec) (result Result, err error) {
	base, err := e.inspectImage(ctx, spec.Image)
	if err != nil {
		return result, err
	}
	box, err := e.create(ctx, spec, base)
	if err != nil {
		return result, err
	}
	defer e.terminate(ctx, box)
	if err := e.fill(ctx, box, spec); err != nil {
		return result, err
	}
	if result, err = e.execute(ctx, box, spec); err != nil {
		return result, err
	}
	if err := e.collect(ctx, box, spec, result); err != nil {
		return result, err
	}
	if spec.Commit != "" && result.ExitCode == 0 {
		result.Image, err = e.commit(ctx, box.id, spec, base)
	}
	return result, err
}

// fill makes a created container ready to start.
func (e *Engine) fill(ctx context.Context, box *box, spec RunSpec) error {
	for _, v := range spec.Volumes {
		if err := e.giveVolume(ctx, box.id, v); err != nil {
			return fmt.Errorf("volume %q at %s: %w", v.Name, v.Path, err)
		}
	}
	for _, in := range spec.Inputs {
		if err := e.putIn(ctx, box.id, in); err != nil {
			return fmt.Errorf("input %s: %w", in.Path, err)
		}
	}
	return nil
}

// collect takes out what a container that has ended is to leave behind.
func (e *Engine) collect(ctx context.Context, box *box, spec RunSpec, result Result) error {
	for _, out := range spec.Outputs {
		if result.ExitCode != 0 && !out.Always {
			continue
		}
		if err := e.takeOut(ctx, box.id, out); err != nil {
			return fmt.Errorf("output %s: %w", out.Path, err)
		}
	}
	return nil
}

// execute starts the container and waits for its end and for the end of its output.
func (e *Engine) execute(ctx context.Context, box *box, spec RunSpec) (Result, error) {
	// Both before the start: a short command's output and end would be missed otherwise.
	stream, err := e.cli.ContainerAttach(ctx, box.id, container.AttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return Result{}, fmt.Errorf("attach: %w", err)
	}
	waiting, stopWaiting := context.WithCancel(ctx)
	defer stopWaiting()
	ended, failed := e.cli.ContainerWait(waiting, box.id, container.WaitConditionNextExit)

	var last tail
	copied, quiet := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(quiet)
		stdout, stderr := outputs(spec, &last)
		_, err := stdcopy.StdCopy(stdout, stderr, stream.Reader)
		copied <- err
	}()
	result, err := Result{}, box.tc.Start(ctx)
	if err != nil {
		err = fmt.Errorf("start %q: %w", spec.Argv, err)
	} else {
		result, err = awaitEnd(ctx, ended, failed, copied)
	}
	stream.Close()
	if err != nil {
		// Log is the caller's again after this, so it should not be written to any more.
		select {
		case <-quiet:
		case <-time.After(parting):
		}
		return result, err
	}
	result.Tail = last.last()
	state, err := e.cli.ContainerInspect(ctx, box.id)
	if err != nil {
		return result, fmt.Errorf("inspect: %w", err)
	}
	if state.State != nil {
		result.OOMKilled = state.State.OOMKilled
	}
	return result, nil
}

// outputs makes the two writers behind which Log, Stdout and the tail are.
func outputs(spec RunSpec, last *tail) (stdout, stderr io.Writer) {
	both := []io.Writer{last}
	if spec.Log != nil {
		both = append(both, spec.Log)
	}
	stderr = io.MultiWriter(both...)
	if spec.Stdout == nil {
		return stderr, stderr
	}
	return io.MultiWriter(append(both, spec.Stdout)...), stderr
}

// awaitEnd waits until the main process has ended and its whole output is written, in whichever order.
func awaitEnd(
	ctx context.Context, ended <-chan container.WaitResponse, failed, copied <-chan error,
) (Result, error) {
	var result Result
	for ended != nil || copied != nil {
		select {
		case end := <-ended:
			if end.Error != nil {
				return result, fmt.Errorf("wait: %s", end.Error.Message)
			}
			result.ExitCode = int(end.StatusCode)
			ended, failed = nil, nil
		case err := <-failed:
			return result, fmt.Errorf("wait: %w", err)
		case err := <-copied:
			if err != nil {
				return result, fmt.Errorf("output: %w", err)
			}
			copied = nil
		case <-ctx.Done():
			return result, interrupted(ctx, "wait", nil)
		}
	}
	return result, nil
}

// commit keeps the container as an image that is started like the one it came from.
func (e *Engine) commit(ctx context.Context, id string, spec RunSpec, base image.InspectResponse) (string, error) {
	config := &container.Config{
		User: "0:0", WorkingDir: "/", Labels: e.run.labels(spec.Labels),
		// Not nil: an engine fills in the container's own for nil.
		Entrypoint: []string{}, Cmd: []string{},
	}
	if base.Config != nil {
		if base.Config.User != "" {
			config.User = base.Config.User
		}
		config.WorkingDir = path.Join("/", base.Config.WorkingDir)
		config.Entrypoint = append(config.Entrypoint, base.Config.Entrypoint...)
		config.Cmd = append(config.Cmd, base.Config.Cmd...)
	}
	made, err := e.cli.ContainerCommit(ctx, id, container.CommitOptions{Reference: spec.Commit, Config: config})
	if err != nil {
		return "", fmt.Errorf("commit as %s: %w", spec.Commit, err)
	}
	return made.ID, nil
}
