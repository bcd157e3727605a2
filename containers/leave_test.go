// SPDX-License-Identifier: Apache-2.0

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
	"strings"
	"testing"
)

// A command that fails leaves no image, and only the outputs that are always taken.
func TestFailedCommandLeavesNothing(t *testing.T) {
	for _, code := range []int{0, 3} {
		f := useFake(t)
		e := connectFake(t)
		f.gives(archiveOf(t, fileEntry("out/file", "content")))
		f.answer("wait", fmt.Sprintf(`{"StatusCode":%d}`, code))
		f.answer("inspect", fmt.Sprintf(`{"Id":"c1c1c1c1c1c1","State":{"Status":"exited","ExitCode":%d}}`, code))
		dir := t.TempDir()
		var steps []string
		result, err := e.Run(t.Context(), RunSpec{
			Name: "test", Image: "i", Argv: []string{"true"}, Commit: "made", Step: func(name string) { steps = append(steps, name) },
			Outputs: []Output{{Path: "/out", Dir: filepath.Join(dir, "made")}, {Path: "/out", Dir: filepath.Join(dir, "always"), Always: true}},
		})
		if err != nil || result.ExitCode != code {
			t.Fatalf("got %+v, %v", result, err)
		}
		_, made := os.Stat(filepath.Join(dir, "made/file"))
		_, always := os.Stat(filepath.Join(dir, "always/file"))
		if (made == nil) != (code == 0) || always != nil {
			t.Errorf("exit status %d: the outputs are %v and %v", code, made, always)
		}
		if (result.Image != "") != (code == 0) || (f.times("commit") > 0) != (code == 0) {
			t.Errorf("exit status %d: the image is %q", code, result.Image)
		}
		commit := map[int]string{0: " commit"}[code]
		if got, want := strings.Join(steps, " "), "create copy-in start run copy-out"+commit+" remove"; got != want {
			t.Errorf("exit status %d: the steps are %q, want %q", code, got, want)
		}
	}
}

// A path that is missing is an error, unless the output is optional.
func TestMissingOutput(t *testing.T) {
	for _, optional := range []bool{false, true} {
		f := useFake(t)
		e := connectFake(t)
		f.lacks("get")
		_, err := e.Run(t.Context(), RunSpec{
			Name: "test", Image: "i", Argv: []string{"true"}, Outputs: []Output{{Path: "/out", Dir: t.TempDir(), Optional: optional}},
		})
		if (err == nil) != optional {
			t.Errorf("optional %t: %v", optional, err)
		}
	}
}

// entries are the entries of a stream: name, mode, owner.
func entries(t *testing.T, stream []byte) []string {
	t.Helper()
	var all []string
	for r := tar.NewReader(bytes.NewReader(stream)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %o %d:%d", h.Name, h.Mode, h.Uid, h.Gid))
	}
}

// The directories of an input that are missing are made for its owner, the outermost first, and a volume is given to its own.
func TestInputs(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	f.lacks("stat")
	_, err := e.Run(t.Context(), RunSpec{
		Name: "test", Image: "i", Argv: []string{"true"},
		Volumes: []VolumeMount{{Name: "vol", Path: "/v/", UID: 7, GID: 8}, {Name: "vol2", Path: "/r", UID: 7, ReadOnly: true}, {Path: "/root"}},
		Inputs: []Input{{Path: "/a/b", UID: 5, GID: 6, Write: func(w io.Writer) error {
			_, err := w.Write([]byte("stream"))
			return err
		}}},
	})
	if err != nil || len(f.put) != 3 {
		t.Fatalf("%d streams, %v", len(f.put), err)
	}
	if got := entries(t, f.put[0]); !slices.Equal(got, []string{"v/ 755 7:8"}) {
		t.Errorf("the volume: got %q", got)
	}
	if got := entries(t, f.put[1]); !slices.Equal(got, []string{"a/ 755 5:6", "a/b/ 755 5:6"}) {
		t.Errorf("the directories: got %q", got)
	}
	if string(f.put[2]) != "stream" {
		t.Errorf("the input: got %q", f.put[2])
	}
}

// What an input's writer says is the reason, and no command runs.
func TestInputThatFails(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	broken := errors.New("broken")
	_, err := e.Run(t.Context(), RunSpec{
		Name: "test", Image: "i", Argv: []string{"true"}, Inputs: []Input{{Path: "/", Write: func(io.Writer) error { return broken }}},
	})
	if !errors.Is(err, broken) || f.times("start") > 0 {
		t.Errorf("got %v after %d starts", err, f.times("start"))
	}
}

