// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/scripts"
	"github.com/resnics/verbsmith/specs"
)

func TestParse(t *testing.T) {
	f, err := Parse("=os ID\trocky\n=package gpg-pubkey\t1-1\n=package gpg-pubkey\t2-1\n?repositories\tno network\n=empty\t\n")
	if err != nil {
		t.Fatal(err)
	}
	const want = "empty = \nos ID = rocky\npackage gpg-pubkey = 1-1 2-1\nrepositories ? no network\n"
	if got := f.Text(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
	for _, line := range []string{"noise", "=\tx", "os ID\trocky", "=os ID rocky"} {
		_, err := Parse("=a\tb\n" + line + "\n")
		if wrong, ok := errors.AsType[*LineError](err); !ok || wrong.Line != line || !strings.Contains(wrong.Error(), "unexpected line") {
			t.Errorf("%q: got %v", line, err)
		}
	}
}

// distro is one with some facts, one of which differs on its stand-in.
func distro() specs.Distro {
	return specs.Distro{Name: "d", EL: 9, Dist: ".el9", RPM: "4.16.1.3", Probe: &specs.Probe{
		Facts:   map[string]string{"os ID": "rocky", "os VERSION_ID": "9.*", "packages": "a b c", "distro x": "57.0-* *"},
		Standin: map[string]string{"os ID": "debian", "rpm version": "4.18.0"},
	}}
}

// found are the facts that a real image of the distro has, after changes of "key", "value".
func found(changes ...string) Facts {
	f := Facts{Found: map[string]string{
		"os ID": "rocky", "os VERSION_ID": "9.6", "packages": "c b a", "distro x": "57.0-2.el9 appstream",
		"rpm version": "4.16.1.3", "macro dist": ".el9", "macro rhel": "9", "cpu level": "x86-64-v2", "package a": "1", "other": "y",
	}}
	for i := 0; i < len(changes); i += 2 {
		f.Found[changes[i]] = changes[i+1]
		if changes[i+1] == "" {
			delete(f.Found, changes[i])
			f.Unasked = map[string]string{"repositories": "no network"}
		}
	}
	return f
}

// All that is known has to be found; of the stand-in also each difference that is known of it.
func TestCompare(t *testing.T) {
	standin := []string{"os ID", "debian", "rpm version", "4.18.0"}
	for _, tt := range []struct {
		name           string
		standin        bool
		changes        []string
		differ, missed string
	}{
		{"the real image", false, nil, "", ""},
		{"another value", false, []string{"os ID", "alma"}, "os ID", ""},
		{"another pattern", false, []string{"os VERSION_ID", "10.1"}, "os VERSION_ID", ""},
		{"a word less", false, []string{"packages", "a b"}, "packages", ""},
		{"a word more", false, []string{"packages", "a b c d"}, "packages", ""},
		{"not asked", false, []string{"distro x", ""}, "", "distro x"},
		{"the stand-in's value on the real image", false, []string{"os ID", "debian"}, "os ID", ""},
		{"the stand-in", true, standin, "", ""},
		{"a difference that is gone", true, []string{"os ID", "debian"}, "rpm version", ""},
		{"a difference more", true, append(slices.Clone(standin), "packages", "a"), "packages", ""},
		{"another difference", true, append(slices.Clone(standin), "os ID", "ubuntu"), "os ID", ""},
		{"a difference that was not asked", true, append(slices.Clone(standin), "os ID", ""), "", "os ID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := Compare(distro(), tt.standin, found(tt.changes...))
			err := Judge("d", rows)
			if tt.differ+tt.missed == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			got, ok := errors.AsType[*DifferenceError](err)
			if !ok || strings.Join(got.Differ, " ") != tt.differ || strings.Join(got.Missed, " ") != tt.missed {
				t.Fatalf("got %v", err)
			}
			if text := got.Error(); !strings.HasPrefix(text, "d: ") || !strings.Contains(text, tt.differ) {
				t.Errorf("the error is %q", text)
			}
		})
	}
	d := distro()
	d.Probe.Standin["nobody asked"] = "x" // without a fact of the real image
	err := Judge("d", Compare(d, true, found(append(standin, "nobody asked", "x")...)))
	if got, ok := errors.AsType[*DifferenceError](err); !ok || strings.Join(got.Differ, " ") != "nobody asked" {
		t.Errorf("a difference from nothing: got %v", err)
	}
}

