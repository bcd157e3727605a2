// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// The patches of the common objects do not depend on the provider's folder, and on everything else.
func TestCommonPatch(t *testing.T) {
	tree, j := debianTree(t)
	e := &Editor{Runner: stagetest.NewRunner(t, nil)}
	folder := j.Provider.Manifest.Folder()
	j.Provider.Manifest.CMake.Subdirectories = []string{"man"}
	rpm, deb := map[string]string{}, map[string]string{}
	for _, change := range []struct{ what, file string }{
		{"first", folder + "/CMakeLists.txt"}, {"line", folder + "/crab.c"}, {"page", folder + "/man/crab.7"}, {"header", "kernel-headers/crab-abi.h"},
	} {
		releasetest.Write(t, tree.Dir, map[string]string{change.file: "a line\n"})
		tree.Digest = strings.Repeat("0", 60) + change.what
		onRocky9 := j
		onRocky9.Target = job.RPM{}
		patch, err := e.Patch(t.Context(), onRocky9, tree)
		if err != nil {
			t.Fatal(err)
		}
		outside, err := e.Patch(t.Context(), j, tree)
		if err != nil {
			t.Fatal(err)
		}
		debian, err := e.DebianSource(t.Context(), j, tree)
		if err != nil {
			t.Fatal(err)
		}
		if textOf(t, outside.File) != textOf(t, debian.Patch.File) || textOf(t, outside.Common) != textOf(t, debian.Patch.Common) {
			t.Errorf("%s: an add-on's patch for Debian is not that of debian/patches:\n%s", change.what, textOf(t, outside.File))
		}
		rpm[change.what], deb[change.what] = textOf(t, patch.Common), textOf(t, debian.Patch.Common)
		if whole := textOf(t, patch.File); !strings.Contains(whole, "+++ b/"+change.file+"\n") {
			t.Errorf("%s: the provider's own patch lacks %s:\n%s", change.what, change.file, whole)
		}
		if file := filepath.Join(filepath.Dir(debian.Dir), filepath.FromSlash(debian.Patch.Name)); file != debian.Patch.File {
			t.Errorf("the quilt patch is %s, and its name leads to %s", debian.Patch.File, file)
		}
	}
	for kind, texts := range map[string]map[string]string{"rpm": rpm, "deb": deb} {
		if texts["line"] != texts["first"] || texts["page"] != texts["first"] {
			t.Errorf("%s: the common objects depend on the provider's files:\n%s\n%s", kind, texts["first"], texts["page"])
		}
		if texts["header"] == texts["first"] || !strings.Contains(texts["header"], "+++ b/kernel-headers/crab-abi.h\n") {
			t.Errorf("%s: the common objects lack the ABI header:\n%s", kind, texts["header"])
		}
		if !strings.Contains(texts["first"], "+++ b/"+folder+"/man/CMakeLists.txt\n") {
			t.Errorf("%s: the top CMakeLists.txt adds a folder that is not there:\n%s", kind, texts["first"])
		}
		if !strings.Contains(texts["first"], "+++ b/"+folder+"/CMakeLists.txt\n") || strings.Contains(texts["page"], "crab.c") {
			t.Errorf("%s: the provider is not empty:\n%s", kind, texts["page"])
		}
	}
	if strings.Contains(deb["header"], "debian/control") || !strings.Contains(rpm["header"], "debian/control") {
		t.Error("of debian/ only the quilt patch has nothing")
	}
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