// An image that is committed is started like the one that it came from.
func TestReadFileOfAnImage(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	stream, err := tarOf(fileEntry("f", "content")...)
	if err != nil {
		t.Fatal(err)
	}
	f.gives(stream)
	if data, err := e.ReadFile(t.Context(), "i", nil, "/f"); err != nil || string(data) != "content" || f.times("start") > 0 {
		t.Errorf("got %q, %v", data, err)
	}
	f.lacks("get")
	if _, err := e.ReadFile(t.Context(), "i", nil, "/f"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := e.ReadFile(t.Context(), "i", []VolumeMount{{Name: "..", Path: "/x"}}, "/f"); err == nil {
		t.Error("a volume of that name was taken")
	}
	f.lacks("image")
	if _, err := e.ReadFile(t.Context(), "i", nil, "/f"); !errors.As(err, new(*NoImageError)) {
		t.Errorf("an image that is not there: %v", err)
	}
}

func TestImageID(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	if id, here, err := e.ImageID(t.Context(), "i"); id != "sha256:0123456789abcdef" || !here || err != nil {
		t.Errorf("got %q, %t, %v", id, here, err)
	}
	f.lacks("image")
	if id, here, err := e.ImageID(t.Context(), "i"); id != "" || here || err != nil {
		t.Errorf("one that is not there: got %q, %t, %v", id, here, err)
	}
	f.lacks("rmi", "rmvolume")
	if err := errors.Join(e.RemoveImage(t.Context(), "i"), e.RemoveVolume(t.Context(), "v")); err != nil {
		t.Errorf("what is not there cannot be removed: %v", err)
	}
}

// A pull tells of its layers, and an error within its answer is one.
func TestPullProgress(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	f.answer("import", `{"status":"Downloading","id":"0a1b","progressDetail":{"current":3,"total":9}}`+"\n"+`{"status":"Done"}`)
	var got []PullProgress
	if err := e.Pull(t.Context(), "ref", func(p PullProgress) { got = append(got, p) }); err != nil {
		t.Fatal(err)
	}
	want := []PullProgress{{Layer: "0a1b", Status: "Downloading", Current: 3, Total: 9}, {Status: "Done"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	f.answer("import", `{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}`)
	if err := e.Pull(t.Context(), "ref", nil); !errors.As(err, new(*PullError)) || !strings.Contains(err.Error(), "manifest unknown") {
		t.Errorf("got %v", err)
	}
}

// What a dead run left is removed, and its lock file after that: what could not be removed is tried again.
func TestReapTriesAgain(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	var notices []string
	e.notice = func(text string) { notices = append(notices, text) }
	f.answer("list", ofOurs(t, e, e.run.home)["list"])
	lock := e.run.file("dead")
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f.breaks(t, "remove", cut)
	if err := e.Reap(t.Context()); err == nil || len(notices) > 0 {
		t.Errorf("got %v, said %q", err, notices)
	}
	if _, err := os.Stat(lock); err != nil {
		t.Errorf("the lock file of what is left: %v", err)
	}
	f.mu.Lock()
	f.fault = fault{}
	f.mu.Unlock()
	if err := e.Reap(t.Context()); err != nil || !slices.Equal(notices, []string{"removed container old, left by a run that was killed"}) {
		t.Errorf("got %v, said %q", err, notices)
	}
	if _, err := os.Stat(lock); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock file: %v", err)
	}
}

// Containers of a live run and of others are left alone.
func TestReapLeavesTheLiving(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	live := register(t, e.run.dir)
	list := ofOurs(t, e, e.run.home)["list"]
	for what, answer := range map[string]string{
		"of a live run":       strings.ReplaceAll(list, `"dead"`, `"`+live.id+`"`),
		"of this run":         strings.ReplaceAll(list, `"dead"`, `"`+e.run.id+`"`),
		"of another home":     strings.ReplaceAll(list, e.run.home, "elsewhere"),
		"made from our image": strings.ReplaceAll(list, `"/old"`, `"/other"`),
	} {
		f.answer("list", answer)
		if err := e.Reap(t.Context()); err != nil || f.times("remove") > 0 {
			t.Errorf("%s: %v, %d removed", what, err, f.times("remove"))
		}
	}
}

// A run is not dead to itself, also when its lock is gone.
func TestRunIsNotDeadToItself(t *testing.T) {
	r, err := newRun(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, dead := r.dead(r.id); dead {
			t.Error("it is")
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
	}
}

// A stream of a kind that no engine has is not output.
func TestUnknownStream(t *testing.T) {
	for kind, want := range map[byte]bool{streamStdin: true, streamStdout: true, streamStderr: true, streamSystem: false, streamSystem + 1: false, 255: false} {
		err := demultiplex(io.Discard, io.Discard, bytes.NewReader(frame(kind, "x\n")))
		if (err == nil) != want {
			t.Errorf("stream %d: %v", kind, err)
		}
	}
}

// A file is as deep as may be, and no deeper.
func TestDepthOfOutputs(t *testing.T) {
	for depth, want := range map[int]bool{64: true, 65: false} {
		stream, err := tarOf(fileEntry(strings.Repeat("d/", depth)+"f", "x")...)
		if err != nil {
			t.Fatal(err)
		}
		if err := extract(bytes.NewReader(stream), t.TempDir(), "", roomy()); (err == nil) != want {
			t.Errorf("%d directories: %v", depth, err)
		}
	}
}

// Errors have the words and the advice that the display shows.
func TestErrorsTellTheirEnd(t *testing.T) {
	reason := errors.New("reason")
	also := &alsoError{reason, fs.ErrNotExist}
	if also.Error() != "reason" || !errors.Is(also, reason) || !errors.Is(also, fs.ErrNotExist) {
		t.Errorf("got %v", also)
	}
	failed := &BuildError{Image: "i", Lines: []string{"last"}, Err: context.Canceled}
	if !slices.Equal(failed.Tail(), []string{"last"}) || !errors.Is(failed, context.Canceled) {
		t.Errorf("got %+v", failed)
	}
}
