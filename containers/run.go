// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
)

// parting bounds the wait for a Log that is being written when a run has failed.
const parting = time.Second

// Run runs a command in a new container and removes the container. If the command fails, the Result has its exit
// status and the error is nil: see [Result.Err]. An error means that there is no verdict: *NoImageError,
// *UnsafeEntryError, *LimitError (of time, log or output), an error of Log or of an Input's Write, an error of the
// engine (errors.Is finds ENOSPC), or the cause of ctx's end; the container is then gone within seconds.
func (e *Engine) Run(ctx context.Context, spec RunSpec) (Result, error) {
	var result Result
	if err := spec.check(); err != nil {
		return result, err
	}
	spec.Limits = spec.Limits.over(e.limits)
	ctx, stop := spec.Limits.clock(ctx)
	defer stop()
	result, err := e.runChecked(ctx, spec)
	result.limits = spec.Limits
	if err != nil {
		return result, interrupted(ctx, spec.Name, fmt.Errorf("%s: %w", spec.Name, engineError(err)))
	}
	return result, nil
}

func (e *Engine) runChecked(ctx context.Context, spec RunSpec) (result Result, err error) {
	spec.begin(StepCreate)
	base, err := e.inspectImage(ctx, spec.Image)
	if err != nil {
		return result, err
	}
	if spec, err = e.withPrograms(ctx, spec, base); err != nil {
		return result, err
	}
	spec = e.repositories.of(spec).added(spec)
	box, err := e.create(ctx, spec, base)
	if err != nil {
		return result, &startError{err}
	}
	defer func() {
		spec.begin(StepRemove)
		e.terminate(ctx, box)
	}()
	e.sayUnbound(ctx, box.id, spec.Limits)
	if spec.Prepare != nil {
		first, err := spec.Prepare(func(file string) ([]byte, error) { return e.readOut(ctx, box.id, file) })
		if err != nil {
			return result, err
		}
		spec.Inputs = append(first, spec.Inputs...)
	}
	spec.begin(StepCopyIn)
	if err := e.fill(ctx, box, spec); err != nil {
		return result, err
	}
	spec.begin(StepStart)
	if result, err = e.execute(ctx, box, spec); err != nil {
		return result, err
	}
	spec.begin(StepCopyOut)
	if err := e.collect(ctx, box, spec, result); err != nil {
		return result, err
	}
	if spec.Commit != "" && result.ExitCode == 0 && result.met() == nil {
		spec.begin(StepCommit)
		result.Image, err = e.commit(ctx, box.id, spec, base)
	}
	return result, err
}

// fill prepares a created container for its start.
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

// collect copies the outputs out of a container that has ended.
func (e *Engine) collect(ctx context.Context, box *box, spec RunSpec, result Result) error {
	budget := spec.Limits.outputBudget()
	for _, out := range spec.Outputs {
		if (result.ExitCode != 0 || result.met() != nil) && !out.Always {
			continue
		}
		if err := e.takeOut(ctx, box.id, out, budget); err != nil {
			return fmt.Errorf("output %s: %w", out.Path, err)
		}
	}
	return nil
}

// execute starts the container and waits for its end and the end of its output.
func (e *Engine) execute(ctx context.Context, box *box, spec RunSpec) (Result, error) {
	// Before the start, or the output of a short command would be missed.
	via := e.proxies.of(spec.Network)
	secrets := longestFirst(append(via.secrets(), e.repositories.of(spec).secrets...))
	stream, err := e.cli.ContainerAttach(hijack(ctx), box.id, container.AttachOptions{
		Stream: true, Stdin: len(via) > 0, Stdout: true, Stderr: true,
	})
	if err != nil {
		return Result{}, fmt.Errorf("attach: %w", e.whyNotAttached(ctx, box, err))
	}
	waiting, stopWaiting := context.WithCancel(ctx)
	defer stopWaiting()
	wait := e.waiter(waiting, box.id)

	var last tail
	copied, quiet := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(quiet)
		stdout, stderr := outputs(spec, &last)
		copied <- demultiplexMasked(secrets, stdout, stderr, stream.Reader)
	}()
	result, err := Result{}, via.send(stream.Conn)
	if err == nil {
		if err = box.start(ctx); err != nil {
			err = &startError{fmt.Errorf("start %q: %w", spec.Argv, err)}
		}
	}
	if err == nil {
		spec.begin(StepRun)
		running, stopWatching := e.watchProcesses(ctx, box.id, spec.Limits)
		result, err = e.awaitEnd(running, wait(), copied)
		stopWatching()
	}
	stream.Close()
	if err != nil {
		// The caller may use Log again after this, so nothing should be written to it any more.
		select {
		case <-quiet:
		case <-time.After(parting):
		}
		return result, err
	}
	result.Tail = last.last()
	err = e.recorded(ctx, box.id, &result)
	return result, err
}

