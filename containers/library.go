// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/testcontainers/testcontainers-go"
)

// library is testcontainers-go: it creates, starts and terminates containers.
// This file is the only one that uses it. It was made for tests, so it finds its engine by itself, keeps its own
// containers and panics where a test would fail; each function below says what it has to work around.
type library struct {
	host     string
	network  string // one that exists, see newProvider
	provider func() (*testcontainers.DockerProvider, error)
}

// newLibrary prepares the library for the engine at host. Its own client is replaced by cli, so that both speak to the
// same engine over the same connections, whose calls end with their contexts.
//
// The library reads its settings from the environment only, and only once, at the first of many of its calls. So they
// are set here, before any call:
//   - no Ryuk, its reaper: that is a container whose image needs a registry. Engine.Reap takes its place.
//   - DOCKER_HOST, where the engine was found by the docker command's context, which the library does not read.
func newLibrary(host string, cli *client.Client) (*library, error) {
	if err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"); err != nil {
		return nil, fmt.Errorf("disable testcontainers' reaper: %w", err)
	}
	if environment("DOCKER_HOST") == "" && host != defaultHost {
		if err := os.Setenv("DOCKER_HOST", host); err != nil {
			return nil, fmt.Errorf("pass the engine to testcontainers: %w", err)
		}
	}
	l := &library{host: host}
	// Later and once: it asks the engine, which Connect has not reached yet.
	l.provider = sync.OnceValues(func() (*testcontainers.DockerProvider, error) { return l.newProvider(cli) })
	return l, nil
}

// newProvider makes the part of the library that creates containers.
func (l *library) newProvider(cli *client.Client) (provider *testcontainers.DockerProvider, err error) {
	// The library panics if its own search finds no engine.
	defer func() {
		if reason := recover(); reason != nil {
			err = &UnreachableError{Host: l.host, Err: fmt.Errorf("testcontainers: %v", reason)}
		}
	}()
	provider, err = testcontainers.NewDockerProvider(
		// If there is no network of the name that is given here, the library creates one and attaches every container to it.
		testcontainers.WithDefaultBridgeNetwork(l.network),
		// It logs to standard error by default.
		testcontainers.WithLogger(silence{}),
	)
	if err != nil {
		return nil, fmt.Errorf("testcontainers: %w", err)
	}
	provider.SetClient(cli)
	return provider, nil
}

type silence struct{}

func (silence) Printf(string, ...any) {}

// creation is what the library is told of a container. Everything else is set by config and host, because its own
// fields mix in settings of the image and of the library.
type creation struct {
	name, image string
	argv        []string
	labels      map[string]string
	config      func(*container.Config)
	host        func(*container.HostConfig)
}

// create creates a container. After an error there may be one of that name.
func (l *library) create(ctx context.Context, c creation) (made *box, err error) {
	// The library panics if the engine's answer lacks what it looks at.
	defer func() {
		if reason := recover(); reason != nil {
			made, err = nil, fmt.Errorf("invalid answer from the engine: %v", reason)
		}
	}()
	provider, err := l.provider()
	if err != nil {
		return nil, err
	}
	created, err := provider.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image: c.image,
		Name:  c.name,
		// The whole argv as entrypoint: the image's own command is not appended.
		Entrypoint:         c.argv,
		Labels:             c.labels,
		ConfigModifier:     c.config,
		HostConfigModifier: c.host,
	})
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what was being done
	}
	if created.GetContainerID() == "" {
		return nil, errors.New("the engine returned no container ID")
	}
	return &box{id: created.GetContainerID(), tc: created}, nil
}

// box is a container that was created and has to be terminated.
type box struct {
	id string
	tc testcontainers.Container
}

func (b *box) start(ctx context.Context) error {
	return b.tc.Start(ctx) //nolint:wrapcheck // the caller says what was being started
}

// terminate kills and removes the container. Without these options the library waits ten seconds for the command to
// stop by itself, longer than an interrupted run may take. What it could not stop it does not remove either.
func (b *box) terminate(ctx context.Context) error {
	//nolint:wrapcheck // the caller removes the container by other means
	return b.tc.Terminate(ctx, testcontainers.StopContext(ctx), testcontainers.StopTimeout(0))
}
