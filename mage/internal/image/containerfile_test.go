// SPDX-License-Identifier: Apache-2.0

package image

import (
	"os"
	"path/filepath"
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
	const debian, lab = "debian", "lab"
	base := artifact.Base{ID: "sha256:base", Folder: "base"}
	refs := func(root string) map[string]string {
		engine := &stagetest.Engine{Images: map[string]string{userland(t, labSuite): "sha256:debian"}}
		b := newBuilder(t, engine)
		b.Files = os.DirFS(root)
		spec := filepath.Join("..", "..", "..", "go.mod") // any file
		out := map[string]string{}
		tc, _, err := b.ToolchainState(t.Context(), job.Job{Target: bookworm}, base, spec)
		if err != nil {
			t.Fatal(err)
		}
		out[debian] = tc.Ref
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
