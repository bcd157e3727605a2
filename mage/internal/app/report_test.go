// SPDX-License-Identifier: Apache-2.0

package app

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// archived are the files of an archive.
func archived(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for tr := tar.NewReader(unpacked); ; {
		head, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		files[head.Name] = string(data)
	}
}

// A part that fails ends none of the others, and the archive has what describes all of them.
func TestReportGoesOn(t *testing.T) {
	b := newTrial(t)
	home, host := filepath.Dir(b.dirs.dist), "machine-of-somebody"
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache))) // what is compiled already is not compiled again
	t.Setenv("HOME", home)
	b.dirs.logs = filepath.Join(home, "logs")
	packages := b.engine.Answer
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		if !slices.ContainsFunc(run.Argv, func(arg string) bool { return strings.HasSuffix(arg, "distro-probe.sh") }) {
			return packages(run)
		}
		_, err := io.WriteString(run.Stdout, "=os ID\tx\n")
		return containers.Result{}, err
	}
	putFile(t, filepath.Join(b.dirs.dist, "rocky9", "other", "logs", "a.log"), "in "+home+"/x of "+host+" by http://me:secret@proxy:3128/\n")
	putFile(t, filepath.Join(b.dirs.dist, "rocky9", "other", "b.txt"), "not verbsmith's")
	err = b.DistroReport(t.Context())
	for _, part := range []string{"probe: rocky9: 1 unexpected differences (os ID)", "kernel: "} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want it to say %q", err, part)
		}
	}
	b.said(t, nil, "| probe ", "FAIL", "| toolchain      | pass", "| stock packages | pass", "| packages       | pass", "| same bytes     | pass",
		"| integration    | pass", "| add-on         | pass", "| kernel ", "rocky9/report.tar.gz\n")
	files := archived(t, filepath.Join(b.dirs.dist, "rocky9", reportFile))
	for name, text := range files {
		if strings.HasSuffix(name, ".rpm") || strings.HasSuffix(name, ".txt") && !strings.HasSuffix(name, "/"+probeFile) && name != "report/summary.txt" {
			t.Errorf("%s is in the archive", name)
		}
		if strings.Contains(text, home) || strings.Contains(text, "secret") {
			t.Errorf("%s names what is this machine's:\n%s", name, text)
		}
	}
	for name, want := range map[string]string{
		"report/summary.txt":                                 "kernel: FAIL: ",
		"report/dist/probe.txt":                              "os ID = x",
		"report/dist/other/logs/a.log":                       "in HOME/x of ",
		"report/dist/rdma-core-56.1/manifest.json":           `"distro": "rocky9"`,
		"report/dist/rdma-core-56.1/junit.xml":               "ibv_devices lists fly0",
		"report/dist/rdma-core-56.1.stock/manifest.json":     `"distro": "rocky9"`,
		"report/dist/rdma-core-56.1.addon-fly/junit.xml":     "the add-on",
		"report/dist/rdma-core-56.1.addon-fly/manifest.json": `"provider": "fly"`,
	} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s: want %q in\n%s", name, want, files[name])
		}
	}
}

func TestReportThatCannotBegin(t *testing.T) {
	for name, set := range map[string]func(*trial){
		"no provider":       func(b *trial) { b.flags.Provider = new("none") },
		"an unknown distro": func(b *trial) { b.flags.Distro = new(allDistros) },
	} {
		b := newTrial(t)
		set(b)
		if err := b.DistroReport(t.Context()); err == nil || len(b.engine.Runs()) > 0 {
			t.Errorf("%s: got %v after %d containers", name, err, len(b.engine.Runs()))
		}
	}
	b := newTrial(t)
	ctx, stop := context.WithCancel(t.Context())
	b.engine.Answer = func(stagetest.Run) (containers.Result, error) {
		stop()
		return containers.Result{}, ctx.Err()
	}
	if err := b.DistroReport(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupt: got %v", err)
	}
	if _, err := os.Stat(filepath.Join(b.dirs.dist, "rocky9", reportFile)); err == nil {
		t.Error("an interrupted report has an archive")
	}
}

// What names the machine is replaced, and nothing that only looks like it.
func TestAnonymous(t *testing.T) {
	b := newTrial(t)
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	got := string(b.anonymous()("on " + host + ", not " + host + "x: " + b.dirs.root + "/a https://u:p@h/"))
	if want := "on HOST, not " + host + "x: REPOSITORY/a https://***@h/"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
