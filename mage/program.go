// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
	"github.com/magefile/mage/mage"
	"github.com/magefile/mage/parse"

	"github.com/resnics/verbsmith/mage/internal/compiled"
)

// program is the program of a directory's magefiles.
type program struct {
	inv    mage.Invocation
	folder string // with the magefiles, absolute
	exe    string
	record string
	names  string       // file with its targets
	lock   *flock.Flock // held by who compiles it, shared by who starts it
	build  func() int   // compiles it

	standard bool // it has verbsmith's targets alone
	withoutC bool // this process has chosen cgo's setting
}

// cgoSetting is the go command's for compiling C.
const cgoSetting = "CGO_ENABLED"

// compiling is said before the first compilation, which takes long.
const compiling = "compiling the targets, which takes up to a minute the first time"

// runTarget runs a target of a program, or gives the error of making one, and the target's exit status. It compiles the
// program unless nothing has changed since that was done.
func runTarget(p *program, err error) (status int, _ error) {
	if err != nil {
		return 0, err
	}
	defer p.lock.Close()
	if p.usual() {
		if err := p.lock.RLock(); err != nil {
			return 0, fmt.Errorf("lock %s: %w", p.lock.Path(), err)
		}
		if r, err := compiled.Read(p.record); err == nil && r.Changed(os.Environ()) == "" {
			return p.checkAndRun()
		}
		if err := p.lock.Unlock(); err != nil {
			return 0, fmt.Errorf("unlock %s: %w", p.lock.Path(), err)
		}
	}
	if err := p.lock.Lock(); err != nil {
		return 0, fmt.Errorf("lock %s: %w", p.lock.Path(), err)
	}
	if _, err := os.Stat(p.exe); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(os.Stderr, compiling)
	}
	if status := orNoTemp(p.build); status != 0 {
		return status, nil
	}
	return p.checkAndRun()
}

// checkAndRun runs the program if its arguments are targets and their flags.
func (p *program) checkAndRun() (int, error) {
	if all := readTargets(p.names); all != nil && p.usual() && !p.inv.Help && !p.inv.List {
		if err := all.check(p.inv.Args); err != nil {
			const usage = 2 // as mage has it
			fmt.Fprintln(os.Stderr, "error:", err)
			return usage, nil
		}
	}
	return p.run()
}

func newProgram(inv mage.Invocation) (*program, error) {
	folder, err := filepath.Abs(inv.Dir)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(folder))
	own := filepath.Join(inv.CacheDir, "verbsmith-"+hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(own, 0o755); err != nil {
		return nil, err
	}
	p := &program{
		inv: inv, folder: folder, exe: filepath.Join(own, "mage"), record: filepath.Join(own, "record.json"),
		names: filepath.Join(own, "targets.json"),
		lock:  flock.New(filepath.Join(own, "lock")),
	}
	p.build = p.compile
	// The targets need no C, and a library has many files of it to compile.
	if !slices.ContainsFunc(os.Environ(), isCgoSetting) {
		p.withoutC = true
		if err := os.Setenv(cgoSetting, "0"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// usual says whether no option changes what is compiled, or where it runs.
func (p *program) usual() bool {
	i := p.inv
	plain := mage.Invocation{Stdout: i.Stdout, CacheDir: i.CacheDir, GoCmd: "go", Args: i.Args, Verbose: i.Verbose, Timeout: i.Timeout}
	if p.standard {
		plain.Dir, plain.WorkDir, plain.List, plain.Help = i.Dir, i.WorkDir, i.List, i.Help
	}
	return reflect.DeepEqual(i, plain)
}

// compile compiles the program, and records from what if that is possible. It gives mage's exit
// status.
func (p *program) compile() int {
	var r *compiled.Record // taken before: a file that is edited meanwhile makes it outdated
	var all targets
	if p.usual() {
		if files, err := mage.Magefiles(p.folder, "", "", false); err == nil {
			all = p.targetsIn(files)
			r, _ = compiled.Take(context.Background(), p.folder, files, os.Environ()) // if not, the next run compiles as well
		}
	}
	inv := p.inv
	inv.Stdin, inv.Stdout, inv.Stderr, inv.CompileOut = os.Stdin, os.Stdout, os.Stderr, p.exe
	if status := mage.Invoke(inv); status != 0 || r == nil {
		return status
	}
	if err := errors.Join(all.write(p.names), r.Write(p.record, p.exe)); err != nil {
		fmt.Fprintln(os.Stderr, "warning: the next run compiles again:", err)
	}
	return 0
}

// targetsIn are those of magefiles; nil, which checks nothing, if mage will say what is wrong with the files.
func (p *program) targetsIn(files []string) targets {
	names := make([]string, 0, len(files))
	for _, file := range files {
		names = append(names, filepath.Base(file))
	}
	info, err := parse.PrimaryPackage(p.inv.GoCmd, p.folder, names, false)
	if err != nil {
		return nil
	}
	return targetsOf(info)
}

// givenEnv is the environment that this process was given.
func (p *program) givenEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return p.withoutC && isCgoSetting(v) })
}

func isCgoSetting(v string) bool { return strings.HasPrefix(v, cgoSetting+"=") }

// run runs the program as mage does, and gives its exit status. The lock is held until it has
// started.
func (p *program) run() (int, error) {
	cmd := exec.CommandContext(context.Background(), p.exe, p.inv.Args...) //nolint:gosec // a target's own arguments
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Dir, cmd.Env = p.inv.WorkDir, append(p.givenEnv(), "MAGEFILE_GOCMD="+p.inv.GoCmd, compiled.ModuleVariable+"="+p.folder)
	if cmd.Dir == "" {
		cmd.Dir = p.inv.Dir
	}
	if p.inv.Verbose {
		cmd.Env = append(cmd.Env, "MAGEFILE_VERBOSE=1")
	}
	if p.inv.List {
		cmd.Env = append(cmd.Env, "MAGEFILE_LIST=1")
	}
	if p.inv.Help {
		cmd.Env = append(cmd.Env, "MAGEFILE_HELP=1")
	}
	if p.inv.Debug {
		cmd.Env = append(cmd.Env, "MAGEFILE_DEBUG=1")
	}
	if p.inv.Timeout > 0 {
		cmd.Env = append(cmd.Env, "MAGEFILE_TIMEOUT="+p.inv.Timeout.String())
	}
	interrupts := make(chan os.Signal, 1) // are for the program, which gets them too
	signal.Notify(interrupts, syscall.SIGINT)
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start the targets: %w", err)
	}
	if err := p.lock.Unlock(); err != nil {
		fmt.Fprintln(os.Stderr, "warning:", err)
	}
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("run the targets: %w", err)
	}
	return 0, nil
}
