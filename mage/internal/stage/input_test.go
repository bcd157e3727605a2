// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
)

// text is a stage in Go.
type text struct{ Text string }

func (in text) Make(_ context.Context, w *stage.Work) error {
	return stage.WriteFile(w.Dir, "file", []byte(in.Text))
}

// boxed is a stage in a container.
type boxed struct {
	Name  string
	Files []stage.File
	Run   containers.RunSpec `key:"-"`
}

func (in boxed) Make(ctx context.Context, w *stage.Work) error { return w.Run(ctx) }
func (in boxed) Container() containers.RunSpec                 { return in.Run }

func TestMakeRunsOncePerInput(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	digests := map[string]string{}
	for _, value := range []string{"a", "a", "b", "a"} {
		entry, err := r.Make(t.Context(), "text", text{value})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(filepath.Join(entry.Dir, "file")); err != nil || string(data) != value {
			t.Errorf("got %q, %v, want %q", data, err, value)
		}
		digests[entry.Digest] = value
	}
	if len(r.Ran()) != 2 || len(digests) != 2 {
		t.Errorf("ran %q with the digests %q, want one for each input", r.Ran(), digests)
	}
}

// The program is in the key of what it makes, and a container in its place.
func TestWhatWorksIsInTheKey(t *testing.T) {
	r := stagetest.NewRunner(t, &stagetest.Engine{})
	made, err := r.Make(t.Context(), "text", text{"a"})
	if err != nil || !strings.HasPrefix(made.Inputs["program"], "build id ") {
		t.Errorf("the inputs are %q, %v", made.Inputs, err)
	}
	boxed, err := r.Make(t.Context(), "box", boxed{Run: containers.RunSpec{Argv: []string{"verdict.sh"}, Image: "i"}})
	if _, has := boxed.Inputs["program"]; has || err != nil || boxed.Inputs["image"] != "i" || boxed.Inputs["verdict.sh"] == "" {
		t.Errorf("the inputs are %q, %v", boxed.Inputs, err)
	}
}

// What is made of another input and is the same has the same digest.
func TestDigestIsOfTheContent(t *testing.T) {
	r := stagetest.NewRunner(t, nil)
	var digests []string
	for _, name := range []string{"a", "b"} {
		entry, err := r.Make(t.Context(), name, text{"same"})
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, entry.Digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("one content has the digests %q", digests)
	}
}

// The container of an input is what runs, and all of it that decides is in the key.
func TestContainedRunsItsContainer(t *testing.T) {
	engine := &stagetest.Engine{}
	r := stagetest.NewRunner(t, engine)
	spec := containers.RunSpec{
		Argv: []string{"rpm-build.sh", "all"}, Name: "x", Image: "i", User: "builder",
		Volumes: []containers.VolumeMount{{Name: "v", Path: "/v"}},
		Outputs: []containers.Output{{Path: "/out", Dir: "RPMS"}},
	}
	entry, err := r.Make(t.Context(), "box", boxed{Run: spec})
	if err != nil {
		t.Fatal(err)
	}
	run := engine.Runs()[0]
	if run.Image != "i" || run.User != "builder" || !strings.HasSuffix(run.Outputs[0].Dir, "/RPMS") {
		t.Errorf("ran %+v", run.RunSpec)
	}
	if calls := engine.Calls(); len(calls) != 1 || calls[0] != "volume v" {
		t.Errorf("asked for %q before, want the volume", calls)
	}
	if _, err := os.Stat(filepath.Join(entry.Dir, "RPMS")); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]func(*containers.RunSpec){
		"image": func(s *containers.RunSpec) { s.Image = "j" }, "argument": func(s *containers.RunSpec) { s.Argv = []string{"rpm-build.sh", "one"} },
		"script": func(s *containers.RunSpec) { s.Argv = []string{"verdict.sh", "all"} }, "user": func(s *containers.RunSpec) { s.User = "" },
		"environment": func(s *containers.RunSpec) { s.Env = map[string]string{"A": "b"} }, "root": func(s *containers.RunSpec) { s.Root = true },
		"network": func(s *containers.RunSpec) { s.Network = true }, "volumes": func(s *containers.RunSpec) { s.Volumes = nil },
		"outputs": func(s *containers.RunSpec) { s.Outputs = nil }, "limits": func(s *containers.RunSpec) { s.Limits.Memory = 1 },
	} {
		other := spec
		change(&other)
		if again, err := r.Make(t.Context(), "box", boxed{Run: other}); err != nil || again.Key == entry.Key {
			t.Errorf("the %s is not in the key: %v", what, err)
		}
	}
	if again, err := r.Make(t.Context(), "box", boxed{Run: spec}); err != nil || !again.Hit {
		t.Errorf("the same is made again: %v", err)
	}
}

