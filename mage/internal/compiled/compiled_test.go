// SPDX-License-Identifier: Apache-2.0

package compiled

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	clockStep = -time.Hour // the files of a test have just been written
	os.Exit(m.Run())
}

// module has a package beside that of the magefile, with embedded files, and a dependency in a
// directory. Nothing that is not recorded may change the program.
var module = map[string]string{
	"go.mod":              "module example.com/m\n\ngo 1.26\n\nrequire example.com/near v0.0.0\n\nreplace example.com/near => ./near\n",
	"magefile.go":         "//go:build mage\n\npackage main\n\nimport \"example.com/m/lib\"\n\nfunc Say() { println(lib.Text()) }\n",
	"README.md":           "of no account\n",
	"lib/lib.go":          "package lib\n\nimport (\n\t\"embed\"\n\n\t\"example.com/near\"\n)\n\n//go:embed data/*/*.txt\nvar data embed.FS\n\nfunc Text() string { _, _ = data.ReadDir(\".\"); return near.Text }\n",
	"lib/ignored.go":      "//go:build never\n\npackage lib\n",
	"lib/lib_test.go":     "package lib\n",
	"lib/data/a/a.txt":    "a\n",
	"lib/data/b/note":     "not embedded\n",
	"near/go.mod":         "module example.com/near\n\ngo 1.26\n",
	"near/near.go":        "package near\n\nconst Text = \"near\"\n",
	"other/other.go":      "package other\n",
	"dist/something.html": "",
}

// take writes the module to a directory and records it.
func take(t *testing.T, env []string) (dir string, r *Record, err error) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range module {
		write(t, filepath.Join(dir, name), text)
	}
	r, err = Take(t.Context(), dir, []string{"magefile.go"}, env)
	if err != nil {
		return dir, nil, err
	}
	program, record := filepath.Join(dir, "program"), filepath.Join(dir, "record.json")
	write(t, program, goProgram("one"))
	if err := r.Write(record, program); err != nil {
		t.Fatal(err)
	}
	r, err = Read(record)
	return dir, r, err
}

// goProgram is the start of a program with that build id.
func goProgram(id string) string {
	return "\x7fELF....\x04\x00\x00\x00" + string(rune(len(id))) + "\x00\x00\x00\x04\x00\x00\x00Go\x00\x00" + id + "\x00 and the rest"
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func env(extra ...string) []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GOFLAGS=") }), extra...)
}

