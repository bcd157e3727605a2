// SPDX-License-Identifier: Apache-2.0

package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

func TestInstructions(t *testing.T) {
	const heredoc = "FROM x\nRUN <<EOF\n# content\nEOF\n"
	for text, want := range map[string]string{
		"# a comment\n\nFROM x\n":                         "FROM x\n",
		"FROM x\n\t# indented\n   \nRUN a":                "FROM x\nRUN a",
		"RUN a; \\\n    # within\n\n    b # of the shell": "RUN a; \\\n    b # of the shell",
		"# syntax=x\n# Escape = `\n# check the rest\nA":   "# syntax=x\n# Escape = `\nA",
		heredoc: heredoc,
		"":      "",
	} {
		if got := string(instructions([]byte(text))); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// A comment in a Containerfile changes no image's reference; an instruction does. The lab's
// image has no reference before it is built.
func TestCommentsKeepImages(t *testing.T) {
	const el, debian, standin, lab = "el", "debian", "standin", "lab"
	base := artifact.Base{ID: "sha256:base", Folder: "base"}
	refs := func(root string) map[string]string {
		engine := &stagetest.Engine{Images: map[string]string{userland(t, labSuite): "sha256:debian"}}
		b := newBuilder(t, engine)
		b.Files = os.DirFS(root)
		spec := filepath.Join("..", "..", "..", "go.mod") // any file
		out := map[string]string{}
		for dir, target := range map[string]job.Target{el: rocky9, debian: bookworm} {
			tc, _, err := b.ToolchainState(t.Context(), job.Job{Target: target}, base, spec)
			if err != nil {
				t.Fatal(err)
			}
			out[dir] = tc.Ref
		}
		full, err := b.standinImage(rocky9.Distro, standinFull)
		if err != nil {
			t.Fatal(err)
		}
		out[standin] = full.ref
		_, _ = b.Lab(t.Context(), job.Job{}) // the kernel's version cannot be read
		out[lab] = engine.Built()[0].Tag
		return out
	}
	root := t.TempDir()
	if err := os.CopyFS(root, containers.Files); err != nil {
		t.Fatal(err)
	}
	before := refs(root)
	for dir := range before {
		file := filepath.Join(root, dir, containerfileName)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			text string
			same bool
		}{{"\n# Another comment.\n" + string(text), true}, {string(text) + "RUN another\n", false}} {
			if err := os.WriteFile(file, []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			for name, ref := range refs(root) {
				if same := ref == before[name]; same != (tt.same || name != dir) {
					t.Errorf("%s with %.20q: the reference of %s is the same: %t", dir, tt.text, name, same)
				}
			}
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Each layer of the toolchain first brings the packages that it finds to the repositories' state, whatever the age of the base
// and of the layers below.
func TestToolchainUpgradesFirst(t *testing.T) {
	text, err := os.ReadFile("../../../containers/el/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fakes := map[string]string{"dnf": `echo "$1" >>"$DIR/log"; [ "$1" != "$FAILS" ]`, "groupadd": ":", "useradd": ":", "install": ":", "rm": ":"}
	for name, script := range fakes {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	run := func(command, fails string) (dnf []string, err error) {
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", command)
		cmd.Env = []string{"PATH=" + dir, "DIR=" + dir, "REPOSITORIES=crb", "FAILS=" + fails}
		log := filepath.Join(dir, "log")
		_ = os.Remove(log)
		ran := cmd.Run()
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(data)), ran
	}
	layers := 0
	for instruction := range strings.Lines(strings.ReplaceAll(string(instructions(text)), "\\\n", " ")) {
		command, ok := strings.CutPrefix(instruction, "RUN ")
		if !ok {
			continue
		}
		layers++
		if dnf, err := run(command, ""); err != nil || len(dnf) < 3 || dnf[0] != "upgrade" {
			t.Errorf("layer %d: dnf %q, %v", layers, dnf, err)
		}
		if dnf, err := run(command, "upgrade"); err == nil || !slices.Equal(dnf, []string{"upgrade"}) {
			t.Errorf("layer %d goes on after a failed upgrade: dnf %q, %v", layers, dnf, err)
		}
	}
	if layers != 2 {
		t.Errorf("%d layers", layers)
	}
}
