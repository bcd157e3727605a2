// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
)

const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	listType     = "application/vnd.docker.distribution.manifest.list.v2+json"
	repository   = "mirror/rockylinux/rockylinux"
)

// connectForRegistry returns an engine that takes a registry on this machine's loopback without TLS. Podman takes none that
// its registries.conf does not list.
func connectForRegistry(t *testing.T) *Engine {
	t.Helper()
	e := connect(t)
	if e.podman() {
		t.Skip("Podman wants TLS of a registry on loopback too")
	}
	return e
}

// registryServer is docker-registry on this machine, as a process of its own until the test ends. Tests fail without the
// program where it cannot be installed: what it says of wrong requests cannot be made up.
func registryServer(t *testing.T, host string, settings map[string]any) (address string) {
	t.Helper()
	if _, err := exec.LookPath("docker-registry"); err != nil {
		install := exec.CommandContext(t.Context(), "/bin/sh", "../scripts/host-packages.sh", "docker-registry")
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("this needs docker-registry: %v\n%s", err, out)
		}
	}
	dir := t.TempDir()
	http := map[string]any{"addr": host + ":0"}
	config := map[string]any{
		"version": "0.1", "http": http, "log": map[string]any{"accesslog": map[string]any{"disabled": true}},
		"storage": map[string]any{"filesystem": map[string]any{"rootdirectory": dir}, "delete": map[string]any{"enabled": true}},
	}
	for name, value := range settings {
		if name == "tls" {
			http[name] = value
		} else {
			config[name] = value
		}
	}
	text, err := json.Marshal(config) // which is YAML
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return startRegistry(t, exec.Command("docker-registry", "serve", file)) //nolint:noctx // It ends after the test's context.
}

// startRegistry returns the address at which the process says that it listens.
func startRegistry(t *testing.T, cmd *exec.Cmd) (address string) {
	t.Helper()
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	read := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	found := make(chan string, 1)
	go func() {
		defer close(read)
		defer close(found)
		for in := bufio.NewScanner(said); in.Scan(); {
			lines = append(lines, in.Text())
			if at := regexp.MustCompile(`listening on ([^ ",]+)`).FindStringSubmatch(in.Text()); at != nil {
				found <- at[1]
			}
		}
	}()
	if address = <-found; address == "" {
		<-read
		t.Fatalf("docker-registry does not listen:\n%s", strings.Join(lines, "\n"))
	}
	return address
}

// smallImage is an image of one layer with /file.
type smallImage struct {
	blobs    map[string][]byte
	layer    string
	config   string
	manifest []byte
	label    string // a label that it alone has
}

func digestOf(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// newImage makes an image for a kind of machine.
func newImage(t *testing.T, arch, content string) smallImage {
	t.Helper()
	padding := make([]byte, 256<<10) // which is not compressed, so that the layer can be cut
	_, _ = rand.Read(padding)
	rootfs, err := tarOf(
		tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o644}, content,
		tar.Header{Name: "padding", Typeflag: tar.TypeReg, Mode: 0o644}, string(padding),
	)
	if err != nil {
		t.Fatal(err)
	}
	made := smallImage{blobs: map[string][]byte{}, label: randomID()}
	put := func(kind string, data []byte) map[string]any {
		made.blobs[digestOf(data)] = data
		return map[string]any{"mediaType": kind, "digest": digestOf(data), "size": len(data)}
	}
	var layer bytes.Buffer
	packed := gzip.NewWriter(&layer)
	_, _ = packed.Write(rootfs)
	_ = packed.Close()
	labels := maps.Clone(testLabels)
	labels["io.resnics.test.image"] = made.label
	config, _ := json.Marshal(map[string]any{
		"architecture": arch, "os": "linux", "config": map[string]any{"Labels": labels},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digestOf(rootfs)}},
	})
	made.layer, made.config = digestOf(layer.Bytes()), digestOf(config)
	made.manifest, _ = json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType,
		"config": put("application/vnd.docker.container.image.v1+json", config),
		"layers": []any{put("application/vnd.docker.image.rootfs.diff.tar.gzip", layer.Bytes())},
	})
	return made
}

// listOf is a list of manifests with one image.
func listOf(made smallImage, arch string) []byte {
	list, _ := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": listType, "manifests": []any{map[string]any{
		"mediaType": manifestType, "digest": digestOf(made.manifest), "size": len(made.manifest),
		"platform": map[string]any{"os": "linux", "architecture": arch},
	}}})
	return list
}

// registryPusher puts images into a registry.
type registryPusher struct {
	base   string // its URL, with a user and a password if it wants them
	client *http.Client
}

// push puts an image into a registry without TLS.
func push(t *testing.T, address, tag string, made smallImage) (digest string) {
	t.Helper()
	return registryPusher{"http://" + address, http.DefaultClient}.push(t, tag, made)
}

