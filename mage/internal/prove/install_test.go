// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/scripts"
)

// install runs dnf-install.sh on this machine: a directory with the package one, and the tools dnf and rpm. $D is a directory
// of the test; what is in its file digest is what rpm says of each installed package.
func install(t *testing.T, dnf string, packages ...string) (ok bool, said string) {
	t.Helper()
	dir := t.TempDir()
	text, err := scripts.Read(scripts.DNFInstall)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "dnf-install.sh"), string(text))
	write(t, filepath.Join(dir, "rpms", "one-1.rpm"), "")
	write(t, filepath.Join(dir, "digest"), "1111")
	for tool, text := range map[string]string{
		"dnf": `echo "dnf $*" >>"$D/calls"; case $* in *--nobest*) : >"$D/perftest" ;; esac` + "\n" + dnf,
		"rpm": `case $* in -qp*) shift 3; for f; do echo "$(basename "$f" -1.rpm) 1111"; done ;; *perftest) [ -e "$D/perftest" ] ;;
			*%{NAME}*) shift 3; for n; do echo "$n $(cat "$D/digest")"; done ;; *) cat "$D/digest" ;; esac`,
	} {
		write(t, filepath.Join(dir, "bin", tool), "#!/bin/sh\n"+text)
		if err := os.Chmod(filepath.Join(dir, "bin", tool), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{filepath.Join(dir, "dnf-install.sh"), filepath.Join(dir, "rpms")}, packages...)...)
	cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "UNDER_TEST=" + filepath.Join(dir, "list"), "D=" + dir}
	out, err := cmd.CombinedOutput()
	calls, _ := os.ReadFile(filepath.Join(dir, "calls"))
	return err == nil, strings.ReplaceAll(string(calls), dir, "D") + string(out)
}

// What an earlier run has installed stays in the directory of an image, and is not given to dnf again.
func TestInstallInAnImageWithPackages(t *testing.T) {
	ok, said := install(t, `echo 'Complete!'; : >"$D/rpms/two-1.rpm"; [ $1 != check ] || [ -e "$D/again" ] || { : >"$D/again"; exec sh "$D/dnf-install.sh" "$D/rpms"; }`)
	want := "dnf install -y --setopt=tsflags= --exclude=one, D/rpms/two-1.rpm\n"
	if !ok || !strings.Contains(said, want) {
		t.Errorf("exit 0 is %t, want %q in\n%s", ok, want, said)
	}
}

// Documentation is installed whatever dnf.conf says, and no repository gives a package under test.
func TestInstall(t *testing.T) {
	ok, said := install(t, "echo 'Complete!'", "perftest")
	for _, want := range []string{
		"dnf install -y --setopt=tsflags= --exclude= D/rpms/one-1.rpm\n",
		"dnf install -y --setopt=tsflags= --exclude=one, --nobest perftest\n",
		"dnf check\n",
	} {
		if !ok || !strings.Contains(said, want) {
			t.Errorf("exit 0 is %t, want %q in\n%s", ok, want, said)
		}
	}
}

func TestInstallCanFail(t *testing.T) {
	const extra = `case "$*" in *perftest) `
	for _, tt := range []struct {
		name, dnf string
		ok        bool
		want      string
	}{
		{"dnf fails", "exit 1", false, "did not install everything cleanly"},
		{"a scriptlet fails", "echo 'warning: %post scriptlet failed'; echo 'Complete!'", false, "did not install everything cleanly"},
		{"none in the distribution", extra + "echo 'Unable to find a match: perftest'; exit 1 ;; esac; echo 'Complete!'", true, "has no perftest"},
		{"one for another libibverbs", extra + "echo ' - nothing provides one = 2 needed by perftest'; exit 1 ;; esac; echo 'Complete!'", true, "does not go with"},
		{"no mirror", extra + "echo 'Failed to download metadata'; exit 1 ;; esac; echo 'Complete!'", false, "did not install perftest"},
		{"replaced", extra + `echo 2222 >"$D/digest" ;; esac; echo 'Complete!'`, false, "one is not the package under test"},
		{"inconsistent", "[ $1 = install ] && echo 'Complete!'", false, "dnf check"},
	} {
		if ok, said := install(t, tt.dnf, "perftest"); ok != tt.ok || !strings.Contains(said, tt.want) {
			t.Errorf("%s: exit 0 is %t, want %t and %q in\n%s", tt.name, ok, tt.ok, tt.want, said)
		}
	}
}
