// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Proof is the result of applying a patch with a tool.
type Proof struct {
	Tool    string // the command, such as "patch -p1 -F0"
	Version string // first line of the tool's --version output
	OK      bool   // it applied the patch, exactly, with the expected result
	Output  string // all that it printed
}

// tool is a way to apply a patch.
type tool struct {
	program string
	args    [][]string // runs, in order; the patch's path is added to each
	shown   string
	advice  string
}

// tools are those that users and rpmbuild apply the patch with. patch gets the same additional
// arguments as from rpm's %patch.
func tools() []tool {
	apply := []string{"apply", "-p1", "--verbose", "--whitespace=nowarn"}
	return []tool{
		{
			program: "git", shown: "git apply", advice: "install the package git",
			args: [][]string{append(slices.Clip(apply), "--check"), apply},
		},
		{
			program: "patch", shown: "patch -p1 -F0", advice: "install the package patch",
			args: [][]string{{"-p1", "-F0", "--no-backup-if-mismatch", "-f", "-i"}},
		},
	}
}

// inexact matches the messages of git and patch about a hunk that did not apply exactly; a file
// name cannot start a line like this.
var inexact = regexp.MustCompile(`(?m)^Hunk #[0-9]+ .*$`)

// ProveWithTools applies the patch with "git apply" and "patch -p1 -F0", each to a
// copy of the files in the directory pristine that it changes, and compares the results with
// Apply's. No file of pristine is changed, and neither a surrounding repository nor the user's
// git configuration has an effect.
//
// It returns a Proof for each tool that is installed. The error is that of Apply,
// or joins a *MissingToolError for each tool that is not installed and a
// *ProofError for each that fails.
func ProveWithTools(ctx context.Context, patch []byte, pristine string) ([]Proof, error) {
	tmp, err := os.MkdirTemp("", "verbsmith-prove-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	file := filepath.Join(tmp, "the.patch")
	if err := os.WriteFile(file, patch, 0o600); err != nil {
		return nil, err
	}
	expected := filepath.Join(tmp, "expected")
	if err := copyTouched(patch, pristine, expected); err != nil {
		return nil, err
	}
	if err := Apply(ctx, patch, expected); err != nil {
		return nil, err
	}
	var proofs []Proof
	var failed error
	for _, t := range tools() {
		if _, err := exec.LookPath(t.program); err != nil {
			failed = errors.Join(failed, &MissingToolError{Tool: t.program, Advice: t.advice})
			continue
		}
		dir := filepath.Join(tmp, t.program)
		if err := copyTouched(patch, pristine, dir); err != nil {
			return proofs, err
		}
		proof, why := t.prove(ctx, dir, file, expected)
		if err := ctx.Err(); err != nil {
			return proofs, err
		}
		proofs = append(proofs, proof)
		if !proof.OK {
			failed = errors.Join(failed, &ProofError{Tool: t.shown, Why: why, Output: proof.Output})
		}
	}
	return proofs, failed
}

// prove runs the tool in dir and compares the result; why is the reason of a failure.
func (t tool) prove(ctx context.Context, dir, patch, expected string) (proof Proof, why string) {
	proof = Proof{Tool: t.shown}
	version, err := t.run(ctx, dir, "--version")
	if err != nil {
		return proof, "its version: " + err.Error()
	}
	proof.Version, _, _ = strings.Cut(version, "\n")
	for _, args := range t.args {
		output, err := t.run(ctx, dir, append(slices.Clip(args), patch)...)
		proof.Output += output
		if err != nil {
			return proof, err.Error()
		}
	}
	if line := inexact.FindString(proof.Output); line != "" {
		return proof, line
	}
	pairs, err := differing(ctx, expected, dir)
	if err != nil {
		return proof, err.Error()
	}
	if len(pairs) > 0 {
		return proof, fmt.Sprintf("%q differs from the integrated tree", pairs[0].name)
	}
	proof.OK = true
	return proof, ""
}

func (t tool) run(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, t.program, args...)
	cmd.Dir = dir
	cmd.Env = toolEnv(dir)
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	return output.String(), err
}

// toolEnv is the environment of the tools. Nothing is inherited from this process, because it
// could change how they read a patch. Within a repository, git apply silently skips
// files that are not below the current directory, hence the ceiling.
func toolEnv(dir string) []string {
	above := filepath.Dir(dir)
	ceiling, err := filepath.EvalSymlinks(above)
	if err != nil {
		ceiling = above
	}
	return []string{
		"PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=" + above, "XDG_CONFIG_HOME=" + above,
		"GIT_CEILING_DIRECTORIES=" + ceiling, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
	}
}

// copyTouched copies the existing files that a patch changes.
func copyTouched(patch []byte, from, to string) error {
	changes, err := parse(patch)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	src, err := os.OpenRoot(from)
	if err != nil {
		return err
	}
	defer src.Close() //nolint:errcheck // Only read from.
	dst, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer dst.Close() //nolint:errcheck // The writes have been checked.
	for _, c := range changes {
		if err := copyFile(src, dst, c.ownName()); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(src, dst *os.Root, name string) error {
	info, err := src.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		if err == nil || gone(err) {
			return nil
		}
		return err
	}
	data, err := src.ReadFile(name)
	if err != nil {
		return err
	}
	if err := dst.MkdirAll(filepath.ToSlash(filepath.Dir(name)), 0o755); err != nil {
		return err
	}
	return dst.WriteFile(name, data, info.Mode().Perm())
}
