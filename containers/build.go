// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/jsonmessage"
)

// BuildSpec says how to build an image.
type BuildSpec struct {
	ContextTar    io.Reader // the build's files, the Containerfile among them
	Containerfile string    // its name in ContextTar; "" is "Containerfile"
	Target        string    // the stage to stop at; "" is the last
	// Args are build arguments. BASE, if present, is the reference or ID of the image that the Containerfile starts
	// from ("ARG BASE", "FROM ${BASE}"). It must be on the engine.
	Args    map[string]string
	Tag     string // the reference to make, e.g. "verbsmith/rocky9:latest"
	Labels  map[string]string
	Network bool // RUN on the engine's default bridge; else no network at all
	NoCache bool
	Log     io.Writer // gets the whole output; an error of it ends the build
	Limits  Limits    // in place of the engine's, field by field where it is not 0; Output does not apply
	// Step is called at the start of each instruction: the n-th of total, and its text.
	Step func(n, total int, what string)
}

// Build builds an image with the engine's classic builder, which needs no installation, and returns its ID. It fails
// with *NoImageError if BASE is missing, with *BuildError if the build fails or meets a limit, or with the cause of
// ctx's end; no container of the build is left then. If nothing has changed, the ID is that of the earlier image.
func (e *Engine) Build(ctx context.Context, spec BuildSpec) (id string, err error) {
	if files, ok := spec.ContextTar.(io.Closer); ok {
		defer func() { _ = files.Close() }() // so that its writer ends if the engine has not read everything
	}
	spec.Limits = spec.Limits.over(e.limits)
	ctx, stop := spec.Limits.clock(ctx)
	defer stop()
	spec.Args = e.proxies.of(spec.Network).arguments(spec.Args)
	args := make(map[string]*string, len(spec.Args))
	for key, value := range spec.Args {
		args[key] = &value
	}
	if base, ok := spec.Args["BASE"]; ok {
		labelled, err := e.labelledBase(ctx, base)
		if err != nil {
			return "", interrupted(ctx, "build of image "+spec.Tag, err)
		}
		args["BASE"] = &labelled
	}
	// No run label: with one, every build would create a new image.
	labels := make(map[string]string, len(spec.Labels)+1)
	maps.Copy(labels, spec.Labels)
	labels[Label] = "1"
	options := build.ImageBuildOptions{
		Tags: []string{spec.Tag}, Dockerfile: spec.Containerfile, Target: spec.Target, BuildArgs: args, Labels: labels,
		NetworkMode: e.noBuildNetwork(), NoCache: spec.NoCache, Remove: true, ForceRemove: true, Version: build.BuilderV1,
		Memory: spec.Limits.Memory, MemorySwap: spec.Limits.Memory,
	}
	if spec.Network {
		options.NetworkMode = "default"
	}
	if options.Dockerfile == "" {
		options.Dockerfile = "Containerfile"
	}
	progress := newProgress(spec, spec.Limits)
	progress.running = func(id string) { e.limitStep(ctx, id, spec.Limits) }
	began := time.Now()
	if err = e.build(ctx, spec.ContextTar, options, progress); err == nil {
		return progress.image, nil
	}
	e.endBuild(ctx, progress.containers, began)
	e.sayUnended(ctx, progress)
	failed := progress.failure(err)
	if met, ok := errors.AsType[*LimitError](context.Cause(ctx)); ok {
		failed.Err = met
		return "", failed
	}
	return "", interrupted(ctx, "build of image "+spec.Tag, failed)
}

