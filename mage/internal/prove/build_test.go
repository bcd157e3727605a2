// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/provider"
)

// Each build is judged at the path at which it was made, with its own GUID.
func TestJudgeTogether(t *testing.T) {
	b := newBench(t)
	var builds []artifact.ProviderBuild
	for i := range 2 {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "libfly.so"), []byte(strconv.Itoa(i)), 0o600); err != nil {
			t.Fatal(err)
		}
		builds = append(builds, artifact.ProviderBuild{
			Provider: "fly", Device: provider.Device{Name: "fly0", KernelABI: 1}, PrivateABI: 34 + i, Toolchain: "sha256:tools",
			At: "/builder/src/tree/build", Built: artifact.Directory{Path: dir},
		})
	}
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		return containers.Result{}, os.WriteFile(filepath.Join(run.Outputs[0].Dir, ".status"), []byte("0 0\n1 1\n"), 0o600)
	}
	passed, err := b.JudgeTogether(t.Context(), b.Begin("compile"), builds, "listed")
	if err != nil || !slices.Equal(passed, []bool{true, false}) {
		t.Errorf("got %v, %v", passed, err)
	}
	if len(b.engine.Runs()) != 1 {
		t.Fatalf("%d containers, want one", len(b.engine.Runs()))
	}
	run := b.engine.Runs()[0]
	if run.Image != "sha256:tools" || !run.Root || run.User != "root" || run.Network || run.Seccomp == "" {
		t.Errorf("got %+v", run.RunSpec)
	}
	guids := map[string]bool{}
	for i := range builds {
		name := strconv.Itoa(i)
		if got := run.Files["/verbsmith-builds/"+name+"/libfly.so"].Data; got != name {
			t.Errorf("build %s has %q", name, got)
		}
		command := run.Files[stage.ScriptDir+"/rows/"+name].Data
		for _, want := range []string{
			"\nBIN=/builder/src/tree/build/bin\n", "\nPRIVATE_ABI=" + strconv.Itoa(34+i) + "\n", "\nDEVICE=fly0\n",
			"\n/verbsmith/build-verdict.sh\n/builder/src/tree/build\n/verbsmith-builds/" + name + "\nlisted\n",
		} {
			if !strings.Contains(command, want) {
				t.Errorf("the command of build %s lacks %q:\n%s", name, want, command)
			}
		}
		_, guid, _ := strings.Cut(command, "\nGUID=")
		guids[guid[:16]] = true
	}
	if len(guids) != 2 || run.Files[stage.ScriptDir+"/verdict.sh"].Data == "" {
		t.Errorf("GUIDs %v, verdict.sh %t", guids, run.Files[stage.ScriptDir+"/verdict.sh"].Data != "")
	}
}
