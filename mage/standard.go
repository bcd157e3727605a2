// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/build/constraint"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"syscall"

	"github.com/magefile/mage/mage"
	"github.com/magefile/mage/parse"

	"github.com/resnics/verbsmith/mage/internal/compiled"
	"github.com/resnics/verbsmith/mage/internal/gomod"
)

// standardMagefile is the magefile of a repository that has none.
const standardMagefile = `//go:build mage

// Verbsmith puts an RDMA userspace provider into a released rdma-core and makes
// packages of it.
package main

import (
	// mage:import
	_ "github.com/resnics/verbsmith/mage/targets"
)
`

// isStandard says whether inv runs verbsmith's targets alone: no directory of magefiles is named, and there is none here.
func isStandard(inv mage.Invocation, command mage.Command) bool {
	usual := command == mage.None && inv.Dir == "" && inv.WorkDir == "" && inv.CompileOut == "" && !inv.HashFast && !inv.Autocomplete
	return usual && !hasMagefiles(".")
}

// hasMagefiles says whether mage would find magefiles in a directory. It reads no more than their build constraints, because
// asking the go command takes most of the time of a run that has nothing to do. A file that cannot be read is mage's to report.
func hasMagefiles(dir string) bool {
	if info, err := os.Stat(filepath.Join(dir, mage.MagefilesDirName)); err == nil && info.IsDir() {
		return true
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return true
	}
	return slices.ContainsFunc(files, needsMage)
}

// needsMage says whether a Go file is compiled with the tag mage and not without it.
func needsMage(file string) bool {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(file)
	if err != nil {
		return true
	}
	defer f.Close()
	const most = 64 << 10 // of what stands before the package clause
	for lines := bufio.NewScanner(io.LimitReader(f, most)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "package ") {
			return false
		}
		if !constraint.IsGoBuild(line) && !constraint.IsPlusBuild(line) {
			continue
		}
		if expr, err := constraint.Parse(line); err == nil &&
			expr.Eval(func(string) bool { return true }) && !expr.Eval(func(tag string) bool { return tag != "mage" }) {
			return true
		}
	}
	return false
}

// newStandard is the program with verbsmith's targets alone, compiled with the versions of the module that the working directory
// is in. Where it is in none, it is a module with this program's own version.
func newStandard(inv mage.Invocation) (*program, error) {
	dir, err := moduleAbove()
	if err == nil && dir == "" {
		dir, err = ownModule(inv.CacheDir)
	}
	if err != nil {
		return nil, err
	}
	inv.Dir, inv.WorkDir = dir, "."
	p, err := newProgram(inv)
	if err != nil {
		return nil, err
	}
	own := filepath.Dir(p.exe)
	p.exe, p.record = filepath.Join(own, "verbsmith"), filepath.Join(own, "verbsmith.json")
	p.names = filepath.Join(own, "verbsmith-targets.json")
	p.build, p.standard = p.compileStandard, true
	return p, nil
}

// moduleAbove is the directory of the module that the working directory is in, if that needs verbsmith or is in a workspace whose
// modules may; "" is none.
func moduleAbove() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := range compiled.UpTo("/", dir) {
		text, err := os.ReadFile(filepath.Join(d, "go.mod"))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", err
		case gomod.Names(text) || inWorkspace(d):
			return d, nil
		}
		return "", nil
	}
	return "", nil
}

// inWorkspace says whether the go command uses a go.work for a directory, one of whose modules names verbsmith.
func inWorkspace(dir string) bool {
	for _, setting := range os.Environ() {
		if work, set := strings.CutPrefix(setting, "GOWORK="); set && work != "" && work != "auto" {
			return workNamesVerbsmith(work)
		}
	}
	for d := range compiled.UpTo("/", dir) {
		work := filepath.Join(d, "go.work")
		if _, err := os.Stat(work); err == nil {
			return workNamesVerbsmith(work)
		}
	}
	return false
}

// workNamesVerbsmith says whether a module of a go.work is verbsmith's own or requires it.
func workNamesVerbsmith(work string) bool {
	text, err := os.ReadFile(work)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(gomod.Workspace(text), func(dir string) bool {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(work), dir)
		}
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		return err == nil && gomod.Names(mod)
	})
}

