// SPDX-License-Identifier: Apache-2.0

//go:build behaviour || integration

package behaviour

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/resnics/verbsmith/mage/internal/signing/signingtest"
)

// commands are what scripts can do besides running programs.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"tarball":   tarball,
		"truncate":  truncate,
		"replace":   replace,
		"interrupt": interrupt,
		"wipe":      wipe,
		"setenv":    setenv,
		"together":  together,
		"registry":  registry,

		"dropimages":   dropImages,
		"nocontainers": noContainers,
		"moduleproxy":  moduleProxy,
		"site":         site,
		"pgpkey":       pgpKey,
	}
}

// pgpkey FILE: a private OpenPGP key.
func pgpKey(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: pgpkey FILE")
	}
	ts.Check(signingtest.WriteTo(ts.MkAbs(args[0]), signingtest.Key{Bits: 3072, Made: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)}))
}

// tarball FILE DIR [NAME=CONTENT...]: a .tar.gz of a directory, with further
// entries under names that a directory cannot have.
func tarball(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 { //nolint:mnd // file and directory
		ts.Fatalf("usage: tarball FILE FOLDER [NAME=CONTENT...]")
	}
	var out bytes.Buffer
	zw := gzip.NewWriter(&out)
	tw := tar.NewWriter(zw)
	dir := ts.MkAbs(args[1])
	ts.Check(filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(filepath.Dir(dir), path)
		if err != nil {
			return err
		}
		return entry(tw, name, data)
	}))
	for _, arg := range args[2:] {
		name, content, _ := strings.Cut(arg, "=")
		ts.Check(entry(tw, name, []byte(content)))
	}
	ts.Check(errors.Join(tw.Close(), zw.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}

func entry(tw *tar.Writer, name string, data []byte) error {
	header := &tar.Header{
		Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg,
		ModTime: time.Date(2025, time.February, 3, 4, 5, 6, 0, time.UTC), // an archive dates what is built
	}
	if err := tw.WriteHeader(header); err != nil {
		return err
	}
	_, err := tw.Write(data)
	return err
}

// truncate FILE: cuts a file in half.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		st, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		ts.Check(os.Truncate(ts.MkAbs(name), st.Size()/2)) //nolint:mnd // half
	}
}

// replace FILE REGEXP TEXT: replaces the first match, which must be there.
func replace(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 { //nolint:mnd // file, expression, text
		ts.Fatalf("usage: replace FILE REGEXP TEXT")
	}
	file := ts.MkAbs(args[0])
	data, err := os.ReadFile(file)
	ts.Check(err)
	at := regexp.MustCompile(args[1]).FindIndex(data)
	if at == nil {
		ts.Fatalf("%s has no match for %q", args[0], args[1])
	}
	text := strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(args[2])
	ts.Check(os.WriteFile(file, append(append(bytes.Clone(data[:at[0]]), text...), data[at[1]:]...), 0o600))
}

// setenv NAME FILE: sets a variable to a file's content without its line end.
func setenv(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// nocontainers: no run of this cache that has ended left a container. Those of others, and of runs in progress, may
// be there.
func noContainers(ts *testscript.TestScript, _ bool, _ []string) {
	cache := ts.Getenv("VERBSMITH_CACHE")
	if cache == "" {
		cache = filepath.Join(ts.Getenv("HOME"), ".cache", "verbsmith")
	}
	home := strings.TrimSpace(ts.ReadFile(filepath.Join(cache, "runs", "home")))
	list := exec.Command("docker", "ps", "--all", "--filter", "label=io.resnics.verbsmith.home="+home, //nolint:noctx // It is short.
		"--format", `{{.Label "io.resnics.verbsmith.run"}} {{.Names}}`)
	out, err := list.CombinedOutput()
	if err != nil {
		ts.Fatalf("docker ps: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		run, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, err := os.Stat(filepath.Join(cache, "runs", run+".lock")); errors.Is(err, os.ErrNotExist) {
			ts.Fatalf("container %s is left of run %s, which has ended", name, run)
		}
	}
}

// wipe DIR: removes a directory whatever its modes.
func wipe(ts *testscript.TestScript, _ bool, args []string) {
	for _, dir := range args {
		ts.Check(os.RemoveAll(ts.MkAbs(dir)))
	}
}

// interrupt REGEXP COMMAND...: runs a command, presses Ctrl-C when its output
// matches, and asserts that it then ends by itself, soon and not with 0.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 { //nolint:mnd // expression, command
		ts.Fatalf("usage: interrupt REGEXP COMMAND...")
	}
	when := regexp.MustCompile(args[0])
	cmd := start(ts, args[1:])
	seen, text := make(chan bool, 1), make(chan string, 1)
	go func() { text <- watch(cmd.out, when, seen) }()
	const patience = 10 * time.Minute
	select {
	case ok := <-seen:
		if !ok {
			ts.Fatalf("never said %q:\n%s", args[0], <-text)
		}
	case <-time.After(patience):
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		ts.Fatalf("did not say %q in %v", args[0], patience)
	}
	ts.Check(syscall.Kill(-cmd.Process.Pid, syscall.SIGINT))
	const soon = 20 * time.Second // hangs end here; how fast it is, is not tested
	kill := time.AfterFunc(soon, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	printed := <-text
	err := cmd.Wait()
	ts.Logf("%s", printed)
	if !kill.Stop() {
		ts.Fatalf("did not end within %v of Ctrl-C", soon)
	}
	if err == nil {
		ts.Fatalf("ended with status 0 after Ctrl-C")
	}
}

// together COMMAND...: runs a command twice at once; both must end with 0.
func together(ts *testscript.TestScript, _ bool, args []string) {
	never := regexp.MustCompile(`\z.`)
	a, b := start(ts, args), start(ts, args)
	other := make(chan string, 1)
	go func() { other <- watch(b.out, never, make(chan bool, 1)) }()
	first := watch(a.out, never, make(chan bool, 1))
	second := <-other
	ts.Logf("%s", first)
	ts.Logf("%s", second)
	ts.Check(errors.Join(a.Wait(), b.Wait()))
}

type started struct {
	*exec.Cmd

	out io.Reader
}

// start runs a command in a process group of its own, as a terminal does.
func start(ts *testscript.TestScript, argv []string) started {
	r, w, err := os.Pipe()
	ts.Check(err)
	cmd := exec.CommandContext(context.Background(), argv[0], argv[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = environ(ts)
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ts.Check(cmd.Start())
	ts.Check(w.Close())
	return started{Cmd: cmd, out: r}
}

// environ is the script's environment; testscript gives it only by name.
func environ(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"HOME", "PATH", "TMPDIR", "GOPATH", "GOMODCACHE", "GOCACHE", "GOFLAGS",
		"DOCKER_HOST", "VERBSMITH_CACHE", "VERBSMITH_DIST", "VERBSMITH_REGISTRY", "CI", "GITHUB_ACTIONS",
	} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// watch reads to the end, says once whether the text has matched, and returns
// all of it.
func watch(r io.Reader, when *regexp.Regexp, seen chan<- bool) string {
	var all bytes.Buffer
	buf := make([]byte, 4096)
	told := false
	for {
		n, err := r.Read(buf)
		all.Write(buf[:n])
		if !told && when.Match(all.Bytes()) {
			told = true
			seen <- true
		}
		if err != nil {
			if !told {
				seen <- false
			}
			return all.String()
		}
	}
}
