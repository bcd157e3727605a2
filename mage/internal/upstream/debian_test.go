// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func scripts(text string) fstest.MapFS {
	return fstest.MapFS{debianScript: {Data: []byte(text)}}
}

func needApt(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("no apt-get")
	}
}

func TestHostApt(t *testing.T) {
	needApt(t)
	dir := filepath.Join(t.TempDir(), `odd "name' $(x)`)
	must(t, os.Mkdir(dir, 0o755))
	var log bytes.Buffer
	apt := HostApt{scripts(`echo "$# $1 $2"; echo oops >&2; touch "$3/rdma-core_$2.orig.tar.gz.asc" "$3/rdma-core_$2.orig.tar.xz"`)}
	file, err := apt.Download(context.Background(), "sid", "65.0", dir, &log)
	must(t, err)
	if want := filepath.Join(dir, "rdma-core_65.0.orig.tar.xz"); file != want || log.String() != "3 sid 65.0\noops\n" {
		t.Errorf("got %s and log %q, want %s", file, log.String(), want)
	}
	if _, err := os.Stat(filepath.Join(dir, debianScript)); err == nil {
		t.Error("the script is left behind")
	}
}

func TestHostAptThatFails(t *testing.T) {
	needApt(t)
	for text, want := range map[string]string{
		"echo the reason >&2; exit 3": "exit status 3\nthe reason",
		"true":                        "has no rdma-core_65.0.orig.tar.",
	} {
		_, err := HostApt{scripts(text)}.Download(context.Background(), "sid", "65.0", t.TempDir(), io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	if _, err := (HostApt{fstest.MapFS{}}).Download(context.Background(), "sid", "65.0", t.TempDir(), io.Discard); err == nil {
		t.Error("no script is no error")
	}
	t.Setenv("PATH", t.TempDir())
	var own *MissingToolError
	if _, err := (HostApt{scripts("true")}).Download(context.Background(), "sid", "65.0", t.TempDir(), io.Discard); !errors.As(err, &own) || own.Tool != "apt-get" {
		t.Errorf("without apt-get: %v", err)
	}
}

// TestHostAptOnAFullDisk: what apt says of it is no fault of the archive, so nobody
// else is asked.
func TestHostAptOnAFullDisk(t *testing.T) {
	needApt(t)
	full := HostApt{scripts("echo 'E: Failed to fetch http://a.example/Sources  Error writing to file - write (28: No space left on device)'; exit 100")}
	dir := t.TempDir()
	other := false
	next := ContainerApt{Scripts: scripts("true"), Run: func(context.Context, ScriptJob) error { other = true; return nil }}
	_, err := AnyApt{full, next}.Download(context.Background(), "sid", "65.0", dir, io.Discard)
	var own *SpaceError
	if !errors.As(err, &own) || own.Path != dir || !strings.Contains(err.Error(), "no space left to write "+dir) || other {
		t.Errorf("got %v, and another was asked: %v", err, other)
	}
}

func TestHostAptCancelled(t *testing.T) {
	needApt(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	mine := errors.New("interrupted")
	dir := t.TempDir()
	pidFile := filepath.Join(dir, "pid")
	go func() {
		for {
			if text, _ := os.ReadFile(pidFile); strings.HasSuffix(string(text), "\n") {
				cancel(mine)
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	script := `sleep 600 & echo $! >"$3/pid"; sleep 600; wait`
	if _, err := (HostApt{scripts(script)}).Download(ctx, "sid", "65.0", dir, io.Discard); !errors.Is(err, mine) {
		t.Errorf("got %v, want the cause", err)
	}
	// What the script has started must have ended too; a zombie has no command line.
	text, err := os.ReadFile(pidFile)
	must(t, err)
	if line, _ := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(text)), "cmdline")); bytes.Contains(line, []byte("sleep")) {
		t.Error("a process of the script is still running")
	}
}

func TestContainerAptAndAnyApt(t *testing.T) {
	dir := t.TempDir()
	container := ContainerApt{Scripts: scripts("text"), Run: func(_ context.Context, job ScriptJob) error {
		if string(job.Script) != "text" || job.Suite != "sid" || job.Version != "65.0" {
			return errors.New("odd job")
		}
		return os.WriteFile(filepath.Join(job.DestDir, "rdma-core_65.0.orig.tar.gz"), nil, 0o644)
	}}
	broken := aptFunc(func(context.Context, string, string, string, io.Writer) (string, error) { return "", io.ErrClosedPipe })
	file, err := AnyApt{broken, container}.Download(context.Background(), "sid", "65.0", dir, io.Discard)
	if want := filepath.Join(dir, "rdma-core_65.0.orig.tar.gz"); err != nil || file != want {
		t.Errorf("got %s, %v", file, err)
	}
	if _, err := (AnyApt{broken, broken}).Download(context.Background(), "sid", "65.0", dir, io.Discard); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if _, err := (AnyApt{}).Download(context.Background(), "sid", "65.0", dir, io.Discard); err == nil {
		t.Error("no source is no error")
	}
}

func TestDebianSourceOutsideItsFolderIsRefused(t *testing.T) {
	outside := writeFile(t, filepath.Join(t.TempDir(), "f"), nil)
	apt := aptFunc(func(context.Context, string, string, string, io.Writer) (string, error) { return outside, nil })
	_, err := Resolve(context.Background(), Request{
		Version: testVersion, CacheDir: t.TempDir(), AptSource: apt,
		Origins: []Origin{{Kind: KindDebianSource, File: "d", Suite: "sid"}},
	})
	if err == nil || !strings.Contains(err.Error(), "not below") {
		t.Errorf("got %v", err)
	}
}
