// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
)

// behindProxy is a name that only the proxy resolves.
const behindProxy = "http://behind-the-proxy.test/"

// forwardProxy is an HTTP proxy with a password, at an address of the engine's default bridge.
func forwardProxy(t *testing.T, e *Engine) (url string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(onBridge(t, e), "0"))
	if err != nil {
		t.Fatal("the proxy needs an engine on this machine:", err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
		if user, password, _ := asked.BasicAuth(); user != "user" || password != "verysecret" {
			http.Error(w, "no", http.StatusProxyAuthRequired)
			return
		}
		_, _ = fmt.Fprintf(w, "%s through the proxy, which got %s\n", r.URL, r.Header.Get("Proxy-Authorization"))
	}))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return "http://user:verysecret@" + listener.Addr().String()
}

// onBridge returns this machine's address on the engine's default bridge.
func onBridge(t *testing.T, e *Engine) string {
	t.Helper()
	bridge, err := e.cli.NetworkInspect(t.Context(), "bridge", network.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if e.podman() { // the bridge is there as long as a container uses it
		user := probe("sleep")
		log := newGate("asleep")
		user.Network, user.Log = true, log
		ctx, stop := context.WithCancel(context.Background())
		var done sync.WaitGroup
		done.Go(func() { _, _ = e.Run(ctx, user) })
		t.Cleanup(func() { stop(); done.Wait() })
		log.wait(t)
	}
	mine, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range bridge.IPAM.Config {
		_, subnet, err := net.ParseCIDR(config.Subnet)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range mine {
			if found, ok := address.(*net.IPNet); ok && subnet.Contains(found.IP) {
				return found.IP.String()
			}
		}
	}
	t.Fatalf("the proxy needs an engine on this machine, with an address on its bridge: %+v", bridge.IPAM)
	return ""
}

// withShell returns an image with the probe and this machine's shell.
func withShell(t *testing.T, e *Engine) string {
	t.Helper()
	listed, err := exec.CommandContext(t.Context(), "ldd", "/bin/sh").Output()
	if err != nil {
		t.Fatal(err)
	}
	var files [][]any
	for _, file := range append(regexp.MustCompile(`/\S+`).FindAllString(string(listed), -1), "/bin/sh") {
		real, err := filepath.EvalSymlinks(file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(real)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, []any{tar.Header{Name: file[1:], Typeflag: tar.TypeReg, Mode: 0o755}, string(data)})
	}
	program, err := e.ReadFile(t.Context(), probeImage, nil, "/probe")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, []any{tar.Header{Name: "probe", Typeflag: tar.TypeReg, Mode: 0o755}, string(program)})
	rootfs, err := tarOf(join(files...)...)
	if err != nil {
		t.Fatal(err)
	}
	id, err := e.Import(t.Context(), bytes.NewReader(rootfs), "verbsmith-test/shell:"+testMark, testLabels)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// connectBehind returns an engine for a user with that proxy.
func connectBehind(t *testing.T, proxy string) *Engine {
	t.Helper()
	setProxies(t, map[string]string{"http_proxy": proxy})
	return connect(t)
}

// clean fails if an image has anything of the proxy: in its configuration, that of its container, history, labels, or files.
func clean(t *testing.T, e *Engine, id, proxy string) {
	t.Helper()
	inspected, err := exec.CommandContext(t.Context(), "docker", "image", "inspect", id).Output()
	if err != nil {
		t.Fatal(err)
	}
	history, err := e.cli.ImageHistory(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	passed, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := e.cli.ImageSave(t.Context(), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	layers, err := io.ReadAll(saved)
	if err != nil {
		t.Fatal(err)
	}
	_, address, _ := strings.Cut(proxy, "@")
	for _, leak := range []string{"verysecret", address, "tp_proxy=", "TP_PROXY="} {
		for what, text := range map[string][]byte{"inspect": inspected, "history": passed, "archive": layers} {
			if bytes.Contains(text, []byte(leak)) && !strings.Contains(leak, "=") || what != "archive" && bytes.Contains(text, []byte(leak)) {
				t.Errorf("%s has %s: %.4000s", what, leak, text)
			}
		}
	}
}

func TestRunReachesWhatIsBehindTheProxy(t *testing.T) {
	plain := connect(t)
	proxy := forwardProxy(t, plain)
	shell := withShell(t, plain)
	e := connectBehind(t, proxy)
	var log bytes.Buffer
	spec := RunSpec{
		Name: "proxied", Image: shell, Argv: []string{"/probe", "get", behindProxy}, Labels: testLabels,
		Log: &log, Network: true, Root: true, Commit: "verbsmith-test/proxied:" + testMark,
	}
	result, err := e.Run(t.Context(), spec)
	if err != nil || result.ExitCode != 0 {
		t.Fatalf("%v %d\n%s", err, result.ExitCode, log.String())
	}
	if got := log.String(); !strings.Contains(got, behindProxy+" through the proxy, which got Basic ***\n") || strings.Contains(got, "verysecret") {
		t.Errorf("got %s", got)
	}
	clean(t, e, result.Image, proxy)

	// Nothing is on the command's standard input, and its status is the run's.
	spec = RunSpec{Name: "status", Image: shell, Argv: []string{"/bin/sh", "-c", "read -r line && exit 1; exit 7"}, Labels: testLabels, Network: true}
	if result, err := e.Run(t.Context(), spec); err != nil || result.ExitCode != 7 {
		t.Errorf("%v, %d", err, result.ExitCode)
	}
	// Without a network there are no proxies, and no shell is needed.
	if got := stdout(t, e, probe("env")); strings.Contains(strings.ToLower(got), "proxy") {
		t.Errorf("without a network: %s", got)
	}
}

func TestBuildReachesWhatIsBehindTheProxy(t *testing.T) {
	plain := connect(t)
	proxy := forwardProxy(t, plain)
	e := connectBehind(t, proxy)
	build := func(e *Engine) (id, log string) {
		t.Helper()
		var out bytes.Buffer
		spec := buildSpec(t, "proxied-build", `RUN ["/probe", "get", "`+behindProxy+`"]`, "COPY file /file")
		spec.Network, spec.Log = true, &out
		id, err := e.Build(t.Context(), spec)
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		return id, out.String()
	}
	id, log := build(e)
	if !strings.Contains(log, behindProxy+" through the proxy, which got Basic ***\n") || strings.Contains(log, "verysecret") {
		t.Errorf("got %s", log)
	}
	clean(t, e, id, proxy)
	for _, parent := range parents(t, e, id) {
		clean(t, e, parent, proxy)
	}
	// Another proxy makes no other image.
	if same, log := build(connectBehind(t, strings.Replace(proxy, "verysecret", "another", 1))); same != id || !strings.Contains(log, "Using cache") {
		t.Errorf("%s became %s\n%s", id, same, log)
	}
}

// parents returns the images that a build left between its base and its result.
func parents(t *testing.T, e *Engine, id string) []string {
	t.Helper()
	all, err := e.cli.ImageList(t.Context(), image.ListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, i := range all {
		if i.Labels[testLabel] == testMark && i.ID != id && i.ParentID != "" {
			found = append(found, i.ID)
		}
	}
	return found
}