func (e *Engine) build(
	ctx context.Context, files io.Reader, options build.ImageBuildOptions, progress *buildProgress,
) error {
	response, err := e.cli.ImageBuild(ctx, files, options)
	if asked, ok := errors.AsType[*url.Error](err); ok {
		err = asked.Err // the URL has the arguments, with the passwords of proxies
	}
	if err != nil {
		return fmt.Errorf("send the build: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	defer context.AfterFunc(ctx, func() { _ = response.Body.Close() })()
	err = readMessages(response.Body, func(m jsonmessage.JSONMessage) error {
		progress.message(m)
		return progress.logErr
	})
	if ended := progress.masked.end(); err == nil {
		err = ended
	}
	if err == nil && progress.image == "" {
		return errors.New("the engine returned no image ID")
	}
	return err
}

// limitStep limits the processes of a build's container, for which a build request has no field. The classic builder
// announces the container before it starts it.
func (e *Engine) limitStep(ctx context.Context, id string, limits Limits) {
	if limits.Processes == 0 {
		return
	}
	change := container.UpdateConfig{Resources: container.Resources{PidsLimit: &limits.Processes}}
	_, err := e.cli.ContainerUpdate(ctx, id, change)
	if err != nil && !errdefs.IsNotFound(err) && ctx.Err() == nil { // a quick step is over by then
		e.unboundBuild.Do(func() { e.notice("the engine cannot limit the processes of a build: " + oneLine(err)) })
	}
}

// labelledBase returns an image that is base with our label, so that the containers and images that a failed build
// leaves inherit it. If base has the label, it is returned as it is.
func (e *Engine) labelledBase(ctx context.Context, base string) (string, error) {
	found, err := e.inspectImage(ctx, base)
	if err != nil {
		return "", err
	}
	if found.Config != nil && found.Config.Labels[Label] == "1" {
		return base, nil
	}
	files, err := tarOfFile("Containerfile", "ARG BASE\nFROM ${BASE}\nLABEL "+Label+"=1\n")
	if err != nil {
		return "", err
	}
	tag := "verbsmith/base:" + strings.TrimPrefix(found.ID, "sha256:")[:12]
	options := e.buildOptions(tag)
	options.BuildArgs = map[string]*string{"BASE": &found.ID}
	progress := newProgress(BuildSpec{Tag: tag}, e.limits)
	if err := e.build(ctx, files, options, progress); err != nil {
		return "", progress.failure(err)
	}
	return tag, nil
}

// buildOptions are the options of a build that needs only its Containerfile.
func (e *Engine) buildOptions(tag string) build.ImageBuildOptions {
	return build.ImageBuildOptions{
		Tags: []string{tag}, Dockerfile: "Containerfile",
		NetworkMode: e.noBuildNetwork(), Remove: true, ForceRemove: true, Version: build.BuilderV1,
	}
}

// How long a cancelled build is waited for.
const (
	settleAtLeast = 300 * time.Millisecond // an engine may be about to create a container
	settleAtMost  = 2 * time.Second
)

// endBuild removes the containers of a build that failed or was cancelled. The engine does so too, but only some time
// after the connection is gone. After a cancel, endBuild also waits briefly for a container that the engine was just
// creating, whose ID it has not announced.
func (e *Engine) endBuild(ctx context.Context, ids []string, began time.Time) {
	ending, stop := e.ending(ctx)
	defer stop()
	var list []leftover
	for _, id := range ids {
		list = append(list, leftover{id: id})
	}
	if err := e.removeAll(ending, list); err != nil {
		e.notice(oneLine(err))
	}
	if ctx.Err() == nil {
		return
	}
	for cancelled := time.Now(); time.Since(cancelled) < settleAtMost; time.Sleep(settleAtLeast / 6) {
		busy, err := e.hasBuildContainers(ending, began)
		if err != nil || (!busy && time.Since(cancelled) > settleAtLeast) {
			return
		}
	}
}

// hasBuildContainers reports whether there are containers that were created since began, have inherited our label,
// and are not of a run.
func (e *Engine) hasBuildContainers(ctx context.Context, began time.Time) (bool, error) {
	found, err := e.containers(ctx, Label+"=1")
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(found, func(c leftover) bool {
		const skew = 2 * time.Second // of the engine's clock, and of its whole seconds
		return !slices.Contains(c.names, "/"+c.labels[selfLabel]) && c.created.After(began.Add(-skew))
	}), nil
}

var (
	// Docker's and Podman's, which counts the steps of each stage by themselves.
	stepLine    = regexp.MustCompile(`^(?:\[\d+/\d+\] )?(?:Step|STEP) (\d+)/(\d+) ?: (.*)$`)
	runningLine = regexp.MustCompile(`^ ---> Running in ([0-9a-f]{12,64})$`)
)

// buildProgress follows the output of the classic builder, or of Podman's.
type buildProgress struct {
	spec       BuildSpec
	budget     *logBudget
	running    func(id string) // nil: nobody is told of a step's container
	image      string
	n, total   int
	step       string
	containers []string
	line       string
	last       tail
	logErr     error
	via        proxies
	masked     *masker // before everything that gets the output
}

func newProgress(spec BuildSpec, limits Limits) *buildProgress {
	b := &buildProgress{spec: spec, budget: limits.logBudget(), via: proxiesIn(spec.Args)}
	b.masked = masked(output(b.output), b.via.secrets())
	return b
}

// output is a writer that is a function.
type output func(text []byte) error

// Write implements io.Writer.
func (o output) Write(text []byte) (int, error) { return len(text), o(text) }

func (b *buildProgress) message(m jsonmessage.JSONMessage) {
	if m.Aux != nil {
		var result build.Result
		if json.Unmarshal(*m.Aux, &result) == nil && result.ID != "" {
			b.image = result.ID
		}
	}
	text := m.Stream
	if m.Status != "" {
		text = strings.TrimSpace(m.ID+" "+m.Status) + "\n"
	}
	_, _ = io.WriteString(b.masked, text)
}

// output takes the output, with secrets replaced.
func (b *buildProgress) output(text []byte) error {
	if b.logErr == nil {
		_, b.logErr = b.budget.Write(text)
	}
	if b.spec.Log != nil && b.logErr == nil {
		_, b.logErr = b.spec.Log.Write(text)
	}
	_, _ = b.last.Write(text)
	b.line += string(text)
	for {
		line, rest, ended := strings.Cut(b.line, "\n")
		if !ended {
			b.line = line[max(0, len(line)-tailWidth):]
			return b.logErr
		}
		b.lineOf(line)
		b.line = rest
	}
}

func (b *buildProgress) lineOf(line string) {
	if m := stepLine.FindStringSubmatch(line); m != nil {
		b.n, _ = strconv.Atoi(m[1])
		b.total, _ = strconv.Atoi(m[2])
		b.step = m[3]
		if b.spec.Step != nil {
			b.spec.Step(b.n, b.total, firstWords(b.step))
		}
	} else if m := runningLine.FindStringSubmatch(line); m != nil {
		b.containers = append(b.containers, m[1])
		if b.running != nil {
			b.running(m[1])
		}
	}
}

// firstWords is the beginning of an instruction, which is often a whole script: enough to know it by. The log has all of it.
func firstWords(step string) string {
	const most, least = 60, 2 // bytes; words, the last of which may be cut
	short := ""
	for i, word := range strings.Fields(step) {
		longer := strings.TrimPrefix(short+" "+word, " ")
		switch {
		case len(longer) <= most:
			short = longer
		case i < least:
			return strings.ToValidUTF8(longer[:most], "") + "…"
		default:
			return short + " …"
		}
	}
	return short
}

func (b *buildProgress) failure(err error) *BuildError {
	failed := &BuildError{
		Image: b.spec.Tag, Step: b.step, N: b.n, Total: b.total, Lines: b.last.last(), Err: engineError(err),
	}
	if said := (*jsonmessage.JSONError)(nil); errors.As(err, &said) {
		failed.Status = said.Code
		if said.Code == 0 {
			failed.Status = statusIn(said.Message)
		}
		failed.Err = engineError(errors.New(b.via.hide(strings.TrimSpace(said.Message))))
	}
	return failed
}
