// SPDX-License-Identifier: Apache-2.0

package reproduce

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/scripts"
)

// machine builds two packages. What a text of the first one depends on is noticed: something of the variations, or in each build.
type machine struct {
	notices string // the name of an environment variable, "host", "umask", "user", "path"
	differs string // the name of what has to be held for two builds to be the same; "*": nothing helps
	builds  int
}

func (m *machine) build(_ context.Context, with []Variation) (Sums, error) {
	m.builds++
	s := merge(with)
	var text string
	switch m.notices {
	case "host":
		text = s.host
	case "umask":
		text = s.umask
	case "user":
		text = fmt.Sprint(s.uid)
	case "path":
		text = s.folder
	default:
		text = s.env[m.notices]
	}
	held := slices.ContainsFunc(with, func(v Variation) bool { return v.Name == m.differs })
	if m.differs != "" && !held {
		text += fmt.Sprint(" ", m.builds)
	}
	return Sums{"a.rpm": text, "b.rpm": "b"}, nil
}

// The cause of a difference is named: the variation that makes it, or what differs in each build.
func TestSearchNamesTheCause(t *testing.T) {
	all, _, err := Choose(All)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		machine machine
		causes  string
		builds  int
	}{
		"nothing":                  {machine{}, "", 2},
		"host":                     {machine{notices: "host"}, "host", 14},
		"umask":                    {machine{notices: "umask"}, "umask", 14},
		"user":                     {machine{notices: "user"}, "user", 14},
		"home":                     {machine{notices: "HOME"}, "user", 14},
		"path":                     {machine{notices: "path"}, "path", 14},
		"clock":                    {machine{notices: "VARY_CLOCK"}, "clock", 14},
		"zone":                     {machine{notices: "TZ"}, "timezone", 14},
		"sorting":                  {machine{notices: "VARY_COLLATE"}, "locale", 14},
		"cores":                    {machine{notices: "VARY_CORES"}, "cores", 14},
		"kernel":                   {machine{notices: "VARY_KERNEL"}, "kernel", 14},
		"directories":              {machine{notices: "VARY_ORDER"}, "order", 14},
		"seed":                     {machine{notices: "PYTHONHASHSEED"}, "environment", 14},
		"time":                     {machine{differs: "the time of day"}, "the time of day", 24},
		"race":                     {machine{differs: "a race between parallel steps"}, "a race between parallel steps", 24},
		"addresses":                {machine{differs: "the addresses of memory"}, "the addresses of memory", 24},
		"directories in any order": {machine{differs: "the order of directories"}, "the order of directories", 24},
		"random":                   {machine{differs: "*"}, unknownCause, 24},
	} {
		out, err := Search(t.Context(), all, false, tt.machine.build)
		var causes []string
		for _, c := range out.Causes {
			causes = append(causes, c.Name)
			if !slices.Equal(c.Packages, []string{"a.rpm"}) {
				t.Errorf("%s: %s makes %v differ", name, c.Name, c.Packages)
			}
		}
		if got := strings.Join(causes, ", "); err != nil || got != tt.causes || out.Builds != tt.builds || out.Packages != 2 {
			t.Errorf("%s: %d builds, causes %q, %v; want %d, %q", name, out.Builds, got, err, tt.builds, tt.causes)
		}
		if differs := len(out.Differ) > 0; differs != (tt.causes != "") {
			t.Errorf("%s: differ %v", name, out.Differ)
		}
	}
}

// Each variation alone has a build of its own, and what comes from two of them together is said to.
func TestSearchEachAndTogether(t *testing.T) {
	all, _, _ := Choose(All)
	m := machine{notices: "TZ"}
	out, err := Search(t.Context(), all, true, m.build)
	if err != nil || out.Builds != len(all)+2 || len(out.Causes) != 1 || out.Causes[0].Name != "timezone" || !slices.Equal(out.Differ, []string{"a.rpm"}) {
		t.Errorf("each: got %+v, %v", out, err)
	}
	out, err = Search(t.Context(), all, false, func(_ context.Context, with []Variation) (Sums, error) {
		return Sums{"a.rpm": fmt.Sprint(len(with) > 1)}, nil
	})
	if err != nil || len(out.Causes) != 1 || out.Causes[0].Name != "several of the variations together" {
		t.Errorf("together: got %+v, %v", out, err)
	}
	broken := errors.New("no disk")
	for n := 1; n <= 13; n++ {
		builds := 0
		_, err = Search(t.Context(), all, false, func(context.Context, []Variation) (Sums, error) {
			if builds++; builds == n {
				return nil, broken
			}
			return Sums{"a.rpm": fmt.Sprint(builds)}, nil
		})
		if !errors.Is(err, broken) || builds != n {
			t.Errorf("build %d fails: got %v after %d builds", n, err, builds)
		}
	}
}

// What is the same twice by chance is tried again, so that its cause is not one that had nothing to do with it.
func TestSearchDoubtsChance(t *testing.T) {
	all, _, _ := Choose("host")
	builds, pinned := 0, map[string]int{}
	out, err := Search(t.Context(), all, false, func(_ context.Context, with []Variation) (Sums, error) {
		builds++
		text := fmt.Sprint(builds)
		if len(with) == 1 && with[0].Title == "" {
			pinned[with[0].Name]++
			byChance := with[0].Name == "the time of day" && pinned[with[0].Name] <= 2
			if byChance || with[0].Name == "the order of directories" {
				text = "same"
			}
		}
		return Sums{"a.rpm": text}, nil
	})
	if err != nil || len(out.Causes) != 1 || out.Causes[0].Name != "the order of directories" || pinned["the time of day"] != 4 ||
		pinned["the addresses of memory"] != 2 {
		t.Errorf("got %+v, %v, builds %v", out, err, pinned)
	}
}

