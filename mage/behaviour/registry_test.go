// SPDX-License-Identifier: Apache-2.0

//go:build behaviour || integration

package behaviour

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// registry VARIABLE: starts docker-registry on loopback until the script ends, and sets the variable to its address. What the
// engine then has from there goes with it.
func registry(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: registry VARIABLE")
	}
	if _, err := exec.LookPath("docker-registry"); err != nil {
		install := exec.CommandContext(context.Background(), "/bin/sh", ts.MkAbs("scripts/host-packages.sh"), "docker-registry")
		if out, err := install.CombinedOutput(); err != nil {
			ts.Fatalf("this needs docker-registry: %v\n%s", err, out)
		}
	}
	dir, err := os.MkdirTemp("", "registry-")
	ts.Check(err)
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	config := filepath.Join(dir, "config.yml")
	const text = "version: 0.1\nhttp: {addr: '127.0.0.1:0'}\nstorage: {filesystem: {rootdirectory: "
	ts.Check(os.WriteFile(config, []byte(text+dir+"}}\n"), 0o600))
	cmd := exec.CommandContext(context.Background(), "docker-registry", "serve", config)
	said, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	found, read := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(read)
		defer close(found)
		listening := regexp.MustCompile(`listening on ([^ ",]+)`)
		for in := bufio.NewScanner(said); in.Scan(); {
			if at := listening.FindStringSubmatch(in.Text()); at != nil {
				found <- at[1]
			}
		}
	}()
	address := <-found
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
		removeImagesOf(address)
	})
	if address == "" {
		ts.Fatalf("docker-registry does not listen")
	}
	ts.Setenv(args[0], address)
}

// dropimages ADDRESS: removes what the engine has of a registry. It has what was pushed there, too.
func dropImages(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: dropimages ADDRESS")
	}
	removeImagesOf(args[0])
}

// removeImagesOf removes what the engine has of a registry, tags and digests.
func removeImagesOf(address string) {
	const format = "{{.Repository}} {{.Tag}} {{.Digest}}"
	out, err := exec.CommandContext(context.Background(), "docker", "images", "--digests", "--format", format).Output()
	if err != nil || address == "" {
		return
	}
	for line := range strings.Lines(string(out)) {
		parts := strings.Fields(line)
		if len(parts) != 3 || !strings.HasPrefix(parts[0], address+"/") { //nolint:mnd // repository, tag, digest
			continue
		}
		for _, ref := range []string{parts[0] + ":" + parts[1], parts[0] + "@" + parts[2]} {
			if !strings.Contains(ref, "<none>") {
				_ = exec.CommandContext(context.Background(), "docker", "rmi", ref).Run()
			}
		}
	}
}
