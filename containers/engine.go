// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/client"
)

const (
	// answerTimeout bounds the first question to the engine.
	answerTimeout = 5 * time.Second
	// podmanTimeout is that for Podman, which starts several programs to answer.
	podmanTimeout = 20 * time.Second
	// cleanupTimeout bounds a cleanup after a cancel: mage gives an interrupted target 5 s in all.
	cleanupTimeout = 4 * time.Second
	// retryTimeout bounds a cleanup after one that the engine did not answer in time.
	retryTimeout = 250 * time.Millisecond
	// outputTimeout bounds the wait for a container whose output has ended.
	outputTimeout = time.Minute
)

// Options configures Connect.
type Options struct {
	// RunDir is the directory for the lock files of runs; "" means verbsmith/runs in the user's cache directory. Runs
	// with the same directory remove each other's leftovers.
	RunDir string
	// Visitor registers no run; only Clean may be called then.
	Visitor bool
	// Notice gets a line, without a line break, for each leftover that was removed and for what could not be removed.
	// It may be nil.
	Notice func(text string)
	// Limits bounds the resources of each container.
	Limits Limits
	// Repositories are the site's, for runs that ask for them.
	Repositories Repositories
}

// Info describes an engine.
type Info struct {
	Product  Product
	Rootless bool   // it runs as a user other than root
	Host     string // e.g. "unix:///var/run/docker.sock"
	Version  string // e.g. "20.10.24"
	API      string // the API version spoken with it, e.g. "1.41"
	OS       string // e.g. "linux"
	Arch     string // in Go's words, e.g. "amd64"
	Kernel   string
	Parts    []Part // "Engine", "containerd", "runc" and so on
}

// Part is a program of the engine with its version.
type Part struct{ Name, Version string }

// Engine is a connection to a container engine. Its methods may be called by several goroutines at once.
type Engine struct {
	// Info is what the engine reported on connecting.
	Info Info

	cli          *client.Client
	run          *run
	library      *library
	number       atomic.Int64
	tini         atomic.Bool // the engine has an init process to offer
	notice       func(string)
	patience     patience
	silent       atomic.Bool // it did not answer a cleanup in time
	limits       Limits
	unbound      sync.Once // reports the limits that the engine does not apply to containers
	unboundBuild sync.Once // and to builds
	slow         bool      // it reads images through a slow file system
	proxies      proxies   // the user's, for runs and builds with a network
	repositories Repositories
	copying      sync.Mutex
	uncopied     sync.Once // reports that programs cannot be copied

	containerdStore bool // Docker keeps images in containerd

	references string // how our references begin; tests have their own
}

// patience is how long to wait for an engine if no context ends the wait.
type patience struct{ cleanup, retry, output, look time.Duration }

// Connect finds the engine (DOCKER_HOST with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, else the docker command's
// current context, else the usual sockets of Docker, then of Podman), registers this run in options.RunDir, and removes the containers that
// dead runs have left. It sends three cheap requests. If no engine answers, it fails with *UnreachableError within
// seconds. The caller closes the engine.
func Connect(ctx context.Context, options Options) (*Engine, error) {
	named := environment("DOCKER_HOST") != "" // before newLibrary sets it
	host, err := engineHost(ctx)
	if err != nil {
		return nil, &UnreachableError{Host: "the current docker context", Err: err}
	}
	cli, err := newClient(host)
	if err != nil {
		return nil, &UnreachableError{Host: host, Err: err}
	}
	library, err := newLibrary(host, cli)
	if err != nil {
		return nil, errors.Join(err, cli.Close())
	}
	e := &Engine{
		cli: cli, library: library, notice: options.Notice, limits: options.Limits, references: references,
		repositories: options.Repositories,
		patience:     patience{cleanup: cleanupTimeout, retry: retryTimeout, output: outputTimeout, look: lookInterval},
	}
	if e.notice == nil {
		e.notice = func(string) {}
	}
	if e.proxies, err = readProxies(host); err != nil {
		e.notice(oneLine(err))
	}
	if err := e.ask(ctx, host, named); err != nil {
		return nil, errors.Join(err, cli.Close())
	}
	if options.Visitor {
		e.run = &run{}
		return e, nil
	}
	if e.run, err = newRun(ctx, options.RunDir); err != nil {
		return nil, errors.Join(err, cli.Close())
	}
	if err := e.Reap(ctx); ctx.Err() != nil {
		return nil, errors.Join(interrupted(ctx, "connecting to the container engine", err), e.run.end(), cli.Close())
	} else if err != nil {
		e.notice(fmt.Sprintf("leftovers of an earlier run: %v", err))
	}
	return e, nil
}

