// SPDX-License-Identifier: Apache-2.0

package compiled

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// DoubtError says why a change could go unnoticed, so that there is no record.
type DoubtError struct{ Because string }

func (e *DoubtError) Error() string { return "no record of what is compiled: " + e.Because }

func doubt(format string, args ...any) error { return &DoubtError{fmt.Sprintf(format, args...)} }

// Take records what a program is going to be compiled from: files of the directory dir, which is
// absolute, with the environment env.
//
// Errors: *DoubtError.
func Take(ctx context.Context, dir string, files, env []string) (*Record, error) {
	t := taking{dir: dir, env: env, r: Record{
		Settings: settings(env), Commands: map[string]string{}, Files: map[string]State{},
		Sources: map[string][]string{}, Trees: map[string][]string{},
	}}
	began := time.Now()
	var err error
	if t.r.Compiler, err = ownID(); err != nil {
		return nil, doubt("%v", err)
	}
	if err := t.addSettings(ctx); err != nil {
		return nil, err
	}
	if err := t.addPackages(ctx, files); err != nil {
		return nil, err
	}
	if t.r.newest().After(began.Add(-clockStep)) {
		return nil, doubt("a file has just been changed")
	}
	return &t.r, nil
}

// clockStep is the coarsest step of a file system's clock. A second change within one step would
// not be seen.
var clockStep = 2 * time.Second //nolint:gochecknoglobals // shorter in tests

// taking is one record being taken.
type taking struct {
	dir  string
	env  []string
	vars goSettings
	r    Record
}

// goSettings are those of go env. Names in JSON are read in any case.
type goSettings struct {
	GOROOT     string `json:"goroot"`
	GOMODCACHE string `json:"gomodcache"`
	GOMOD      string `json:"gomod"`
	GOWORK     string `json:"gowork"`
	GOENV      string `json:"goenv"`
	GOFLAGS    string `json:"goflags"`
	CC         string `json:"cc"`
}

// goCommand returns what the go command prints.
func (t *taking) goCommand(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, goName, args...)
	cmd.Dir, cmd.Env = t.dir, append(slices.Clip(t.env), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH) // as mage does
	out, err := cmd.Output()
	if err != nil {
		return nil, doubt("go %s: %v", args[0], err)
	}
	return out, nil
}

const goName = "go"

// addSettings records what the settings of the go command are read from. Those that lead to more
// files are in doubt.
func (t *taking) addSettings(ctx context.Context) error {
	out, err := t.goCommand(ctx, "env", "-json")
	if err != nil {
		return err
	}
	v := &t.vars
	if err := json.Unmarshal(out, v); err != nil {
		return doubt("go env: %v", err)
	}
	for flag := range strings.FieldsSeq(v.GOFLAGS) {
		if name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "="); !slices.Contains(harmless, name) {
			return doubt("GOFLAGS has %s", flag)
		}
	}
	if v.GOMOD == "" || !filepath.IsAbs(v.GOMODCACHE) || !filepath.IsAbs(v.GOROOT) {
		return doubt("no module")
	}
	cc, _, _ := strings.Cut(v.CC, " ")
	for _, name := range []string{goName, cc} {
		file := command(name)
		t.r.Commands[name] = file
		if file != "" {
			t.r.Files[file] = State{}
		}
	}
	if got := t.r.Commands[goName]; got == "" || got != command(filepath.Join(v.GOROOT, "bin", goName)) {
		return doubt("go is %q, and not that of %s", got, v.GOROOT)
	}
	root := filepath.Dir(v.GOMOD)
	t.addFiles(v.GOROOT, "VERSION", "go.env")
	t.addFiles(root, "go.mod", "go.sum", "vendor/modules.txt")
	t.addFiles(t.dir, "magefiles")
	if v.GOENV != "off" {
		t.addFiles(filepath.Dir(v.GOENV), filepath.Base(v.GOENV))
	}
	for d := range UpTo("/", t.dir) {
		t.addFiles(d, "go.work")
	}
	return t.addWorkspace(ctx)
}

