// SPDX-License-Identifier: Apache-2.0

package compiled

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/resnics/verbsmith/mage/internal/buildid"
)

// ModuleVariable tells a program the directory of the module that it was compiled in, where the go command finds its packages.
const ModuleVariable = "VERBSMITH_MODULE"

// Record is the state of everything that a program is compiled from.
type Record struct {
	Compiler string              `json:"compiler"` // build id of the program that had it compiled
	Program  Program             `json:"program"`  // the result
	Settings []string            `json:"settings"` // variables of the environment that the go command reads
	Commands map[string]string   `json:"commands"` // the files that commands are; "" if there is none
	Files    map[string]State    `json:"files"`    // by path
	Sources  map[string][]string `json:"sources"`  // names of the source files in directories of packages
	Trees    map[string][]string `json:"trees"`    // names of all that is in directories from which files are embedded
}

// Program tells one program from another, and from a part of it. The go command changes the times of
// a program that it finds up to date.
type Program struct {
	File string `json:"file"`
	ID   string `json:"id"`
	Size int64  `json:"size"`
}

// State tells one content of a file from another. That of a missing file is zero.
type State struct {
	Size    int64  `json:"size"`
	ModTime int64  `json:"mtime"` // nanoseconds since 1970
	Changed int64  `json:"ctime"`
	Inode   uint64 `json:"inode"`
}

// Read reads a record from a file.
func Read(file string) (*Record, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &r, nil
}

// Write completes a record with the program that was compiled, and writes it to a file.
func (r *Record) Write(file, program string) (err error) {
	if r.Program, err = programIn(program); err != nil {
		return err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	next := file + ".new" // whoever writes has the lock of the directory
	if err := os.WriteFile(next, data, 0o644); err != nil {
		return err
	}
	return os.Rename(next, file)
}

// Changed names something that is not as it was recorded; "" means that the program is up to
// date. env is the environment.
func (r *Record) Changed(env []string) string {
	if id, err := ownID(); err != nil || id != r.Compiler {
		return "the program that compiles"
	}
	if got, err := programIn(r.Program.File); err != nil || got != r.Program {
		return r.Program.File
	}
	if !slices.Equal(settings(env), r.Settings) {
		return "the environment"
	}
	for name, want := range r.Commands {
		if command(name) != want {
			return "the command " + name
		}
	}
	for file, want := range r.Files {
		if got, err := stateOf(file); err != nil || got != want {
			return file
		}
	}
	return cmpChanged(r.Sources, sources) + cmpChanged(r.Trees, names)
}

// cmpChanged names a directory in which list finds other names.
func cmpChanged(dirs map[string][]string, list func(dir string) ([]string, error)) string {
	for dir, want := range dirs {
		if got, err := list(dir); err != nil || !slices.Equal(got, want) {
			return dir
		}
	}
	return ""
}

func (r *Record) addFile(file string) (err error) {
	r.Files[file], err = stateOf(file)
	return err
}

// newest is the time of the last change of a file.
func (r *Record) newest() time.Time {
	var last int64
	for _, s := range r.Files {
		last = max(last, s.ModTime, s.Changed)
	}
	return time.Unix(0, last)
}

func stateOf(file string) (State, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, nil
	}
	if err != nil {
		return State{}, err
	}
	s := State{Size: info.Size(), ModTime: info.ModTime().UnixNano()}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return s, fmt.Errorf("%s: want a regular file, got mode %s", file, info.Mode()) //nolint:err113 // nobody is shown it
	}
	s.Changed, s.Inode = st.Ctim.Nano(), st.Ino
	return s, nil
}

// sources are the names of the files of a directory that the go command may compile, also those
// that it would ignore: an edit can change that. mage's own is there only while it compiles.
func sources(dir string) ([]string, error) {
	all, err := names(dir)
	return slices.DeleteFunc(all, func(name string) bool { return !isSource(name) }), err
}

const magesOwn = "mage_output_file.go"

func isSource(name string) bool {
	switch ext := filepath.Ext(name); {
	case name == magesOwn, strings.HasSuffix(name, "_test.go"), strings.HasSuffix(name, "/"):
		return false
	case name == "default.pgo":
		return true
	default:
		return slices.Contains(sourceExtensions, ext)
	}
}

// sourceExtensions are those of go/build.
var sourceExtensions = []string{ //nolint:gochecknoglobals // a constant
	".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90",
	".s", ".S", ".sx", ".swig", ".swigcxx", ".syso",
}

// names are those of everything in a directory, in order, with a slash after a directory's.
func names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.Name()
		if e.IsDir() {
			list[i] += "/"
		}
	}
	return list, nil
}

// settings are the variables of an environment that the go command or its C compiler's choice
// depend on, in order.
func settings(env []string) []string {
	var list []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_") || slices.Contains(settingNames, name) {
			list = append(list, v)
		}
	}
	slices.Sort(list)
	return list
}

// settingNames are those without Go's prefix. The last two say where go env -w writes.
var settingNames = []string{"CC", "CXX", "FC", "AR", "PKG_CONFIG", "HOME", "XDG_CONFIG_HOME"} //nolint:gochecknoglobals // a constant

// command is the file that a command is, links resolved, or "".
func command(name string) string {
	file, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	if file, err = filepath.Abs(file); err != nil {
		return ""
	}
	if file, err = filepath.EvalSymlinks(file); err != nil {
		return ""
	}
	return file
}

func programIn(file string) (Program, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Program{}, err
	}
	id, err := buildid.Read(file)
	return Program{File: file, ID: id, Size: info.Size()}, err
}

func ownID() (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", err
	}
	return buildid.Read(own)
}
