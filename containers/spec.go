// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// RunSpec says what to run. The zero value of every optional field is the hermetic choice.
type RunSpec struct {
	Name    string            // what the run is called in errors and in the container's name, e.g. "build rocky9"
	Image   string            // a reference or id that is on the engine; nothing is pulled
	Argv    []string          // the command; the image's own entrypoint and command are not used
	Env     map[string]string // on top of the image's
	User    string            // "name", "uid" or "uid:gid"; "" is the image's user, or 65534:65534 where that is root
	WorkDir string            // "" is the image's
	Host    string            // the host's name in the container; "" is "verbsmith"
	Network bool              // the engine's default bridge; otherwise no network
	// Repositories says that dnf in the command reads the site's repositories, if there are any, in place of the image's. They
	// need Network and a /bin/sh.
	Repositories bool
	// Root runs as root with the capabilities that a package manager needs. Otherwise all capabilities are dropped.
	// Neither way can gain any.
	Root    bool
	Seccomp string // a seccomp profile as JSON in place of the engine's; "" keeps the engine's
	// Programs says that the command only reads what the image has below /usr. Where the engine reads images through a
	// slow file system, most of it is then read from read-only volumes with copies, made once for each image.
	Programs bool `key:"-"`
	Volumes  []VolumeMount
	Devices  []string // nodes of the engine's machine, such as /dev/kvm, at the same path; a missing one is an error
	Inputs   []Input  // copied in, in order, before the command starts
	Outputs  []Output // copied out, in order, after it has ended and before the container is removed
	// Log gets standard output and standard error, in the order in which the engine delivers them. If it fails, the
	// run ends. Only one goroutine at a time uses it.
	Log io.Writer
	// Step, if given, is told when a step of the run begins.
	Step   func(name string) `key:"-"`
	Stdout io.Writer         // gets standard output too, alone
	Labels map[string]string // on the container, and on the committed image
	// Commit is the reference of the image that is made from the container if it exits with 0. The image has the
	// user, working directory, entrypoint and command of RunSpec.Image, and Env in addition.
	Commit string
	// Prepare, if given, is called when the container has been created, before anything is copied in; what it returns
	// is copied in first. read returns the content of a regular file of the container, also of one on a volume; its
	// error wraps fs.ErrNotExist if there is no such file. If Prepare fails, nothing is copied or started, and the run
	// ends with an error that wraps its error.
	Prepare func(read func(file string) ([]byte, error)) ([]Input, error) `key:"-"`
	// Limits overrides the engine's, field by field where it is not 0.
	Limits Limits
}

// The steps of a run, in order.
const (
	StepCreate  = "create"
	StepCopyIn  = "copy-in"
	StepStart   = "start"
	StepRun     = "run" // until the command and its output have ended
	StepCopyOut = "copy-out"
	StepCommit  = "commit"
	StepRemove  = "remove"
)

// begin says that a step begins.
func (s RunSpec) begin(step string) {
	if s.Step != nil {
		s.Step(step)
	}
}

// VolumeMount mounts a volume in the container. A named volume is created if it is missing; one without a name is
// removed with the container. Volumes are on a plain file system of the engine's machine, so writing many files is
// faster than in the container's layers.
type VolumeMount struct {
	Name, Path string
	ReadOnly   bool
	// UID and GID, if not both 0, become the owner of the volume's top directory. Otherwise a new volume is a copy of
	// what the image has at Path, or root's if it has nothing.
	UID, GID int
}

// Input is a tar stream for a directory of the container. Owners, modes and times are those of the stream, except for
// the directory itself ("./"), which an engine ignores. The directory may be on a volume. If it is missing, it is
// created with its parents, mode 0755, owned by UID and GID.
type Input struct {
	Path string
	// One of the two provides the stream. Write is called once; its error fails the run.
	Tar   io.Reader
	Write func(io.Writer) error

	UID, GID int
}