// exit is the end of the main process, as the engine reports it.
type exit struct {
	status int
	err    error
}

// awaitExit waits for the end of the main process in the background. The channel keeps the result if nobody reads it.
func (e *Engine) awaitExit(ctx context.Context, id string, condition container.WaitCondition) <-chan exit {
	end := make(chan exit, 1)
	ended, failed := e.cli.ContainerWait(ctx, id, condition)
	go func() {
		select {
		case got := <-ended:
			if got.Error != nil {
				end <- exit{err: fmt.Errorf("wait: %s", got.Error.Message)}
				return
			}
			end <- exit{status: int(got.StatusCode)}
		case err := <-failed:
			end <- exit{err: fmt.Errorf("wait: %w", err)}
		}
	}()
	return end
}

// recorded compares a verdict with the engine's record of the container. Otherwise a truncated or wrong answer could
// pass for an exit status of 0.
func (e *Engine) recorded(ctx context.Context, id string, result *Result) error {
	found, err := e.cli.ContainerInspect(ctx, id)
	switch {
	case err != nil:
		return fmt.Errorf("inspect: %w", err)
	case found.ContainerJSONBase == nil || found.State == nil:
		return errors.New("inspect: the engine returned no state for the container")
	case found.State.Running:
		return errors.New("wait: the engine reported the end of the container, but it is still running")
	case found.State.ExitCode != result.ExitCode:
		return fmt.Errorf("wait: the engine reported exit status %d, but recorded exit status %d",
			result.ExitCode, found.State.ExitCode)
	}
	result.OOMKilled = found.State.OOMKilled
	return nil
}

// outputs returns the writers for both streams, which write to Log, Stdout and the tail.
func outputs(spec RunSpec, last *tail) (stdout, stderr io.Writer) {
	both := []io.Writer{spec.Limits.logBudget(), last}
	if spec.Log != nil {
		both = append(both, spec.Log)
	}
	stderr = io.MultiWriter(both...)
	if spec.Stdout == nil {
		return stderr, stderr
	}
	return io.MultiWriter(append(both, spec.Stdout)...), stderr
}

// awaitEnd waits until the main process has ended and its whole output is written, in either order.
func (e *Engine) awaitEnd(ctx context.Context, end <-chan exit, copied <-chan error) (Result, error) {
	var result Result
	var late <-chan time.Time
	for end != nil || copied != nil {
		select {
		case got := <-end:
			if got.err != nil {
				return result, got.err
			}
			result.ExitCode, end = got.status, nil
		case err := <-copied:
			if err != nil {
				return result, fmt.Errorf("output: %w", err)
			}
			copied, late = nil, time.After(e.patience.output)
		case <-late:
			return result, fmt.Errorf("output: it ended %s ago, but the container is still running: %w",
				e.patience.output, errLostConnection)
		case <-ctx.Done():
			return result, interrupted(ctx, "wait", nil)
		}
	}
	return result, nil
}

// commit stores the container as an image with the user, working directory and command of the image that it was made
// from.
func (e *Engine) commit(ctx context.Context, id string, spec RunSpec, base image.InspectResponse) (string, error) {
	config := &container.Config{
		User: "0:0", WorkingDir: "/", Labels: imageLabels(e.run, spec.Labels),
		// Not nil: for nil an engine uses the container's own.
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
	options, err := e.commitOptions(spec.Commit, config)
	if err != nil {
		return "", fmt.Errorf("commit as %s: %w", spec.Commit, err)
	}
	made, err := e.cli.ContainerCommit(ctx, id, options)
	if err != nil {
		return "", fmt.Errorf("commit as %s: %w", spec.Commit, err)
	}
	if made.ID == "" {
		return "", fmt.Errorf("commit as %s: the engine returned no image ID", spec.Commit)
	}
	return imageID(made.ID), nil
}
