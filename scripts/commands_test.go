// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// inPlainImages are the scripts that run in an image as its distro has it. debian is for those of Debian's images alone.
var inPlainImages = map[string]struct{ debian bool }{
	"apt-install.sh": {true}, "customer-apt.sh": {true}, "customer-dnf.sh": {}, "distro-debs.sh": {true}, "build-verdict.sh": {}, "debian-source.sh": {true}, "distro-release.sh": {},
	"distro-probe.sh": {}, "dnf-install.sh": {}, "exchange.sh": {}, toolchainScript: {}, "lab-install.sh": {}, "lab-unpack-debs.sh": {true}, "verdict.sh": {},
}

// toolchainScript is embedded elsewhere, because a repository can have its own.
const toolchainScript = "../containers/el/toolchain.sh"

// textOf returns a script of this directory, or the toolchain's.
func textOf(t *testing.T, name string) []byte {
	t.Helper()
	read := Read
	if name == toolchainScript {
		read = os.ReadFile
	}
	text, err := read(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// inToolchains are the scripts that run in a toolchain: it has the commands of a build, but not each distro's has all.
var inToolchains = strings.Fields(`abi-structs.sh build-root.sh check-build.sh closure.sh common-install.sh common-objects.sh deb-build.sh deb-lintian.sh interface-layout.sh lab-debug.sh lab-exercise.sh newer.sh plain-deb.sh preload.sh
release-base.sh release-build.sh release-spec.sh repackage-deb.sh repackage.sh rows.sh rpm-build.sh tree-build.sh vary.sh`)

// inOwnPlaces are the scripts that run where verbsmith itself decides what is there, or on the machine: in the lab's Debian and
// its guest, in a bootstrapped userland, before there is an image, on a cluster's node.
var inOwnPlaces = strings.Fields(`host-packages.sh judge-packages.sh lab-boot.sh lab-disk.sh lab-modules.sh lab-probe.sh limits.sh podman-service.sh
repositories.sh slurm-cell.sh standin-bootstrap.sh`)

// noneOfEL are commands that the images of Enterprise Linux 8 to 10, or some of them, do not have.
var noneOfEL = strings.Fields(`cmp cpio diff file find man patch python3 unzip wget which xargs xz zstd`)

// shellOwn is what a shell has without an image: builtin commands, and itself.
var shellOwn = strings.Fields(`: . [ /bin/sh break cd command continue echo eval exec exit export printf pwd read return set shift trap umask`)

// running are the builtin commands and functions of the scripts that run the command that follows.
var running = []string{"apt", "exec", "env", "run", "set"}

// shellScript is a parsed script.
type shellScript struct {
	asked, used map[string]bool // commands that needs is called with, and those that are run
	optional    map[string]bool // commands that the script looks for itself
	functions   map[string]bool
	unchecked   []string // parts of pipelines whose exit status nobody sees
}

func parseScript(t *testing.T, name string, text []byte) shellScript {
	t.Helper()
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(bytes.NewReader(text), name)
	if err != nil {
		t.Fatal(err)
	}
	s := shellScript{asked: map[string]bool{}, used: map[string]bool{}, optional: map[string]bool{}, functions: map[string]bool{}}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.FuncDecl:
			s.functions[node.Name.Value] = true
		case *syntax.CallExpr:
			s.call(node.Args)
		case *syntax.BinaryCmd:
			if node.Op == syntax.Pipe && !isSafe(node.X.Cmd) {
				s.unchecked = append(s.unchecked, node.Pos().String())
			}
		}
		return true
	})
	for _, name := range slices.Concat(shellOwn, slices.Collect(maps.Keys(s.functions))) {
		delete(s.used, name)
	}
	return s
}

// call records the commands that are run, as far as they are written out.
func (s shellScript) call(args []*syntax.Word) {
	if len(args) > 0 && args[0].Lit() == "needs" {
		for _, word := range args[1:] {
			s.asked[word.Lit()] = true
		}
		return
	}
	if len(args) == 3 && args[0].Lit() == "command" && args[1].Lit() == "-v" {
		s.optional[args[2].Lit()] = true
		return
	}
	for _, word := range args {
		name := word.Lit()
		switch {
		case strings.HasPrefix(name, "-") || strings.Contains(name, "="):
			continue // of one that runs the next
		case name != "":
			s.used[name] = true
		}
		if !slices.Contains(running, name) {
			return
		}
	}
}

