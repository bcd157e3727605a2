// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/client"
	"github.com/google/renameio/v2"
)

// This file has what Podman, at least 4, does in another way than Docker behind the same API, each with its reason.
// Docker gets nothing of it.

// podman reports whether the engine is Podman.
func (e *Engine) podman() bool { return e.Info.Product == Podman }

// networkName is a network that exists on the engine: see newProvider. Docker always has "none". Podman's list has no
// "none", and a container that is attached to a network of the list cannot have the network mode none.
func (e *Engine) networkName() string {
	if e.podman() {
		return "bridge"
	}
	return "none"
}

// lacksInit reports whether a container could not be created because the engine has no init process to offer. Docker
// says so beforehand. Podman says it only here: its init program, catatonit, is a package of its own.
func (e *Engine) lacksInit(err error) bool {
	return e.podman() && err != nil && strings.Contains(err.Error(), "init binary")
}

// seccompOptions returns the security options for a seccomp profile, none for "". Docker gets the profile itself, and Podman the path
// of a file on its machine. The file is in the run directory, named by its content; runs share it.
func (e *Engine) seccompOptions(profile string) ([]string, error) {
	if profile == "" {
		return nil, nil
	}
	if !e.podman() {
		return []string{"seccomp=" + profile}, nil
	}
	sum := sha256.Sum256([]byte(profile))
	file := filepath.Join(e.run.dir, "seccomp-"+hex.EncodeToString(sum[:8])+".json")
	if err := renameio.WriteFile(file, []byte(profile), 0o644); err != nil {
		return nil, fmt.Errorf("seccomp profile: %w", err)
	}
	return []string{"seccomp=" + file}, nil
}

// makeVolumes creates the volumes of a run with our labels. Docker creates missing ones together with the container.
// Podman does too, but ignores the labels that they should get there.
func (e *Engine) makeVolumes(ctx context.Context, spec RunSpec) error {
	if !e.podman() {
		return nil
	}
	for _, v := range spec.Volumes {
		if v.Name == "" {
			continue
		}
		if err := e.EnsureVolume(ctx, v.Name, nil); err != nil {
			return err
		}
	}
	return nil
}

// whyNotAttached returns the reason for which Podman refused to attach. It prepares the container on attach, so what
// Docker reports at the start comes here, and the client drops the text of such an answer. A start repeats it.
func (e *Engine) whyNotAttached(ctx context.Context, box *box, err error) error {
	if !e.podman() || ctx.Err() != nil {
		return err
	}
	if reason := box.start(ctx); reason != nil {
		return reason
	}
	return err
}

// commitOptions describes an image in the form that the engine reads: Docker the configuration, Podman only
// instructions, which it takes in one parameter.
func (e *Engine) commitOptions(ref string, config *container.Config) (container.CommitOptions, error) {
	options := container.CommitOptions{Reference: ref, Config: config}
	if !e.podman() {
		return options, nil
	}
	var changes []string
	for _, label := range slices.Sorted(maps.Keys(config.Labels)) {
		if config.Labels[label] == "" { // the others are the container's, which Podman keeps
			changes = append(changes, "LABEL "+label+"=")
		}
	}
	entrypoint, errEntrypoint := json.Marshal(config.Entrypoint)
	cmd, errCmd := json.Marshal(config.Cmd)
	if err := errors.Join(errEntrypoint, errCmd); err != nil {
		return options, fmt.Errorf("write the image's command: %w", err)
	}
	changes = append(changes, "ENTRYPOINT "+string(entrypoint), "CMD "+string(cmd), "USER "+config.User, "WORKDIR "+config.WorkingDir)
	options.Changes = []string{strings.Join(changes, "\n")}
	return options, nil
}

// noBuildNetwork is the network mode of a build without a network. Podman's builder knows no "none": it gives such a
// build a network, without a word.
func (e *Engine) noBuildNetwork() string {
	if e.podman() {
		return "NetworkDisabled"
	}
	return "none"
}

// imageID completes an image's ID, which Podman does not always begin with the name of the digest.
func imageID(id string) string {
	if id == "" || strings.Contains(id, ":") {
		return id
	}
	return "sha256:" + id
}

// familiar is the reference that the user, or this package, gave an image. Podman lists it with the registry that it
// would come from.
func familiar(ref string) string {
	ref = strings.TrimPrefix(ref, "localhost/")
	if named, err := reference.ParseNormalizedNamed(ref); err == nil {
		return reference.FamiliarString(named)
	}
	return ref
}

// isOfNoRegistry reports whether an image was made here. Docker's own store gives only an image that was pulled or pushed the
// digest of a registry, Podman and containerd's store give each image one.
func (e *Engine) isOfNoRegistry(found image.InspectResponse) bool {
	return (e.podman() || e.containerdStore) && found.Config != nil && found.Config.Labels[Label] == "1"
}

// podmansFailure is how Podman's builder reports the exit status of an instruction. Docker sends a number.
var podmansFailure = regexp.MustCompile(`while running runtime: exit status (\d+)\s*$`)

// statusIn returns the exit status in the message of a failed build, or 0.
func statusIn(message string) int {
	if m := podmansFailure.FindStringSubmatch(message); m != nil {
		status, _ := strconv.Atoi(m[1]) // the pattern allows only digits
		return status
	}
	return 0
}