func TestCells(t *testing.T) {
	for _, tt := range []struct {
		row  Row
		want string
	}{
		{Row{"a", "x*", "xy", Same}, "a|x*|xy|same"},
		{Row{"a", "1 2 3 4 5 6 7", "7 6 5 4 3 2 1", Same}, "a|7 words|the same|same"},
		{Row{"a", "1 2 3 4 5 6 7", "1 2 8", Differs}, "a|7 words|lacks 3 4 5 6 and 1 more\nhas 8|DIFFERS"},
		{Row{"a", "1 2 3 4 5 6 7", "1 2 3 4 5 6", Differs}, "a|7 words|lacks 7\nhas nothing more|DIFFERS"},
		{Row{"a", "1 2 3 4 5 6 7", "no network", Unasked}, "a|1 2 3 4 5 6 7|no network|NOT ASKED"},
		{Row{"a", "", "1 2 3 4 5 6 7 8 9 10 11 12 13", Unknown}, "a||1 2 3 4 and 9 more|-"},
	} {
		if got := strings.Join(tt.row.Cells(), "|"); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestFits(t *testing.T) {
	for _, tt := range []struct {
		pattern, word string
		want          bool
	}{
		{"a", "a", true},
		{"a", "ab", false},
		{"a*", "ab", true},
		{"*", "x", true},
		{"*b*d", "abcd", true},
		{"*b*d", "adcb", false},
		{"a*a", "a", false},
		{"9.*", "9", false},
		{"[a]", "a", false},
	} {
		if got := fits(tt.pattern, tt.word); got != tt.want {
			t.Errorf("fits(%q, %q) = %t", tt.pattern, tt.word, got)
		}
	}
}

// The image of the proof is probed without a network, and that of the toolchain with one unless it is the stand-in.
func TestProbe(t *testing.T) {
	for _, standin := range []bool{false, true} {
		engine := &stagetest.Engine{Answer: func(run stagetest.Run) (containers.Result, error) {
			_, err := io.WriteString(run.Stdout, "=run "+run.Image+"\t"+run.Argv[len(run.Argv)-1]+"\n")
			return containers.Result{}, err
		}}
		spec := filepath.Join(t.TempDir(), "x.spec")
		if err := os.WriteFile(spec, []byte("Name: x\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p := &Prober{Runner: stagetest.NewRunner(t, engine)}
		j := job.Job{Target: job.RPM{Distro: specs.Distro{Repositories: []string{"crb"}}}}
		f, err := p.Probe(t.Context(), j, artifact.Base{ID: "full", Minimal: "small", Local: standin}, artifact.Spec{File: spec})
		if err != nil || f.Text() != "run full = crb\nrun small = plain\n" {
			t.Errorf("got %q, %v", f.Text(), err)
		}
		for _, run := range engine.Runs() {
			if want := run.Image == "full" && !standin; run.Network != want || !run.Root || run.Commit != "" {
				t.Errorf("%s runs with network %t, root %t, commit %q", run.Image, run.Network, run.Root, run.Commit)
			}
			if run.Files[stage.ScriptDir+"/"+artifact.SpecFile].Data != "Name: x\n" {
				t.Errorf("%s has no spec", run.Image)
			}
		}
	}
}

// script runs distro-probe.sh on this machine, with the given tools before those in PATH.
func script(ctx context.Context, t *testing.T, tools map[string]string, argv ...string) Facts {
	t.Helper()
	dir := t.TempDir()
	text, err := scripts.Read(scripts.DistroProbe)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"script": string(text), "conf": "[main]\n# x\nbest = True\nproxy=http://u:secret@host\nproxy_password=secret\nusername=me\npassword=secret\nsslclientkey=/secret\n"}
	for tool, commands := range tools {
		files["bin/"+tool] = "#!/bin/sh\n" + commands
	}
	for name, data := range files {
		if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(ctx, "sh", append([]string{filepath.Join(dir, "script")}, argv...)...)
	cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH"), "CONF=" + filepath.Join(dir, "conf")}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := Parse(string(out))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const fakeRPM = `case "$*" in
--version) echo RPM version 4.16.1.3 ;;
--eval*epel-release*) echo epel-release ;;
--eval*) echo x ;;
-qa*NAME}*VERSION*) printf '=package b\t1-1.x\n=package a\t1-1.x\n' ;;
-qa*) printf 'b\na\nb\n' ;;
esac
`

// Of an image as it is: sorted, each name once, and nothing that is a site's own.
func TestScriptReadsThePlainImage(t *testing.T) {
	f := script(t.Context(), t, map[string]string{"rpm": fakeRPM, "dnf": `case "$*" in
