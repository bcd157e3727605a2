// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestReadLimits(t *testing.T) {
	set := map[string]string{
		"VERBSMITH_MAX_MEMORY": "512m", "VERBSMITH_MAX_PROCESSES": "100", "VERBSMITH_MAX_LOG": "1G",
		"VERBSMITH_MAX_OUTPUT": unlimited, "VERBSMITH_MAX_TIME": "90m",
	}
	want := Limits{Memory: 512 << 20, Processes: 100, Log: 1 << 30, Output: -1, Time: 90 * time.Minute}
	if got, err := ReadLimits(func(name string) string { return set[name] }); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if got, err := ReadLimits(func(string) string { return "" }); err != nil || got != (Limits{}) {
		t.Errorf("nothing set: %+v, %v", got, err)
	}
	for _, text := range []string{"0", "-1", "x", "5x", "mm", "1mm", "m", "9999999999g", "1.5g", " 1"} {
		_, err := ReadLimits(func(string) string { return text })
		for _, name := range Settings() {
			if err == nil || !strings.Contains(err.Error(), name+": want ") {
				t.Errorf("%q: got %v, want all five named", text, err)
				break
			}
		}
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	got := Limits{Processes: 7, Output: -1}.or(8 << 30)
	want := Limits{Memory: 6 << 30, Processes: 7, Log: defaultLog, Time: defaultTime}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// What an engine is asked for, and what of it the engine does not do.
func TestContainersAreLimited(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	var notices []string
	e.notice = func(text string) { notices = append(notices, text) }
	f.answers["inspect"] = `{"Id":"c1c1c1c1c1c1","State":{"Status":"exited"},"HostConfig":{"Memory":0,"PidsLimit":77}}`
	spec := RunSpec{Name: "test", Image: "i", Argv: []string{"true"}, Limits: Limits{Processes: 77}}
	if _, err := e.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	asked, _ := f.created["HostConfig"].(map[string]any)
	const memory = float64(6 << 30)
	if asked["Memory"] != memory || asked["MemorySwap"] != memory || asked["PidsLimit"] != float64(77) {
		t.Errorf("asked for memory %v, with swap %v, processes %v", asked["Memory"], asked["MemorySwap"], asked["PidsLimit"])
	}
	if kept, _ := asked["LogConfig"].(map[string]any); kept["Type"] != "none" {
		t.Errorf("the engine keeps a log: %v", kept)
	}
	if len(notices) != 1 || notices[0] != "this engine cannot limit the memory of a container" {
		t.Errorf("said: %q", notices)
	}
}

func TestBuildsAreLimited(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	const id = "c1c1c1c1c1c1"
	f.build = func(w io.Writer) {
		_, _ = io.WriteString(w, `{"stream":" ---\u003e Running in `+id+`\n"}`+`{"aux":{"ID":"sha256:0123456789abcdef0123"}}`)
	}
	if _, err := e.Build(t.Context(), BuildSpec{Tag: "t", ContextTar: strings.NewReader("")}); err != nil {
		t.Fatal(err)
	}
	if got, want := f.buildQ["memory"], "6442450944"; len(got) != 1 || got[0] != want {
		t.Errorf("memory of the build: %v, want %s", got, want)
	}
	if got := f.updated["PidsLimit"]; got != float64(defaultProcesses) {
		t.Errorf("processes of a step: %v", got)
	}
}

// A limit that was met is an error that names it, its value and its setting.
func TestLimitsThatAreMet(t *testing.T) {
	for name, test := range map[string]struct {
		limits Limits
		set    func(*fakeEngine)
		want   LimitError
	}{
		"log": {
			limits: Limits{Log: 99},
			set: func(f *fakeEngine) {
				f.output = func(w io.Writer) { _, _ = w.Write(frame(1, strings.Repeat("x", 100))) }
			},
			want: LimitError{LimitLog, "99 bytes"},
		},
		"time": {
			limits: Limits{Time: time.Millisecond},
			set:    func(f *fakeEngine) { f.output = func(io.Writer) { select {} } },
			want:   LimitError{LimitTime, "1ms"},
		},
		"memory, by the engine's flag": {
			limits: Limits{Memory: 1 << 30},
			set: func(f *fakeEngine) {
				f.answers["inspect"] = `{"Id":"c1c1c1c1c1c1","State":{"Status":"exited","OOMKilled":true}}`
			},
			want: LimitError{LimitMemory, "1024 MiB"},
		},
		"memory, by the kernel's counter": {
			set: func(f *fakeEngine) {
				f.output = func(w io.Writer) { _, _ = w.Write(frame(1, LimitMark+"memory\n")) }
			},
			want: LimitError{LimitMemory, "6144 MiB"},
		},
		"processes": {
			set: func(f *fakeEngine) {
				f.output = func(w io.Writer) { _, _ = w.Write(frame(1, LimitMark+"processes\n")) }
			},
			want: LimitError{LimitProcesses, "16384"},
		},
		"output": {
			limits: Limits{Output: 10},
			set:    func(f *fakeEngine) { f.files = archiveOf(t, fileEntry("out/file", "eleven here")) },
			want:   LimitError{LimitOutput, "10 bytes"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := useFake(t)
			e := connectFake(t)
			f.files = archiveOf(t)
			test.set(f)
			spec := RunSpec{
				Name: "test", Image: "i", Argv: []string{"true"}, Limits: test.limits, Commit: "made",
				Outputs: []Output{{Path: "/out", Dir: t.TempDir()}},
			}
			result, err := e.Run(t.Context(), spec)
			err = errors.Join(err, result.Err(spec, ""))
			met := (*LimitError)(nil)
			if !errors.As(err, &met) || *met != test.want || errors.Is(err, context.Canceled) {
				t.Fatalf("got %v (%+v), want %+v", err, met, test.want)
			}
			if advice := met.Advice(); !strings.Contains(advice, "VERBSMITH_MAX_"+strings.ToUpper(string(test.want.Limit))) {
				t.Errorf("advice: %s", advice)
			}
			if f.times("commit") > 0 {
				t.Error("what met a limit was kept as an image")
			}
		})
	}
}

// What forks without end, and never ends, is ended at its limit; a build that is at its limit for a moment is not.
func TestForksWithoutEnd(t *testing.T) {
	spec := RunSpec{Name: "test", Image: "i", Argv: []string{"true"}, Limits: Limits{Processes: 320}}
	f := useFake(t)
	e := connectFake(t)
	e.patience.look = time.Millisecond
	f.output = func(io.Writer) { select {} }
	f.answer("stats", `{"pids_stats":{"current":310}}`)
	_, err := e.Run(t.Context(), spec)
	met, ok := errors.AsType[*LimitError](err)
	if !ok || *met != (LimitError{LimitProcesses, "320"}) || f.times("stats") != looksAtLimit || f.removed == 0 {
		t.Errorf("got %v after %d looks", err, f.times("stats"))
	}
	for name, answer := range map[string]string{"below it": `{"pids_stats":{"current":309}}`, "no number": `{}`, "no answer": `x`} {
		f := useFake(t)
		e := connectFake(t)
		e.patience.look = time.Millisecond
		f.answer("stats", answer)
		f.output = func(io.Writer) {
			for f.times("stats") == 0 {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if _, err := e.Run(t.Context(), spec); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLimitsOfBuildsThatAreMet(t *testing.T) {
	for name, test := range map[string]struct {
		limits Limits
		build  func(io.Writer)
		want   LimitError
	}{
		"log":  {Limits{Log: 5}, func(w io.Writer) { _, _ = io.WriteString(w, `{"stream":"twelve bytes"}`) }, LimitError{LimitLog, "5 bytes"}},
		"time": {Limits{Time: time.Millisecond}, func(io.Writer) { select {} }, LimitError{LimitTime, "1ms"}},
	} {
		f := useFake(t)
		e := connectFake(t)
		f.build = test.build
		_, err := e.Build(t.Context(), BuildSpec{Tag: "t", ContextTar: strings.NewReader(""), Limits: test.limits})
		failed, met := (*BuildError)(nil), (*LimitError)(nil)
		if !errors.As(err, &failed) || !errors.As(err, &met) || *met != test.want || failed.Advice() != met.Advice() {
			t.Errorf("%s: got %v, want %+v", name, err, test.want)
		}
	}
}
