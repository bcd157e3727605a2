// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runScript runs a script where the commands are these shell scripts, and those of this machine that are named.
func runScript(t *testing.T, name string, commands map[string]string, machine []string, argv ...string) (output string, err error) {
	t.Helper()
	dir := t.TempDir()
	commands = maps.Clone(commands)
	for _, command := range machine {
		path, err := exec.LookPath(command)
		if err != nil {
			t.Skip(err)
		}
		commands[command] = "exec " + path + ` "$@"`
	}
	for command, text := range commands {
		if err := os.WriteFile(filepath.Join(dir, command), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, script := range Names() {
		text, err := Read(script)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, script), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{filepath.Join(dir, name)}, argv...)...)
	cmd.Env = []string{
		"PATH=" + dir, "TMPDIR=" + dir, "DIR=" + dir, "UNDER_TEST=" + filepath.Join(dir, "under-test"),
		"TOPDIR=" + dir, "SOURCE_DATE_EPOCH=1700000000",
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// installing are the commands of this machine that dnf-install.sh uses.
func installing() []string { return []string{"awk", "cat", "grep", "mktemp", "rm", "touch"} }

// fakeRPM is an rpm that has each package installed as it was given.
const fakeRPM = `case $1 in -qp) echo "x 1" ;; *) echo 1 ;; esac`

// What dnf says and its exit status both have to be right.
func TestDNFInstall(t *testing.T) {
	for _, tt := range []struct{ dnf, want string }{
		{"echo Complete!", ""},
		{"echo Complete!; [ $1 = check ]", "dnf did not install everything cleanly"},
		{"echo Nothing to do.", "dnf did not install everything cleanly"},
		{"echo 'warning: %post(x) scriptlet failed, exit status 1'; echo Complete!", "dnf did not install everything cleanly"},
		{"echo Complete!; [ $1 != check ]", "Complete!"},
	} {
		output, err := runScript(t, DNFInstall, map[string]string{"dnf": tt.dnf, "rpm": fakeRPM}, installing(), "/rpms")
		if (err == nil) != (tt.want == "") || !strings.Contains(output, tt.want) {
			t.Errorf("%s: got %v, want %q\n%s", tt.dnf, err, tt.want, output)
		}
	}
}

// A package that does not go with those under test is no failure, and said. Whatever else keeps dnf from it is one.
func TestDNFInstallOfAnother(t *testing.T) {
	const rpm = `case "$*" in -qp*) echo "libx 1" ;; *--provides*) echo "libmlx9.so.1(V)(64bit)" ;; *pear) [ -e "$DIR/pear" ] ;; *) echo 1 ;; esac`
	for _, tt := range []struct{ said, want string }{
		{"touch $DIR/pear; echo Complete!", "\n"},
		{"echo Complete!", "dnf did not install pear"},
		{"echo 'No match for argument: pear'; exit 1", "this distribution has no pear"},
		{"echo '- nothing provides libmlx9.so.1(V2)(64bit) needed by pear'; exit 1", "this distribution's pear does not go with"},
		{"echo 'Problem: conflicting requests'; echo '- package pear requires libx = 2'; exit 1", "this distribution's pear does not go with"},
		{"echo 'Problem: conflicting requests'; echo '- nothing provides stalk needed by pear'; exit 1", "dnf did not install pear"},
	} {
		dnf := `case "$*" in *pear) ` + tt.said + ` ;; esac; echo Complete!`
		output, err := runScript(t, DNFInstall, map[string]string{"dnf": dnf, "rpm": rpm}, append(installing(), "touch"), "/rpms", "pear")
		if !strings.Contains(output, tt.want) || (err != nil) != strings.Contains(tt.want, "did not install") {
			t.Errorf("%s: %v, want %q\n%s", tt.said, err, tt.want, output)
		}
	}
	output, err := runScript(t, DNFInstall, map[string]string{"dnf": `case "$*" in *pear) exit 1 ;; esac; echo Complete!`, "rpm": fakeRPM}, installing(), "/rpms", "pear")
	if err != nil {
		t.Errorf("a package that is there: %v\n%s", err, output)
	}
}

func TestInstallNamesWhatTheImageLacks(t *testing.T) {
	for _, lacks := range append(installing(), "dnf", "rpm") {
		var machine []string
		for _, command := range installing() {
			if command != lacks {
				machine = append(machine, command)
			}
		}
		commands := map[string]string{"dnf": "echo Complete!", "rpm": fakeRPM}
		delete(commands, lacks)
		output, err := runScript(t, DNFInstall, commands, machine, "/rpms")
		if want := "dnf-install.sh: this image has no " + lacks + "\n"; err == nil || output != want {
			t.Errorf("got %v, %q, want %q", err, output, want)
		}
	}
}

// What the lab's script needs itself is installed first, and the output says so.
func TestLabInstallsItsOwnTar(t *testing.T) {
	const dnf = `case "$*" in
"install -y tar") printf '#!/bin/sh\n[ "$1" = --append ] || : >"$DIR/out.part"\n' >"$DIR/tar"; chmod 0700 "$DIR/tar" ;;
*.rpm) [ -e "$DIR/tar" ] || exit 1 ;;
esac
echo Complete!`
	machine := append(installing(), "chmod", "mkdir", "mv")
	dir := t.TempDir()
	for _, tt := range []struct {
		tar  string
		said bool
	}{{"", true}, {`[ "$1" = --append ] || : >"` + dir + `/out.part"`, false}} {
		commands := map[string]string{"rpm": fakeRPM, "dnf": strings.ReplaceAll(dnf, "$DIR/out", dir+"/out")}
		if tt.tar != "" {
			commands["tar"] = tt.tar
		}
		output, err := runScript(t, "lab-install.sh", commands, machine, "/rpms", filepath.Join(dir, "out"))
		if err != nil || strings.Contains(output, "this image has no tar: it is installed beside") != tt.said {
			t.Errorf("tar %q: got %v\n%s", tt.tar, err, output)
		}
	}
}