// TestChange: each change that may lead to another program is noticed, by its place.
func TestChange(t *testing.T) {
	t.Parallel()
	rewrite := func(file string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			// Of the same size and time: only ctime says it.
			info, err := os.Stat(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(module[file], "near", "NEAR", 1)
			write(t, filepath.Join(dir, file), text)
			if err := os.Chtimes(filepath.Join(dir, file), info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}
	}
	add := func(file string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { t.Helper(); write(t, filepath.Join(dir, file), "") }
	}
	remove := func(file string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, file)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tt := range map[string]struct {
		change func(t *testing.T, dir string)
		where  string // below the directory; "": not noticed
	}{
		"magefile edited":              {rewrite("magefile.go"), "magefile.go"},
		"magefile added":               {add("more.go"), "."},
		"magefile removed":             {remove("magefile.go"), "magefile.go"},
		"directory of magefiles added": {add("magefiles/x.go"), "magefiles"},
		"package edited":               {rewrite("lib/lib.go"), "lib/lib.go"},
		"file added to package":        {add("lib/more.go"), "lib"},
		"assembler added to package":   {add("lib/more.s"), "lib"},
		"file removed from package":    {remove("lib/ignored.go"), "lib/ignored.go"},
		"file with another tag edited": {rewrite("lib/ignored.go"), "lib/ignored.go"},
		"embedded file edited":         {rewrite("lib/data/a/a.txt"), "lib/data/a/a.txt"},
		"embedded file added":          {add("lib/data/b/b.txt"), "lib/data/b"},
		"embedded directory added":     {add("lib/data/c/c.txt"), "lib/data"},
		"embedded file removed":        {remove("lib/data/a/a.txt"), "lib/data/a/a.txt"},
		"replaced module edited":       {rewrite("near/near.go"), "near/near.go"},
		"replaced module's go.mod":     {rewrite("near/go.mod"), "near/go.mod"},
		"go.mod edited":                {rewrite("go.mod"), "go.mod"},
		"go.sum added":                 {add("go.sum"), "go.sum"},
		"go.work added":                {add("go.work"), "go.work"},
		"vendor added":                 {add("vendor/modules.txt"), "vendor/modules.txt"},
		"package becomes a module":     {add("lib/go.mod"), "lib/go.mod"},
		"program replaced":             {func(t *testing.T, dir string) { t.Helper(); write(t, filepath.Join(dir, "program"), goProgram("two")) }, "program"},
		"program cut": {func(t *testing.T, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, "program"), goProgram("one")[:40])
		}, "program"},
		"program no program":            {add("program"), "program"},
		"program written again":         {func(t *testing.T, dir string) { t.Helper(); write(t, filepath.Join(dir, "program"), goProgram("one")) }, ""},
		"program removed":               {remove("program"), "program"},
		"profile added":                 {add("default.pgo"), "."},
		"nothing":                       {func(*testing.T, string) {}, ""},
		"text of no account":            {rewrite("README.md"), ""},
		"test edited":                   {rewrite("lib/lib_test.go"), ""},
		"other package edited":          {rewrite("other/other.go"), ""},
		"output written":                {add("dist/new/more.go"), ""},
		"what mage itself writes":       {add("mage_output_file.go"), ""},
		"file beside the embedded ones": {rewrite("lib/data/b/note"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, r, err := take(t, env())
			if err != nil {
				t.Fatal(err)
			}
			tt.change(t, dir)
			want := ""
			if tt.where != "" {
				want = filepath.Join(dir, tt.where)
			}
			// A file and the directory that lists it may both have changed.
			if got := r.Changed(env()); got != want && (want == "" || !strings.HasPrefix(got, filepath.Dir(want))) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestSettings: what the go command would do otherwise is compiled again.
func TestSettings(t *testing.T) {
	dir, r, err := take(t, env())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"GOFLAGS=-tags=x", "CGO_ENABLED=0", "GOTOOLCHAIN=go1.99", "CC=clang", "GOAMD64=v3", "HOME=" + dir, "GOWORK=off"} {
		if r.Changed(env(v)) == "" {
			t.Errorf("%s is not noticed", v)
		}
	}
	if got := r.Changed(env("LANG=C", "TERM=dumb")); got != "" {
		t.Errorf("%s has changed, but nothing that is compiled", got)
	}
	other := *r
	other.Compiler = "another build"
	if other.Changed(env()) == "" {
		t.Error("another version of the program that compiles is not noticed")
	}
	other = *r
	other.Commands = maps.Clone(r.Commands)
	other.Commands["go"] = "/nowhere/go"
	if other.Changed(env()) == "" {
		t.Error("another go command is not noticed")
	}
	for _, file := range []string{r.Commands["go"], filepath.Join(dir, "go.mod")} {
		if r.Files[file] == (State{}) {
			t.Errorf("%s is not recorded", file)
		}
	}
}

// TestDoubt: no record where a change could go unnoticed.
func TestDoubt(t *testing.T) {
	script := t.TempDir()
	write(t, filepath.Join(script, "go"), "#!/bin/sh\nPATH=${PATH#*:} exec go \"$@\"\n")
	if err := os.Chmod(filepath.Join(script, "go"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string][2]string{
		"overlay":       {"GOFLAGS", "-overlay=o.json"},
		"toolexec":      {"GOFLAGS", "-toolexec=time"},
		"another go":    {"PATH", script + ":" + os.Getenv("PATH")},
		"no module":     {"GO111MODULE", "off"},
		"broken go.mod": {"GOFLAGS", "-mod=nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(set[0], set[1])
			if _, _, err := take(t, os.Environ()); !errors.As(err, new(*DoubtError)) {
				t.Errorf("got %v, want a DoubtError", err)
			}
		})
	}
	t.Run("just changed", func(t *testing.T) {
		clockStep = time.Hour
		defer func() { clockStep = -time.Hour }()
		if _, _, err := take(t, env()); !errors.As(err, new(*DoubtError)) {
			t.Errorf("got %v, want a DoubtError", err)
		}
	})
}

// TestWorkspace: in a workspace the versions follow from the files of all its modules.
func TestWorkspace(t *testing.T) {
	t.Parallel()
	base := map[string]string{
		"go.work": "go 1.26\n\nuse (\n\t./m\n\t./other\n)\n", "other/go.mod": "module example.com/other\n\ngo 1.26\n", "other/other.go": "package other\n",
		"m/go.mod": "module example.com/m\n\ngo 1.26\n", "m/magefile.go": "//go:build mage\n\npackage main\n\nimport _ \"example.com/other\"\n\nfunc Say() {}\n",
		"third/go.mod": "module example.com/third\n\ngo 1.26\n",
	}
	for name, changed := range map[string]string{
		"nothing": "", "go.work": "go.work", "its sums": "go.work.sum", "a module's go.mod": "other/go.mod", "its source": "other/other.go", "a module outside": "third/go.mod",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for file, text := range base {
				write(t, filepath.Join(root, file), text)
			}
			dir := filepath.Join(root, "m")
			r, err := Take(t.Context(), dir, []string{"magefile.go"}, env())
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(root, "program"), goProgram("one"))
			if err := r.Write(filepath.Join(root, "record.json"), filepath.Join(root, "program")); err != nil {
				t.Fatal(err)
			}
			if changed != "" {
				write(t, filepath.Join(root, changed), base[changed]+"\n")
			}
			want := ""
			if changed != "" && changed != "third/go.mod" {
				want = filepath.Join(root, changed)
			}
			if got := r.Changed(env()); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestReadDamaged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.json")
	if _, err := Read(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	write(t, file, `{"Compiler":"x","Files":{`)
	if _, err := Read(file); err == nil {
		t.Error("a cut record is read")
	}
}