// Files are their content, and what they are in the container.
func TestFilesCountWithTheirContent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(change func(*stage.File)) string {
		f := stage.File{Name: "a", Path: file, Time: time.Unix(1, 0)}
		change(&f)
		return stage.Key("box", boxed{Files: []stage.File{f}}).Sum()
	}
	same := func(*stage.File) {}
	write("one")
	before := sum(same)
	for what, change := range map[string]func(*stage.File){
		"name": func(f *stage.File) { f.Name = "b" }, "mode": func(f *stage.File) { f.Mode = 0o755 },
		"owner": func(f *stage.File) { f.Owner = 1 }, "time": func(f *stage.File) { f.Time = time.Unix(2, 0) },
	} {
		if got := sum(change); got == before || got == "" {
			t.Errorf("the %s is not in the key", what)
		}
	}
	write("two")
	if sum(same) == before {
		t.Error("the content is not in the key")
	}
}

// What cannot be written down is a mistake of the key, and nothing is made.
func TestKeyRefusesWhatItCannotHave(t *testing.T) {
	function := func() {}
	for what, in := range map[string]any{
		"an unexported field": struct{ a string }{"x"}, "a function": struct{ F func() }{function},
		"a channel": struct{ C chan int }{}, "no struct": "x", "a missing script": struct{ S stage.Scripts }{stage.Scripts{"none.sh"}},
		"a missing file":               struct{ Files []stage.File }{[]stage.File{{Name: "a", Path: "/nonexistent"}}},
		"a struct's own unexported":    struct{ In struct{ a int } }{},
		"one of a list's":              struct{ In []struct{ a int } }{make([]struct{ a int }, 1)},
		"a function behind a pointer":  struct{ P *func() }{&function},
		"a number that JSON has not":   struct{ C complex128 }{},
		"two files of one name":        struct{ Files []stage.File }{make([]stage.File, 2)},
		"a pointer to unexported ones": struct{ P *struct{ a int } }{&struct{ a int }{}},
	} {
		if err := stage.Key("x", in).Err(); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := stagetest.NewRunner(t, nil).Make(t.Context(), "box", boxed{}); err == nil {
		t.Error("a container without a script is run")
	}
}

func TestFieldNamesAreWords(t *testing.T) {
	inputs := stage.Key("x", struct {
		PrivateABI, BuildRequires, A string
		Nested                       struct{ X *int }
	}{"34", "gcc", "", struct{ X *int }{}}).Inputs()
	for name, want := range map[string]string{"private abi": "34", "build requires": "gcc", "a": "", "nested": "{X:nil }"} {
		if got, ok := inputs[name]; !ok || got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestMakeTellsTheStage(t *testing.T) {
	broken := errors.New("broken")
	engine := &stagetest.Engine{Answer: func(stagetest.Run) (containers.Result, error) { return containers.Result{}, broken }}
	r := stagetest.NewRunner(t, engine)
	_, err := r.Make(t.Context(), "box", boxed{Run: containers.RunSpec{Argv: []string{"verdict.sh"}}})
	failed, ok := errors.AsType[*stage.Error](err)
	if !ok || failed.Name != "box" || !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// A pointer stands for its value, not for where that lies today; a map for its entries,
// whatever their order.
func TestEqualValuesHaveOneKey(t *testing.T) {
	sum := func(in any) string { return stage.Key("x", in).Sum() }
	if a, b := sum(struct{ N *int }{new(1)}), sum(struct{ N *int }{new(1)}); a != b || a == "" {
		t.Errorf("equal values are %s and %s", a, b)
	}
	if a, b := sum(provider.Manifest{Name: "fly"}), sum(provider.Manifest{Name: "ant"}); a == b || a == "" {
		t.Errorf("different manifests are both %s", a)
	}
	one := map[string][]string{"a": {"1"}, "b": {"2", "3"}}
	same := map[string][]string{"b": {"2", "3"}, "a": {"1"}}
	if a, b := sum(struct{ M map[string][]string }{one}), sum(struct{ M map[string][]string }{same}); a != b || a == "" {
		t.Errorf("equal maps are %s and %s", a, b)
	}
	same["b"] = []string{"2"}
	if sum(struct{ M map[string][]string }{one}) == sum(struct{ M map[string][]string }{same}) {
		t.Error("a map's values are not in the key")
	}
}