func (e *Engine) ask(ctx context.Context, host string, named bool) error {
	patience := answerTimeout
	if isPodmanSocket(resolved(host)) {
		patience = podmanTimeout
	}
	asking, stop := context.WithTimeout(ctx, patience)
	defer stop()
	version, err := e.cli.ServerVersion(asking)
	if err == nil && version.Os == "" {
		err = errors.New("the server there is not a container engine")
	}
	e.Info.Product = productOf(version)
	var machine system.Info
	if err == nil {
		machine, err = e.machine(asking)
	}
	if err != nil {
		if ctx.Err() != nil {
			return interrupted(ctx, "connecting to the container engine", err)
		}
		_, missing := exec.LookPath("podman")
		return &UnreachableError{Host: host, Err: err, named: named, podman: missing == nil}
	}
	e.limits = e.limits.or(machine.MemTotal)
	e.slow = slowStorage(machine.Driver)
	e.containerdStore = slices.Contains(machine.DriverStatus, [2]string{"driver-type", "io.containerd.snapshotter.v1"})
	e.Info = Info{
		Product: e.Info.Product, Rootless: isRootless(machine),
		Host: host, Version: version.Version, API: e.cli.ClientVersion(),
		OS: version.Os, Arch: version.Arch, Kernel: version.KernelVersion,
	}
	for _, part := range version.Components {
		e.Info.Parts = append(e.Info.Parts, partOf(part))
		// An engine without the init program reports this component without a version.
		if part.Name == "docker-init" && part.Version != "" && part.Version != "N/A" {
			e.tini.Store(true)
		}
	}
	if e.podman() {
		e.tini.Store(true) // see lacksInit
	}
	e.library.network = e.networkName()
	return nil
}

// machine returns what the engine says of its machine, nothing if unknown: a proxy in front of an engine may refuse
// this request alone. An engine that does not answer is an error.
func (e *Engine) machine(ctx context.Context) (system.Info, error) {
	ask := e.cli.Info
	if e.podman() {
		ask = e.podmansMachine
	}
	info, err := ask(ctx)
	if err != nil && ctx.Err() != nil {
		return system.Info{}, err
	}
	return info, nil
}

// ending returns the context of a cleanup, which outlives ctx. If the engine does not answer one cleanup in time,
// those that follow get less time: all of them together have only the few seconds of an interrupted run.
func (e *Engine) ending(ctx context.Context) (context.Context, context.CancelFunc) {
	given := e.patience.cleanup
	if e.silent.Load() {
		given = e.patience.retry
	}
	cleaning, stop := context.WithTimeout(context.WithoutCancel(ctx), given)
	return cleaning, func() {
		e.silent.Store(errors.Is(cleaning.Err(), context.DeadlineExceeded))
		stop()
	}
}

// Close removes all containers of this run, within 4 s, and releases its lock file.
func (e *Engine) Close() error {
	ctx, stop := e.ending(context.Background())
	defer stop()
	if e.run.id == "" {
		return e.cli.Close() //nolint:wrapcheck // there is nothing to add
	}
	left, err := e.containers(ctx, RunLabel+"="+e.run.id)
	var mine []leftover
	for _, c := range left {
		if ownsItself(c.names, c.labels, e.run.home) {
			mine = append(mine, c)
		}
	}
	return errors.Join(err, e.removeAll(ctx, mine), e.run.end(), e.cli.Close())
}

// oneLine removes line breaks from an engine's message, for a notice.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// Machine names the engine's machine and its kernel.
func (e *Engine) Machine() (host, kernel string) { return e.Info.Host, e.Info.Kernel }

// Processor is that of the containers, in Go's words, such as "amd64".
func (e *Engine) Processor() string { return e.Info.Arch }