// pushManifest does so with a manifest whose images are there.
func pushManifest(t *testing.T, address, tag, kind string, data []byte) (digest string) {
	t.Helper()
	return registryPusher{"http://" + address, http.DefaultClient}.manifest(t, tag, kind, data)
}

func (p registryPusher) push(t *testing.T, tag string, made smallImage) (digest string) {
	t.Helper()
	for sum, data := range made.blobs {
		began := p.send(t, http.MethodPost, p.base+"/v2/"+repository+"/blobs/uploads/", "", nil)
		to, err := began.Location()
		if err != nil {
			t.Fatal(err)
		}
		to.User = began.Request.URL.User
		to.RawQuery += "&digest=" + url.QueryEscape(sum)
		p.send(t, http.MethodPut, to.String(), "application/octet-stream", data)
	}
	return p.manifest(t, tag, manifestType, made.manifest)
}

func (p registryPusher) manifest(t *testing.T, tag, kind string, data []byte) (digest string) {
	t.Helper()
	p.send(t, http.MethodPut, p.base+"/v2/"+repository+"/manifests/"+tag, kind, data)
	return digestOf(data)
}

// send makes a request that must succeed.
func (p registryPusher) send(t *testing.T, method, address, kind string, data []byte) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	answer, err := p.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s %s", method, address, answer.Status, text)
	}
	return answer
}

// faultyProxy stands between an engine and a registry.
type faultyProxy struct {
	address string
	done    chan struct{}

	mu    sync.Mutex
	fault func(w http.ResponseWriter, r *http.Request, pass http.Handler) // nil: none
	path  string                                                          // that the fault is for: what the request's path contains
	left  int                                                             // how often it happens; below 0: always
	asked int                                                             // requests for that path
}

func newFaultyProxy(t *testing.T, registry string) *faultyProxy {
	t.Helper()
	p := &faultyProxy{done: make(chan struct{})}
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: registry})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := p.take(r.URL.Path); fault != nil {
			fault(w, r, pass)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	p.address = server.Listener.Addr().String()
	t.Cleanup(func() {
		close(p.done)
		server.CloseClientConnections()
		server.Close()
	})
	return p
}

func (p *faultyProxy) take(path string) func(http.ResponseWriter, *http.Request, http.Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault == nil || !strings.Contains(path, p.path) {
		return nil
	}
	p.asked++
	if p.left == 0 {
		return nil
	}
	p.left--
	return p.fault
}

// breaks lets requests fail from now on: times of them, or all if that is below 0.
func (p *faultyProxy) breaks(path string, times int, fault func(http.ResponseWriter, *http.Request, http.Handler)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.path, p.left, p.asked = fault, path, times, 0
}

// requests is how often the broken path was asked for.
func (p *faultyProxy) requests() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// answers is a fault: a status in place of the answer. The text gets what the client sent as its login.
func answers(status int, header http.Header, text string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		_, password, _ := r.BasicAuth()
		_, _ = io.WriteString(w, strings.ReplaceAll(text, "PASSWORD", password))
	}
}

// cutShort is a fault: half of the answer.
func cutShort(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	whole := httptest.NewRecorder()
	pass.ServeHTTP(whole, r)
	maps.Copy(w.Header(), whole.Header())
	w.WriteHeader(whole.Code)
	_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// stops is a fault: half of the answer, and then nothing.
func (p *faultyProxy) stops(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	whole := httptest.NewRecorder()
	pass.ServeHTTP(whole, r)
	maps.Copy(w.Header(), whole.Header())
	w.WriteHeader(whole.Code)
	_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	p.hangs(w, r, pass)
}

// hangs is a fault: nothing at all.
func (p *faultyProxy) hangs(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	select {
	case <-p.done:
	case <-r.Context().Done():
	}
	panic(http.ErrAbortHandler)
}

// ref is the reference of a tag, or of a digest, behind the proxy.
func (p *faultyProxy) ref(tag string) string {
	if strings.HasPrefix(tag, "sha256:") {
		return p.address + "/" + repository + "@" + tag
	}
	return p.address + "/" + repository + ":" + tag
}

// pulledOf returns how many images on the engine are that one.
func pulledOf(t *testing.T, e *Engine, made smallImage) int {
	t.Helper()
	marked := filters.NewArgs(filters.Arg("label", "io.resnics.test.image="+made.label))
	images, err := e.cli.ImageList(context.Background(), image.ListOptions{All: true, Filters: marked})
	if err != nil {
		t.Fatal(err)
	}
	return len(images)
}

// forThisMachine is an image for the engine's kind of machine.
func forThisMachine(t *testing.T, content string) smallImage {
	t.Helper()
	return newImage(t, runtime.GOARCH, content)
}
