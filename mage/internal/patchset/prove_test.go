// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestToolsAgree(t *testing.T) {
	for _, c := range changes() {
		t.Run(c.name, func(t *testing.T) {
			before := c.before.write(t)
			patch := mustDiff(t, before, c.after.write(t))
			proofs, err := ProveWithTools(t.Context(), patch, before)
			if len(proofs) != 2 {
				t.Fatalf("%d proofs, error %v", len(proofs), err)
			}
			for _, p := range proofs {
				if want := p.Tool == "git apply" || !c.onlyGit; p.OK != want {
					t.Errorf("%s (%s): OK is %t: %v\n%s", p.Tool, p.Version, p.OK, err, p.Output)
				}
			}
			var failed *ProofError
			if errors.As(err, &failed) != c.onlyGit {
				t.Errorf("error %v", err)
			}
			sameTree(t, "the proof's input", before, c.before)

			repo := t.TempDir()
			am(t, repo, c.before, patch)
			git(t, repo, "clean", "-xfdq")
			if err := os.RemoveAll(filepath.Join(repo, ".git")); err != nil {
				t.Fatal(err)
			}
			sameTree(t, "git am", repo, c.after)
		})
	}
}

// TestProofIgnoresItsSurroundings runs the proof below a repository, with settings
// that change what git and patch do.
func TestProofIgnoresItsSurroundings(t *testing.T) {
	outer := t.TempDir()
	git(t, outer, "init", "-q")
	tmp := filepath.Join(outer, "sub", "tmp")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(outer, "config")
	if err := os.WriteFile(config, []byte("[core]\n\tautocrlf = true\n[apply]\n\twhitespace = error\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", tmp)
	t.Setenv("GIT_CONFIG_GLOBAL", config)
	t.Setenv("GIT_DIR", filepath.Join(outer, ".git"))
	t.Setenv("GIT_WORK_TREE", outer)
	t.Setenv("POSIXLY_CORRECT", "1")
	before := tree{"a": "1\n", "e": ""}.write(t)
	patch := mustDiff(t, before, tree{"a": "2 \n", "n": "trailing \t\n"}.write(t))
	if proofs, err := ProveWithTools(t.Context(), patch, before); err != nil {
		t.Errorf("%v: %v", err, proofs)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (error %v)", left, err)
	}
}

// TestProofIsStrict returns the tools a tree on which they would succeed, but not
// exactly, or with another result.
func TestProofIsStrict(t *testing.T) {
	before := tree{"f": numbered(20, nil)}
	patch := mustDiff(t, before.write(t), tree{"f": numbered(20, map[int]string{10: "ten\n"})}.write(t))
	file := filepath.Join(t.TempDir(), "patch")
	if err := os.WriteFile(file, patch, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name           string
		tree, expected tree
		why            string
	}{
		{"an offset", tree{"f": "top\n" + numbered(20, nil)}, tree{"f": "top\n" + numbered(20, map[int]string{10: "ten\n"})}, "offset 1 line"},
		{"another result", before, tree{"f": "other\n"}, `"f" differs from the integrated tree`},
		{"another context", tree{"f": numbered(20, map[int]string{7: "seven\n"})}, before, "exit status 1"},
	}
	for _, tt := range tests {
		for _, tool := range tools() {
			t.Run(tt.name+" "+tool.program, func(t *testing.T) {
				proof, why := tool.prove(t.Context(), tt.tree.write(t), file, tt.expected.write(t))
				if proof.OK || !strings.Contains(why, tt.why) {
					t.Errorf("OK is %t, because %q, want %q\n%s", proof.OK, why, tt.why, proof.Output)
				}
			})
		}
	}
}

func TestProofNamesMissingTools(t *testing.T) {
	before := tree{"a": "1\n"}.write(t)
	patch := mustDiff(t, before, tree{"a": "2\n"}.write(t))
	t.Setenv("PATH", t.TempDir())
	proofs, err := ProveWithTools(t.Context(), patch, before)
	var missing *MissingToolError
	if !errors.As(err, &missing) || missing.Tool != "git" || len(proofs) > 0 {
		t.Errorf("error %v, proofs %v", err, proofs)
	}
	if !strings.Contains(err.Error(), "install the package patch") {
		t.Errorf("patch is not named: %v", err)
	}
}

func TestProofErrors(t *testing.T) {
	before := tree{"a": "1\n"}
	patch := mustDiff(t, before.write(t), tree{"a": "2\n"}.write(t))
	var conflict *ConflictError
	if _, err := ProveWithTools(t.Context(), patch, tree{"a": "3\n"}.write(t)); !errors.As(err, &conflict) {
		t.Errorf("another tree: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ProveWithTools(ctx, patch, before.write(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
