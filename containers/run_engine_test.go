// SPDX-License-Identifier: Apache-2.0

//go:build engine

package containers

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestRunGivesStatusAndOutput(t *testing.T) {
	e := connect(t)
	for _, code := range []string{"0", "3", "255"} {
		var log, out bytes.Buffer
		spec := probe("say", "to stdout", "to stderr", code)
		spec.Log, spec.Stdout = &log, &out
		result, err := e.Run(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"0": 0, "3": 3, "255": 255}[code]; result.ExitCode != want {
			t.Errorf("exit %s: got %d", code, result.ExitCode)
		}
		if out.String() != "to stdout\n" {
			t.Errorf("stdout: %q", out.String())
		}
		if !strings.Contains(log.String(), "to stdout\n") || !strings.Contains(log.String(), "to stderr\n") {
			t.Errorf("log: %q", log.String())
		}
		if (result.Err(spec, "") == nil) != (code == "0") {
			t.Errorf("exit %s: %v", code, result.Err(spec, ""))
		}
	}
	if left := leftOf(t, e, e.run.id); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestRunLosesNoOutput(t *testing.T) {
	e := connect(t)
	out := stdout(t, e, probe("lines", "20000"))
	if n := strings.Count(out, "\n"); n != 20000 || !strings.HasPrefix(out, "line 0\n") || !strings.HasSuffix(out, "line 19999\n") {
		t.Errorf("%d lines, from %.20q", n, out)
	}
	// Commands that end at once are those whose output a late attach misses.
	for range 5 {
		if out := stdout(t, e, probe("say", "short", "", "0")); out != "short\n" {
			t.Errorf("got %q", out)
		}
	}
}

func TestRunsAtOnce(t *testing.T) {
	e := connect(t)
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			var out bytes.Buffer
			spec, want := probe("say", fmt.Sprint("run ", i), "", strconv.Itoa(i)), fmt.Sprintf("run %d\n", i)
			spec.Stdout = &out
			if result, err := e.Run(t.Context(), spec); err != nil || result.ExitCode != i || out.String() != want {
				t.Errorf("%d: %+v %v %q", i, result, err, out.String())
			}
		})
	}
	all.Wait()
}

func TestRunIsHermetic(t *testing.T) {
	e := connect(t)
	got := stdout(t, e, probe("who"))
	want := "NoNewPrivs: 1"
	for _, want := range []string{want, "CapEff: 0000000000000000", "CapBnd: 0000000000000000", "uid 65534 gid 65534", "host verbsmith"} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "eth0") {
		t.Errorf("there is a network:\n%s", got)
	}
}