--version) printf '4.14.0\n  Installed: dnf\n' ;;
*repolist*) printf 'repo id   repo name\nb  B\na  A\n' ;;
check) echo broken; exit 1 ;;
esac
`}, "plain")
	for key, want := range map[string]string{
		"rpm version": "4.16.1.3", "dnf version": "4.14.0", "dnf.conf": "best=True", "packages": "a b", "package a": "1-1.x",
		"repositories enabled": "a b", "dnf check": "broken", "macro dist": "x",
	} {
		if f.Found[key] != want {
			t.Errorf("%s = %q, want %q", key, f.Found[key], want)
		}
	}
	if strings.Contains(f.Text(), "secret") || !strings.Contains(f.Found["commands present"], "sed") {
		t.Errorf("got:\n%s", f.Text())
	}
}

// dnf 5 has other plug-ins, and its query has a blank line for each line that dnf 4 ends itself.
func TestScriptAsksDNF5(t *testing.T) {
	f := script(t.Context(), t, map[string]string{
		"rpm": "case $2 in *epel-release*) ;; *) echo x ;; esac", "rpmspec": "echo a", "readelf": "",
		"dnf": `case "$*" in
--version) echo dnf5 version 5.2.8.1 ;;
"install -y dnf5-plugins" | "config-manager setopt crb.enabled=1" | *rpm-build) ;;
*whatprovides*) printf 'ay crb\n\nay crb\n' ;;
*repoquery*) ;;
*) exit 1 ;;
esac
`,
	}, "toolchain", "spec", "crb")
	if f.Found["requires a"] != "ay crb" || f.Found["distro libibverbs"] != "none" || len(f.Unasked) > 0 {
		t.Errorf("got:\n%s", f.Text())
	}
}

// What the repositories are asked for; without them nothing is made up.
func TestScriptAsksTheRepositories(t *testing.T) {
	tools := map[string]string{
		"rpm": fakeRPM, "rpmspec": "printf 'b >= 1\\na\\n'", "readelf": "echo ' x86 ISA needed: x86-64-baseline, x86-64-v2'",
		"dnf": `case "$*" in
*"--provides libibverbs") printf 'x\nlibibverbs.so.1(IBVERBS_PRIVATE_57)(64bit)\n' ;;
*whatprovides*"b >= 1") printf 'bee crb\nbee crb\n' ;;
*whatprovides*) ;;
*perftest) exit 1 ;;
*version*) echo 57.0-2 appstream ;;
esac
`,
	}
	f := script(t.Context(), t, tools, "toolchain", "spec", "crb")
	for key, want := range map[string]string{
		"requires b >= 1": "bee crb", "requires a": "none", "distro rdma-core": "57.0-2 appstream", "distro private ABI": "57",
		"cpu level": "x86-64-v2", "build macro optflags": "x",
	} {
		if f.Found[key] != want {
			t.Errorf("%s = %q, want %q", key, f.Found[key], want)
		}
	}
	if f.Unasked["distro perftest"] == "" {
		t.Error("a query that failed is not told from none")
	}
	for command, want := range map[string]string{
		"*epel-release*": "repositories", "*set-enabled*": "repositories", "*rpm-build*": "rpm-build",
	} {
		tools["dnf"] = "case \"$*\" in " + command + ") exit 1 ;; esac\n"
		f := script(t.Context(), t, tools, "toolchain", "spec", "crb")
		if f.Unasked[want] == "" || f.Found["requires a"] != "" {
			t.Errorf("dnf %s fails: got:\n%s", command, f.Text())
		}
	}
}