// Output is what to copy out of the container: the content of a directory, or one file, into Dir on this host, which
// is created if it is missing. Existing files are never overwritten. Everything belongs to the caller. Modes (without
// setuid, setgid, sticky) and times of files are kept. Links that lead out of Dir and special files fail the run with
// *UnsafeEntryError. After an error Dir may be incomplete, so it should be a directory that is then thrown away.
type Output struct {
	Path, Dir string
	Optional  bool // a missing Path is not an error
	Always    bool // copied out even if the command failed
}

// Result is the outcome of a run.
type Result struct {
	ExitCode int // of the main process: the verdict
	// OOMKilled says that the kernel killed a process for lack of memory, the main process or another one.
	OOMKilled bool
	Image     string   // id of the committed image, where asked for
	Tail      []string // the last lines of output, at most 20

	limits Limits
}

// met returns the limit that the run met, or nil. A run that met one fails even if its main process exited with 0,
// because a shell does not always check its children.
func (r Result) met() *LimitError {
	switch marked := markedLimit(r.Tail); {
	case marked != "":
		return r.limits.met(marked)
	case r.OOMKilled:
		return r.limits.met(LimitMemory)
	}
	return nil
}

// Err is nil if the command exited with 0 and met no limit. Otherwise it is a *RunError that says what spec ran and
// how it ended, and wraps a *LimitError if a limit was met. logPath is the path of the whole output, or "".
func (r Result) Err(spec RunSpec, logPath string) error {
	met := r.met()
	if r.ExitCode == 0 && met == nil {
		return nil
	}
	return &RunError{
		Name: spec.Name, Image: spec.Image, Command: slices.Clone(spec.Argv),
		Status: r.ExitCode, Limit: met, Lines: r.Tail, Log: logPath,
	}
}

// check reports all mistakes at once that an engine would report late or in its own words.
func (s RunSpec) check() error {
	var errs []error
	if s.Image == "" {
		errs = append(errs, errors.New("want an image, got none"))
	}
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		errs = append(errs, fmt.Errorf("want a command, got %q", s.Argv))
	}
	for key, value := range s.Env {
		if key == "" || strings.ContainsAny(key, "=\x00") || strings.Contains(value, "\x00") {
			errs = append(errs, fmt.Errorf("environment: want a name without '=' and no zero byte, got %q", key))
		}
	}
	for _, in := range s.Inputs {
		errs = append(errs, in.check())
	}
	for _, out := range s.Outputs {
		errs = append(errs, out.check())
	}
	for _, v := range s.Volumes {
		errs = append(errs, v.check())
	}
	for _, d := range s.Devices {
		if !strings.HasPrefix(d, "/dev/") || path.Clean(d) != d {
			errs = append(errs, fmt.Errorf("device %q: want the path of a node below /dev", d))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("run %q: %w", s.Name, err)
	}
	return nil
}

func (in Input) check() error {
	if !path.IsAbs(in.Path) || (in.Tar == nil) == (in.Write == nil) {
		return fmt.Errorf("input %q: want an absolute path, and one of Tar and Write", in.Path)
	}
	return nil
}

func (out Output) check() error {
	if !path.IsAbs(out.Path) || out.Dir == "" {
		return fmt.Errorf("output %q: want an absolute path, and a directory to put it in", out.Path)
	}
	return nil
}

// check accepts no path as a name: an engine would mount a directory of its machine.
func (v VolumeMount) check() error {
	if (v.Name != "" && !volumeName.MatchString(v.Name)) || !path.IsAbs(v.Path) || path.Clean(v.Path) == "/" {
		return fmt.Errorf("volume %q at %q: want a name of letters, digits, '_', '.' and '-', or none, and an absolute path",
			v.Name, v.Path)
	}
	return nil
}

var volumeName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// environment returns Env sorted, because the order is visible in the container and must not change between runs.
func (s RunSpec) environment() []string {
	env := make([]string, 0, len(s.Env))
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		env = append(env, key+"="+s.Env[key])
	}
	return env
}