func TestRunAsRootWithNetwork(t *testing.T) {
	e := connect(t)
	spec := probe("who")
	spec.Root, spec.Network = true, true
	got := stdout(t, e, spec)
	// chown, dac_override, fowner, fsetid, setgid, setuid, setfcap; of linux/capability.h
	const caps = "00000000800000db"
	for _, want := range []string{"uid 0 gid 0\n", "NoNewPrivs: 1\n", "CapEff: " + caps + "\n", "CapBnd: " + caps + "\n", "link eth0\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}

func TestRunTakesHostileArguments(t *testing.T) {
	e := connect(t)
	spec := probe("args", `a "b" 'c'`, "new\nline", "$HOME `id` %s", "")
	if got, want := stdout(t, e, spec), `["a \"b\" 'c'" "new\nline" "$HOME `+"`id`"+` %s" ""]`+"\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	spec = probe("env")
	spec.Env = map[string]string{"B": "two\nlines", "A": `"$PATH" %s`}
	if got := stdout(t, e, spec); !strings.Contains(got, "A=\"$PATH\" %s\nB=two\nlines\n") {
		t.Errorf("got %s", got)
	}
	spec = probe("say", "ok", "", "0")
	spec.Name = "../\"odd\" näme\n%s"
	if got := stdout(t, e, spec); got != "ok\n" {
		t.Errorf("got %s", got)
	}
}

func TestRunAppliesSeccompProfile(t *testing.T) {
	const rdma = "20"
	e := connect(t)
	spec := probe("netlink", rdma)
	if got := stdout(t, e, spec); strings.Contains(got, "operation not permitted") {
		t.Errorf("refused without a profile: %s", got)
	}
	spec.Seccomp = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_ERRNO","errnoRet":1,
		"args":[{"index":0,"value":16,"op":"SCMP_CMP_EQ"},{"index":2,"value":20,"op":"SCMP_CMP_EQ"}]}]}`
	if got := stdout(t, e, spec); !strings.Contains(got, "operation not permitted") {
		t.Errorf("not refused: %s", got)
	}
}

func TestRunGivesDevices(t *testing.T) {
	const node = "/dev/kmsg" // every Linux has it, and no container
	e := connect(t)
	spec := probe("stat", node)
	if result, err := e.Run(t.Context(), spec); err != nil || result.ExitCode == 0 {
		t.Errorf("without being asked for: %+v %v", result, err)
	}
	spec.Devices = []string{node}
	if got := stdout(t, e, spec); !strings.Contains(got, node) {
		t.Errorf("got %q", got)
	}
	spec.Devices = []string{"/dev/verbsmith-none"}
	if _, err := e.Run(t.Context(), spec); err == nil {
		t.Error("a device that the machine does not have is an error")
	}
}

func TestRunReportsSignalAndMemory(t *testing.T) {
	e := connect(t)
	spec := probe("hangup")
	result, err := e.Run(t.Context(), spec)
	if err != nil || result.ExitCode != 128+int(syscall.SIGHUP) {
		t.Errorf("hangup: %+v %v", result, err)
	}
	if limitsNothing(t, e) {
		return
	}
	spec = probe("eat")
	spec.Limits.Memory = 32 << 20
	result, err = e.Run(t.Context(), spec)
	if err != nil || result.OOMKilled == silentOnMemory(t, e) || result.ExitCode != 137 {
		t.Errorf("eat: %+v %v", result, err)
	}
}

// limitsNothing says whether the engine has no cgroups to limit a container with: a rootless one with cgroup version 1.
func limitsNothing(t *testing.T, e *Engine) bool {
	t.Helper()
	machine, err := e.cli.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e.Info.Rootless && machine.CgroupVersion != "2"
}

// silentOnMemory says whether the engine does not report processes that the kernel kills for want of memory: conmon, of
// Podman, loses them with cgroup version 1.
func silentOnMemory(t *testing.T, e *Engine) bool {
	t.Helper()
	machine, err := e.cli.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return e.podman() && machine.CgroupVersion != "2"
}

// A child that the kernel kills for want of memory is a failure, also of a command that ends with 0.
func TestRunFailsWhenAChildRunsOutOfMemory(t *testing.T) {
	e := connect(t)
	if limitsNothing(t, e) {
		t.Skip("this engine cannot limit memory")
	}
	spec := probe("parent", "eat")
	spec.Limits.Memory = 32 << 20
	result, err := e.Run(t.Context(), spec)
	met := (*LimitError)(nil)
	if silentOnMemory(t, e) && err == nil && !result.OOMKilled {
		t.Skip("not reported by this engine: scripts/limits.sh, under which every script runs, reads it in the container")
	}
	if failed := result.Err(spec, ""); err != nil || result.ExitCode != 0 || !errors.As(failed, &met) || met.Limit != LimitMemory {
		t.Errorf("%+v %v: %v", result, err, failed)
	}
}

func TestRunLimitsProcesses(t *testing.T) {
	e := connect(t)
	if limitsNothing(t, e) {
		t.Skip("this engine cannot limit processes")
	}
	spec := probe("limit", "pids")
	spec.Limits.Processes = 42
	if got := stdout(t, e, spec); got != "42\n" {
		t.Errorf("got %q", got)
	}
}

// The output of a run ends where its limit is, however fast it comes, and the container is gone.
func TestRunLimitsOutput(t *testing.T) {
	e := connect(t)
	spec := probe("lines", "1000000000")
	spec.Limits.Log = 1 << 20
	var log bytes.Buffer
	spec.Log = &log
	_, err := e.Run(t.Context(), spec)
	met := (*LimitError)(nil)
	if !errors.As(err, &met) || met.Limit != LimitLog || log.Len() > 1<<20 {
		t.Errorf("got %v, %d bytes", err, log.Len())
	}
	if left := leftOf(t, e, e.run.id); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestRunLimitsTime(t *testing.T) {
	e := connect(t)
	spec := probe("sleep")
	spec.Limits.Time = 2 * time.Second
	_, err := e.Run(t.Context(), spec)
	if met := (*LimitError)(nil); !errors.As(err, &met) || met.Limit != LimitTime {
		t.Errorf("got %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	e := connect(t)
	missing := probe("who")
	missing.Image = "verbsmith-test/none:at-all"
	_, err := e.Run(t.Context(), missing)
	if none := (*NoImageError)(nil); !errors.As(err, &none) {
		t.Errorf("missing image: %v", err)
	}
	none := probe()
	none.Argv = []string{"/no/such/program"}
	result, err := e.Run(t.Context(), none)
	if err == nil && result.ExitCode != 127 && !(e.podman() && result.ExitCode == 1) { // catatonit ends with 1
		t.Errorf("missing program: %+v %v", result, err)
	}
	t.Log("missing program:", result, err)
	broken := errors.New("log disk is full")
	loud := probe("lines", "100000")
	loud.Log = writerFunc(func([]byte) (int, error) { return 0, broken })
	if _, err = e.Run(t.Context(), loud); !errors.Is(err, broken) {
		t.Errorf("broken log: %v", err)
	}
	full := probe("full")
	result, err = e.Run(t.Context(), full)
	if err != nil || !errors.Is(result.Err(full, ""), syscall.ENOSPC) {
		t.Errorf("full disk: %v %v", err, result.Err(full, ""))
	}
	if left := leftOf(t, e, e.run.id); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestInputsKeepOwnersAlsoOnVolumes(t *testing.T) {
	e := connect(t)
	volume := "verbsmith-test-" + randomID()
	if err := e.EnsureVolume(t.Context(), volume, testLabels); err != nil {
		t.Fatal(err)
	}
	stream, err := tarOf(
		tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o640, Uid: 1234, Gid: 1235}, "hello",
	)
	if err != nil {
		t.Fatal(err)
	}
	spec := probe("stat", "/vol", "/vol/file", "/new/deep", "/new/deep/file", "/new", "/vol/in", "/vol/in/deep", "/vol/in/deep/file")
	spec.User = "1234:1235"
	spec.Volumes = []VolumeMount{{Name: volume, Path: "/vol", UID: 1234, GID: 1235}}
	write := func(w io.Writer) error {
		file, err := tarOf(tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o600, Uid: 1, Gid: 2}, "x")
		_, writeErr := w.Write(file)
		return errors.Join(err, writeErr)
	}
	spec.Inputs = []Input{
		{Path: "/vol", Tar: bytes.NewReader(stream)},
		{Path: "/new/deep", UID: 7, GID: 8, Write: write},
		{Path: "/vol/in/deep", UID: 9, GID: 10, Write: write},
	}
	want := "/vol drwxr-xr-x 1234:1235\n/vol/file -rw-r----- 1234:1235\n" +
		"/new/deep drwxr-xr-x 7:8\n/new/deep/file -rw------- 1:2\n/new drwxr-xr-x 7:8\n" +
		"/vol/in drwxr-xr-x 9:10\n/vol/in/deep drwxr-xr-x 9:10\n/vol/in/deep/file -rw------- 1:2\n"
	if got := stdout(t, e, spec); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	// The volume outlives its container, and can be read without starting one.
	data, err := e.ReadFile(t.Context(), probeImage, spec.Volumes, "/vol/file")
	if err != nil || string(data) != "hello" {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err = e.ReadFile(t.Context(), probeImage, spec.Volumes, "/vol/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := e.RemoveVolume(t.Context(), volume); err != nil {
		t.Error(err)
	}
	if err := e.RemoveVolume(t.Context(), volume); err != nil {
		t.Errorf("a missing one: %v", err)
	}
}

// A volume without a name takes input and gives output like any other, and goes with its container.
func TestVolumeOfTheRun(t *testing.T) {
	e := connect(t)
	stream, err := tarOf(tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o640, Uid: 1234, Gid: 1235}, "hello")
	if err != nil {
		t.Fatal(err)
	}
	spec := probe("stat", "/vol", "/vol/file")
	spec.User = "1234:1235"
	spec.Volumes = []VolumeMount{{Path: "/vol", UID: 1234, GID: 1235}}
	spec.Inputs = []Input{{Path: "/vol", Tar: bytes.NewReader(stream)}}
	out := filepath.Join(t.TempDir(), "out")
	spec.Outputs = []Output{{Path: "/vol", Dir: out}}
	if got, want := stdout(t, e, spec), "/vol drwxr-xr-x 1234:1235\n/vol/file -rw-r----- 1234:1235\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if data, err := os.ReadFile(filepath.Join(out, "file")); err != nil || string(data) != "hello" {
		t.Errorf("got %q, %v", data, err)
	}
	left, err := e.ourVolumes(t.Context())
	left = slices.DeleteFunc(left, func(o Object) bool { return o.Labels[RunLabel] != e.run.id }) // others come and go
	if err != nil || len(left) > 0 {
		t.Errorf("left are %v: %v", left, err)
	}
}

// A run reads its volume before anything is copied in, and may end there without a start.
func TestPrepare(t *testing.T) {
	e := connect(t)
	volume := "verbsmith-test-" + randomID()
	t.Cleanup(func() {
		if err := e.RemoveVolume(context.Background(), volume); err != nil {
			t.Error(err)
		}
	})
	enough := errors.New("enough")
	for _, want := range []string{"", "x"} {
		spec := probe("stat", "/vol/file")
		spec.Volumes = []VolumeMount{{Name: volume, Path: "/vol"}}
		spec.Prepare = func(read func(string) ([]byte, error)) ([]Input, error) {
			data, err := read("/vol/file")
			if err == nil {
				err = enough
			} else if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			if string(data) != want {
				t.Errorf("read %q, want %q", data, want)
			}
			stream, tarErr := tarOf(tar.Header{Name: "file", Typeflag: tar.TypeReg, Mode: 0o640, Uid: 1, Gid: 2}, "x")
			return []Input{{Path: "/vol", Tar: bytes.NewReader(stream)}}, errors.Join(err, tarErr)
		}
		if want != "" {
			if _, err := e.Run(t.Context(), spec); !errors.Is(err, enough) {
				t.Errorf("got %v", err)
			}
		} else if got := stdout(t, e, spec); got != "/vol/file -rw-r----- 1:2\n" {
			t.Errorf("got %s", got)
		}
	}
	if left := leftOf(t, e, e.run.id); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestInputWriterFails(t *testing.T) {
	e := connect(t)
	broken := errors.New("the source is gone")
	spec := probe("who")
	spec.Inputs = []Input{{Path: "/in", Write: func(w io.Writer) error {
		stream, err := tarOf(tar.Header{Name: "half", Typeflag: tar.TypeReg, Mode: 0o600}, strings.Repeat("x", 5000))
		if err == nil {
			_, err = w.Write(stream[:2000])
		}
		return errors.Join(err, broken)
	}}}
	if _, err := e.Run(t.Context(), spec); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestOutputs(t *testing.T) {
	e := connect(t)
	dir := filepath.Join(t.TempDir(), "out")
	spec := probe("tree")
	spec.Outputs = []Output{{Path: "/tmp/tree", Dir: dir}, {Path: "/tmp/tree/sub/file", Dir: dir}, {Path: "/none", Dir: dir, Optional: true}}
	if _, err := e.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"sub/file": "content\n", "link": "content\n", "hard": "content\n", "file": "content\n", "odd \"name'\n%s": "odd"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "sub/file"))
	if err != nil || info.Mode() != 0o640 || info.ModTime().Unix() != 1700000000 {
		t.Errorf("%v, %v", info, err)
	}
	if owner := info.Sys().(*syscall.Stat_t); int(owner.Uid) != os.Getuid() {
		t.Errorf("owner %d", owner.Uid)
	}
	for _, what := range []string{"badlink", "fifo"} {
		spec := probe(what)
		spec.Outputs = []Output{{Path: "/tmp", Dir: t.TempDir()}}
		_, err := e.Run(t.Context(), spec)
		if unsafe := (*UnsafeEntryError)(nil); !errors.As(err, &unsafe) {
			t.Errorf("%s: %v", what, err)
		}
	}
	failing, kept, not := probe("say", "", "", "1"), t.TempDir(), t.TempDir()
	failing.Outputs = []Output{{Path: "/probe", Dir: kept, Always: true}, {Path: "/probe", Dir: not}}
	if result, err := e.Run(t.Context(), failing); err != nil || result.ExitCode != 1 {
		t.Errorf("%+v %v", result, err)
	}
	_, errKept := os.Stat(filepath.Join(kept, "probe"))
	if _, err := os.Stat(filepath.Join(not, "probe")); errKept != nil || err == nil {
		t.Errorf("of a failed command: %v, %v", errKept, err)
	}
	missing := probe("who")
	missing.Outputs = []Output{{Path: "/none", Dir: dir}}
	if _, err := e.Run(t.Context(), missing); err == nil || !strings.Contains(err.Error(), "/none") {
		t.Errorf("missing: %v", err)
	}
}

func TestCommitKeepsTheImagesOwnCommand(t *testing.T) {
	e := connect(t)
	ref := "verbsmith-test/committed:" + testMark
	spec := probe("write", "/made", "by the run")
	spec.Root, spec.Commit, spec.WorkDir = true, ref, "/tmp"
	spec.Labels = map[string]string{testLabel: testMark, "odd": `"quoted" $HOME \`}
	result, err := e.Run(t.Context(), spec)
	if err = errors.Join(err, result.Err(spec, "")); err != nil {
		t.Fatal(err)
	}
	if id, ok, err := e.ImageID(t.Context(), ref); !ok || id != result.Image || err != nil {
		t.Errorf("%s %v %v, want %s", id, ok, err, result.Image)
	}
	if data, err := e.ReadFile(t.Context(), ref, nil, "/made"); string(data) != "by the run" {
		t.Errorf("%q %v", data, err)
	}
	made, err := e.inspectImage(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	c := made.Config
	if len(c.Entrypoint) != 0 || len(c.Cmd) != 0 || c.WorkingDir != "/" || c.Labels[Label] != "1" ||
		c.Labels["odd"] != spec.Labels["odd"] || c.Labels[RunLabel] != e.run.id {
		t.Errorf("%+v", c)
	}
	failing := probe("say", "", "", "1")
	failing.Commit = "verbsmith-test/failed:" + testMark
	if _, err := e.Run(t.Context(), failing); err != nil {
		t.Error(err)
	}
	if _, ok, _ := e.ImageID(t.Context(), failing.Commit); ok {
		t.Error("a failed run was committed")
	}
}

func TestCancelRemovesTheContainer(t *testing.T) {
	e := connect(t)
	reason := errors.New("the user pressed Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	log := newGate("asleep")
	spec := probe("sleep")
	spec.Log = log
	done := make(chan error, 1)
	go func() {
		_, err := e.Run(ctx, spec)
		done <- err
	}()
	log.wait(t)
	began := time.Now()
	cancel(reason)
	err := <-done
	t.Log("cancelled in", time.Since(began))
	if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left := leftOf(t, e, e.run.id); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestCancelAtAnyMomentLeavesNothing(t *testing.T) {
	e := connect(t)
	for delay := time.Duration(0); delay < 400*time.Millisecond; delay += 20 * time.Millisecond {
		ctx, cancel := context.WithTimeout(t.Context(), delay)
		_, err := e.Run(ctx, probe("sleep"))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", delay, err)
		}
		if left := leftOf(t, e, e.run.id); len(left) > 0 {
			t.Errorf("after %v, left: %v", delay, left)
		}
	}
}