// addWorkspace records what a workspace selects versions from: its own files, and go.mod of all its modules.
func (t *taking) addWorkspace(ctx context.Context) error {
	work := t.vars.GOWORK
	if work == "" || work == "off" {
		return nil
	}
	dir := filepath.Dir(work)
	t.addFiles(dir, filepath.Base(work), strings.TrimSuffix(filepath.Base(work), ".work")+".work.sum", "vendor/modules.txt")
	out, err := t.goCommand(ctx, "list", "-m", "-f={{.GoMod}}")
	if err != nil {
		return err
	}
	for mod := range strings.Lines(string(out)) {
		t.addFiles(filepath.Dir(strings.TrimSpace(mod)), "go.mod", "go.sum")
	}
	return nil
}

// harmless are the flags in GOFLAGS that lead to no other files.
var harmless = []string{"buildvcs", "mod", "modcacherw", "p", "race", "tags", "trimpath", "v", "x"} //nolint:gochecknoglobals // a constant

// addFiles records files of a directory, which may be missing. Their states are taken at the end.
func (t *taking) addFiles(dir string, names ...string) {
	for _, name := range names {
		t.r.Files[filepath.Join(dir, name)] = State{}
	}
}

// onePackage is what go list says of a package.
type onePackage struct {
	ImportPath    string    `json:"importPath"`
	Dir           string    `json:"dir"`
	Standard      bool      `json:"standard"`
	Module        *goModule `json:"module"`
	CgoPkgConfig  []string  `json:"cgoPkgConfig"`
	EmbedPatterns []string  `json:"embedPatterns"`
	EmbedFiles    []string  `json:"embedFiles"`
}

type goModule struct {
	GoMod string `json:"goMod"`
}

// addPackages records the files of all packages that files need, and the states of all files.
func (t *taking) addPackages(ctx context.Context, files []string) error {
	fields := "-json=ImportPath,Dir,Standard,Module,CgoPkgConfig,EmbedPatterns,EmbedFiles"
	out, err := t.goCommand(ctx, append([]string{"list", "-deps", fields, "--"}, files...)...)
	if err != nil {
		return err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p onePackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return doubt("go list: %v", err)
		}
		if err := t.addPackage(p); err != nil {
			return doubt("%s: %v", p.ImportPath, err)
		}
	}
	for file := range t.r.Files {
		if err := t.r.addFile(file); err != nil {
			return doubt("%v", err)
		}
	}
	return nil
}

// addPackage records the files of a package, unless they are Go's own or in the module cache.
func (t *taking) addPackage(p onePackage) (err error) {
	switch {
	case p.Standard:
		return nil
	case len(p.CgoPkgConfig) > 0:
		return errors.New("pkg-config reads files that are not known") //nolint:err113 // as a DoubtError
	case strings.HasPrefix(p.Dir, t.vars.GOMODCACHE+"/"):
		return nil
	}
	if t.r.Sources[p.Dir], err = sources(p.Dir); err != nil {
		return err
	}
	t.addFiles(p.Dir, t.r.Sources[p.Dir]...)
	root := p.Dir
	if p.Module != nil && p.Module.GoMod != "" {
		root = filepath.Dir(p.Module.GoMod)
	}
	for d := range UpTo(root, p.Dir) { // a new go.mod would make it another module
		t.addFiles(d, "go.mod")
	}
	if len(p.EmbedPatterns) == 0 {
		return nil
	}
	t.addFiles(p.Dir, p.EmbedFiles...)
	return t.addTree(p.Dir)
}

// addTree records the names in a directory and in all those below it: a file of any of them may
// match a pattern of what is embedded.
func (t *taking) addTree(dir string) error {
	const most = 500 // more cost too much time
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if t.r.Trees[path], err = names(path); err == nil && len(t.r.Trees) > most {
			err = errors.New("too many directories in which files are embedded") //nolint:err113 // as a DoubtError
		}
		return err
	})
}

// UpTo gives dir and the directories above it, up to root.
func UpTo(root, dir string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for d := dir; yield(d); d = filepath.Dir(d) {
			if d == root || d == filepath.Dir(d) {
				return
			}
		}
	}
}