// waiter returns a function that is called after the start and returns the channel of the main process's end. Docker is
// asked before the start, or the end of a short command would be missed. Podman answers this question from its events, and
// may begin to read them only after the end. Therefore it is asked after the start, whether the container still runs.
func (e *Engine) waiter(ctx context.Context, id string) func() <-chan exit {
	if e.podman() {
		return func() <-chan exit { return e.awaitExit(ctx, id, container.WaitConditionNotRunning) }
	}
	end := e.awaitExit(ctx, id, container.WaitConditionNextExit)
	return func() <-chan exit { return end }
}

// askPodmansRegistry asks for an image's manifest in its registry. Podman does not answer Docker's question for it, so this
// is a request of Podman's own API. Podman 4 asks without the login that it gets, and reads no manifest but that of a list of
// images: what it says then is no answer, and left to the pull.
func (e *Engine) askPodmansRegistry(ctx context.Context, ref string, used registryLogin) (string, error) {
	named, err := reference.ParseNormalizedNamed(ref) // with Docker Hub's name, which Podman would not add
	if err != nil {
		return "", fmt.Errorf("ask the registry: %w", err)
	}
	var manifest json.RawMessage
	err = e.getOfPodman(ctx, path.Join("/v4.0.0/libpod/manifests", named.String(), "json"), used.header(), &manifest)
	if err == nil {
		return "", nil
	}
	failed := pullError(ref, err).ofLogin(used)
	switch {
	case used.header() != "" && (failed.Reason == LoginMissing || failed.Reason == LoginRefused):
		return "", nil
	case failed.Reason == Failed && ofOneImage.MatchString(err.Error()):
		return "", nil
	}
	return "", failed
}

// ofOneImage is what Podman 4 says of a manifest that is no list.
var ofOneImage = regexp.MustCompile(`(?i)manifest (?:is )?(?:not a list|list)|unsupported .*manifest|mime ?type|treating .* as a manifest list`)

// podmansMachine is what Podman says of its machine, with the field that Docker's client drops. Docker lists "rootless"
// among its security options.
func (e *Engine) podmansMachine(ctx context.Context) (machine system.Info, err error) {
	answer := struct {
		*system.Info

		Rootless bool
	}{Info: &machine}
	err = e.getOfPodman(ctx, "/v1.41/info", "", &answer)
	if answer.Rootless {
		machine.SecurityOptions = append(machine.SecurityOptions, rootlessOption)
	}
	return machine, err
}

// getOfPodman reads an answer that Docker's client has no call for.
func (e *Engine) getOfPodman(ctx context.Context, call, auth string, into any) error {
	address, err := client.ParseHostURL(e.cli.DaemonHost())
	if err != nil {
		return fmt.Errorf("address of the engine: %w", err)
	}
	asked := url.URL{Scheme: "http", Host: address.Host, Path: path.Join("/", address.Path, call)}
	if address.Scheme == "unix" {
		asked.Host, asked.Path = client.DummyHost, call // connections know the socket
	}
	if transport, ok := e.cli.HTTPClient().Transport.(*http.Transport); ok && transport.DialTLSContext != nil {
		asked.Scheme = "https" // see newClient
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, asked.String(), http.NoBody)
	if err != nil {
		return fmt.Errorf("ask Podman: %w", err)
	}
	if auth != "" {
		request.Header.Set(registry.AuthHeader, auth)
	}
	response, err := e.cli.HTTPClient().Do(request)
	if err != nil {
		return fmt.Errorf("ask Podman: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body := json.NewDecoder(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode != http.StatusOK {
		var refused struct {
			Message string `json:"message"`
		}
		if err := body.Decode(&refused); err != nil || refused.Message == "" {
			return fmt.Errorf("Podman answered %s", response.Status) //nolint:staticcheck // a name
		}
		return errors.New(refused.Message)
	}
	if err := body.Decode(into); err != nil {
		return fmt.Errorf("Podman's answer: %w", err) //nolint:staticcheck // a name
	}
	return nil
}

// hasNoChildren returns a conflict if other images were made from one, as Docker's own store does when it is to remove it. Podman
// and containerd's store would remove it: the others have its layers, but their builds would begin anew.
func (c *cleaning) hasNoChildren(ctx context.Context, o Object) error {
	if !c.podman() && !c.containerdStore {
		return nil
	}
	found, err := c.cli.ImageList(ctx, image.ListOptions{All: true})
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was for
	}
	if slices.ContainsFunc(found, func(i image.Summary) bool { return imageID(i.ParentID) == o.ID }) {
		return fmt.Errorf("%w: other images were made from it", errdefs.ErrConflict)
	}
	return nil
}

// sayUnended says what a cancelled build leaves. Podman's builder lets the command of an instruction run to its end, and
// no request of either API names it.
func (e *Engine) sayUnended(ctx context.Context, progress *buildProgress) {
	if e.podman() && ctx.Err() != nil && strings.HasPrefix(progress.step, "RUN ") {
		e.notice("Podman does not stop the command of a cancelled build: it runs until it ends by itself")
	}
}