// isSafe reports whether the first part of a pipeline cannot fail, or records its own status.
func isSafe(cmd syntax.Command) bool {
	switch cmd := cmd.(type) {
	case *syntax.Block:
		return true
	case *syntax.CallExpr:
		return len(cmd.Args) > 0 && slices.Contains([]string{"echo", "printf"}, cmd.Args[0].Lit())
	}
	return false
}

// A script that runs in a plain image asks for each command that it uses, and no status is lost.
func TestScriptsAskForTheirCommands(t *testing.T) {
	for name, where := range inPlainImages {
		text := textOf(t, name)
		s := parseScript(t, name, text)
		for command := range s.used {
			if !s.asked[command] {
				t.Errorf("%s uses %s and does not ask for it", name, command)
			}
		}
		for command := range s.asked {
			if !s.used[command] {
				t.Errorf("%s asks for %s and does not use it", name, command)
			}
		}
		for _, command := range noneOfEL {
			if s.asked[command] && !where.debian {
				t.Errorf("%s uses %s, which not every image has", name, command)
			}
		}
		// debian-source.sh takes an empty result for a failure.
		if len(s.unchecked) > 0 && name != "debian-source.sh" {
			t.Errorf("%s: the status of the first command of a pipeline is lost at %q", name, s.unchecked)
		}
		if !bytes.Contains(text, []byte("\nset -eu\n")) {
			t.Errorf("%s does not set -eu", name)
		}
	}
}

// A script that runs in a toolchain asks for each command that it uses, unless it looks for it and goes on without.
func TestToolchainScriptsAskForTheirCommands(t *testing.T) {
	for _, name := range inToolchains {
		text, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		s := parseScript(t, name, text)
		for command := range s.used {
			if !s.asked[command] && !s.optional[command] {
				t.Errorf("%s uses %s and does not ask for it", name, command)
			}
		}
		for command := range s.asked {
			if !s.used[command] {
				t.Errorf("%s asks for %s and does not use it", name, command)
			}
		}
	}
}

// Each script is in one of the lists above, so that a new one is not left unchecked.
func TestEachScriptIsListed(t *testing.T) {
	listed := slices.Concat(inToolchains, inOwnPlaces, slices.Collect(maps.Keys(inPlainImages)))
	for _, name := range Names() {
		n := 0
		for _, other := range listed {
			if other == name {
				n++
			}
		}
		if n != 1 && strings.HasSuffix(name, ".sh") {
			t.Errorf("%s is in %d lists of where scripts run", name, n)
		}
	}
}

// Each script is complete in itself, so that it runs wherever it is copied to. Its function needs is the same as the others', except
// where the script has its own way to fail.
func TestNeedsIsTheSame(t *testing.T) {
	const begins, ends = "\nneeds() {", "\n}\n"
	var first string
	for _, name := range Names() {
		text, err := Read(name)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, ok := strings.Cut(string(text), begins)
		body, _, _ := strings.Cut(rest, ends)
		switch {
		case !ok || strings.Contains(body, "|| fail"):
		case first == "":
			first = body
		case body != first:
			t.Errorf("%s has another function needs: %s", name, body)
		}
	}
	if first == "" {
		t.Error("no script has a function needs")
	}
}

// What the tests above see of a script.
func TestCommandsOfAScript(t *testing.T) {
	s := parseScript(t, "x", []byte(`needs a b
f() { c | d; echo "$(e)" | g; }
run env A=b h -i "$x"
if ! i; then f; fi
set -- j k
{ l; echo $?; } | m
for x in n; do "$x" o; done
p=$(q) r
exec s <<E
$(t) u
E
`))
	if got := strings.Join(slices.Sorted(maps.Keys(s.used)), " "); got != "c d e env g h i j l m q r run s t" {
		t.Errorf("uses %s", got)
	}
	if got := strings.Join(slices.Sorted(maps.Keys(s.asked)), " "); got != "a b" || len(s.unchecked) != 1 {
		t.Errorf("asks for %s; unchecked at %q", got, s.unchecked)
	}
}