// ownModule makes a module that needs this program's version of verbsmith, unless it is there.
func ownModule(cache string) (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok || !semver(info.Main.Version) {
		return "", errors.New("no go.mod here or above requires " + gomod.Module + ": run `go get -tool " + gomod.Tool +
			"` in the repository, and `go mod init NAME` before it if there is no go.mod")
	}
	dir := filepath.Join(cache, "verbsmith-"+info.Main.Version)
	if _, err := os.Stat(filepath.Join(dir, "go.sum")); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(cache, ".verbsmith-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(made)
	for _, args := range [][]string{{"mod", "init", "verbsmith.local"}, {"get", "-tool", gomod.Tool + "@" + info.Main.Version}} {
		cmd := exec.CommandContext(context.Background(), "go", args...)
		cmd.Dir = made
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return "", err
	}
	return dir, nil
}

// semver says whether a version is one that the go command can get.
func semver(version string) bool {
	return strings.HasPrefix(version, "v") && !strings.Contains(version, "+dirty")
}

// compileStandard compiles it as mage compiles a magefile, but from files in a directory of its own: nothing is written into
// the repository.
func (p *program) compileStandard() int {
	files, err := p.generateStandard()
	if err == nil {
		err = p.buildStandard(files)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error: compile verbsmith's targets:", err)
		return 1
	}
	return 0
}

// generateStandard writes the magefile and mage's main.
func (p *program) generateStandard() ([]string, error) {
	dir := filepath.Join(filepath.Dir(p.exe), "source")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	const name = "magefile.go"
	magefile, mainfile := filepath.Join(dir, name), filepath.Join(dir, "main.go")
	if err := keep(magefile, []byte(standardMagefile)); err != nil {
		return nil, err
	}
	here, err := os.Getwd()
	if err == nil {
		err = os.Chdir(p.folder) //nolint:forbidigo // where go list, which mage runs, finds the targets; nothing else runs yet
	}
	if err != nil {
		return nil, err
	}
	info, err := parse.PrimaryPackage("go", dir, []string{name}, false)
	if err := errors.Join(err, os.Chdir(here)); err != nil { //nolint:forbidigo // as above
		return nil, err
	}
	if err := targetsOf(info).write(p.names); err != nil {
		return nil, err
	}
	sort.Sort(info.Funcs)
	sort.Sort(info.Imports)
	made := mainfile + ".new"
	if err := generateMain(info, made); err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(made) }()
	text, err := os.ReadFile(made)
	if err != nil {
		return nil, err
	}
	return []string{magefile, mainfile}, keep(mainfile, text)
}

// keep writes a file unless it has that content: a file that has just been written is in no record of what is compiled.
func keep(file string, content []byte) error {
	if there, err := os.ReadFile(file); err == nil && bytes.Equal(there, content) {
		return nil
	}
	return os.WriteFile(file, content, 0o644)
}

// generateMain writes mage's main, which is the same but for colours in lists.
func generateMain(info *parse.PkgInfo, file string) error {
	return mage.GenerateMainfile(struct { //nolint:wrapcheck // names the file
		Description   string
		Funcs         []*parse.Function
		DefaultFunc   parse.Function
		Aliases       map[string]*parse.Function
		Imports       []*parse.Import
		BinaryName    string
		PrintNameFunc string
	}{
		Description: info.Description, Funcs: info.Funcs, Aliases: info.Aliases, Imports: info.Imports, BinaryName: "mage",
		PrintNameFunc: "var printName = func(str string) string { return str }\n",
	}, file)
}

// buildStandard compiles the files, and records from what if that is possible.
func (p *program) buildStandard(files []string) error {
	ctx := context.Background()
	r, _ := compiled.Take(ctx, p.folder, files, os.Environ()) // if not, the next run compiles as well
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-o", p.exe}, files...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.folder, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	if r == nil {
		return nil
	}
	if err := r.Write(p.record, p.exe); err != nil {
		fmt.Fprintln(os.Stderr, "warning: the next run compiles again:", err)
	}
	return nil
}