func TestWhere(t *testing.T) {
	c := Cause{Packages: []string{"RPMS/x/a.rpm: /etc/a", "RPMS/x/a.rpm: mode of /etc/b", "RPMS/x/b.rpm: header: provides", "c.deb"}}
	if got := strings.Join(c.Where(), ", "); got != "a.rpm: /etc/a, mode of /etc/b, b.rpm: header: provides, c.deb" {
		t.Error(got)
	}
}

func TestChoose(t *testing.T) {
	for list, want := range map[string]string{
		"past,host": "past host false", Each: "clock 11 true", All: "clock 11 false",
		"moon": `unknown variation "moon"`, "each,host": errAlone.Error(), "host,all": errAlone.Error(), "": `unknown variation ""`,
	} {
		chosen, each, err := Choose(list)
		var got string
		switch {
		case err != nil:
			got = err.Error()
		case len(chosen) == 2:
			got = fmt.Sprint(chosen[0].Name, " ", chosen[1].Name, " ", each)
		default:
			got = fmt.Sprint(chosen[0].Name, " ", len(chosen), " ", each)
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %s, want %s", list, got, want)
		}
	}
}

// A container with variations has another host, user and owner of its files, and runs the same script below vary.sh.
func TestVary(t *testing.T) {
	all, _, _ := Choose(All)
	vary, err := Vary(all, containers.Input{Path: "/"})
	if err != nil {
		t.Fatal(err)
	}
	before := containers.RunSpec{
		Argv: []string{scripts.RPMBuild, "all"}, User: stage.Builder, Env: map[string]string{"TZ": "UTC", "LC_ALL": "C.UTF-8"},
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs:  []containers.Input{stage.BuilderInput("/in", []stage.File{{Name: "a", Data: []byte("text"), Owner: stage.BuilderUID}, {Name: "b"}})},
	}
	env := maps.Clone(before.Env)
	after := vary(before)
	if got := strings.Join(after.Argv, " "); got != "vary.sh 0077 /varied/bin rpm-build.sh all" {
		t.Errorf("runs %q", got)
	}
	if after.User != "4711:4711" || after.Host != otherHost || after.Env["TZ"] != "XXX-14" || after.Env["LC_ALL"] != "C.UTF-8" ||
		after.Env["VARY_PRELOAD"] != "/verbsmith-vary/vary.so" || after.Seccomp != "" {
		t.Errorf("got %+v", after)
	}
	if after.Volumes[0].UID != otherUID || after.Inputs[1].UID != otherUID || before.Volumes[0].UID != stage.BuilderUID ||
		before.Inputs[0].UID != stage.BuilderUID || !maps.Equal(before.Env, env) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	var stream bytes.Buffer
	for _, in := range after.Inputs[:2] { // an archive's end is the beginning of the next one
		var one bytes.Buffer
		if err := in.Write(&one); err != nil {
			t.Fatal(err)
		}
		stream.Write(bytes.TrimSuffix(one.Bytes(), make([]byte, 1024)))
	}
	owners := map[string]int{}
	for entries := tar.NewReader(&stream); ; {
		head, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		owners[head.Name] = head.Uid
	}
	if owners[builderHome] != otherUID || owners["a"] != otherUID || owners["b"] != 0 {
		t.Errorf("owners %v", owners)
	}
	fixed, err := Vary(pins()[3:], containers.Input{})
	if err != nil {
		t.Fatal(err)
	}
	if held := fixed(before); !strings.Contains(held.Seccomp, "personality") || held.Env["VARY_FIXED"] != "1" || held.User != stage.Builder {
		t.Errorf("got %+v", held)
	}
}

// An error of the stream that is rewritten is that of the input, and one of the engine ends what writes.
func TestReownedFails(t *testing.T) {
	broken := errors.New("no file")
	if err := reowned(func(io.Writer) error { return broken }, 1)(io.Discard); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ended := make(chan error, 1)
	err := reowned(func(w io.Writer) error {
		err := stage.Tar([]stage.File{{Name: "a", Data: bytes.Repeat([]byte("x"), 1<<20)}})(w)
		ended <- err
		return err
	}, 1)(failing{broken})
	if got := <-ended; !errors.Is(err, broken) || got == nil {
		t.Errorf("got %v; what writes ended with %v", err, got)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// Packages are compared wherever they are below the directory; logs are none.
func TestSum(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"RPMS/x/a.rpm": "a", "b.deb": "b", "c.dsc": "c", "logs/rpm.log": "1", "d.changes": "2", "e.buildinfo": "3"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "RPMS/x/a.rpm")); err != nil {
		t.Fatal(err)
	}
	rpmtest.Write(t, filepath.Join(dir, "RPMS", "x", "a.rpm"))
	sums, err := Sum(dir)
	if err != nil || sums.packages() != 3 {
		t.Fatalf("got %v, %v", sums, err)
	}
	other := maps.Clone(sums)
	other["b.deb"] = "x"
	delete(other, "c.dsc")
	other["new.rpm"] = "y"
	if got := sums.Differ(other); !slices.Equal(got, []string{"b.deb", "c.dsc", "new.rpm"}) {
		t.Errorf("differ %v", got)
	}
	other = maps.Clone(sums)
	other["RPMS/x/a.rpm"], other["RPMS/x/a.rpm: header: build host"] = "x", "other"
	if got := sums.Differ(other); !slices.Equal(got, []string{"RPMS/x/a.rpm: header: build host"}) {
		t.Errorf("differ %v", got)
	}
	if got := (Outcome{Differ: []string{"a.rpm: x", "a.rpm: y", "b.rpm"}}).Differing(); !slices.Equal(got, []string{"a.rpm", "b.rpm"}) {
		t.Errorf("differing %v", got)
	}
}
