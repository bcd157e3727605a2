// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/examine"
)

const (
	abiShellScript = "abi-structs.sh"
	abiFolder      = "/builder/abi"
)

// ABIHeader is the output of rdma-core's script for a kernel header.
type ABIHeader struct {
	Text    []byte
	Crashed string // its messages if it failed
}

// ErrNoABIScript says that rdma-core's script cannot run without a container.
var ErrNoABIScript = errors.New("only a container can run " + examine.ABIScript)

var (
	errNoPython      = fmt.Errorf("%w: this machine has no python3", ErrNoABIScript)
	errUnknownScript = fmt.Errorf("%w: it is not the known version", ErrNoABIScript)
)

// ABIStructs runs the release's own make_abi_structs.py on each kernel header of the provider;
// the result is by header name. If the script's bytes are known it runs with this machine's
// python3; in the toolchain, without a network or privileges, if tc is given.
//
// Errors: ErrNoABIScript, without a toolchain.
func (w *Walker) ABIStructs(ctx context.Context, j job.Job, src artifact.Source, tc *artifact.Toolchain) (map[string]ABIHeader, error) {
	file := filepath.Join(src.Tree, filepath.FromSlash(examine.ABIScript))
	script, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the release's script: %w", err)
	}
	python := ""
	if sum := sha256.Sum256(script); hex.EncodeToString(sum[:]) == examine.ABIScriptSHA256 {
		python = findPython()
	} else if tc == nil {
		return nil, errUnknownScript
	}
	if python == "" && tc == nil {
		return nil, errNoPython
	}
	s := w.Begin("abi")
	made := map[string]ABIHeader{}
	for _, h := range j.Provider.ABIHeaders() {
		var one ABIHeader
		if python != "" {
			one, err = runABIHere(ctx, python, script, h)
		} else {
			one, err = w.runABI(ctx, s, *tc, script, h)
		}
		if err != nil {
			break
		}
		made[h.Name] = one
	}
	return made, w.End("abi", s, false, err)
}

// findPython prefers the system's python3 to one from PATH.
func findPython() string {
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

func runABIHere(ctx context.Context, python string, script []byte, h provider.File) (ABIHeader, error) {
	const patience = 20 * time.Second
	dir, err := os.MkdirTemp("", "verbsmith-abi-")
	if err != nil {
		return ABIHeader{}, fmt.Errorf("create a directory for a header: %w", err)
	}
	defer os.RemoveAll(dir)
	err = errors.Join(stage.WriteFile(dir, "script.py", script), stage.WriteFile(dir, "header.h", h.Data()))
	if err != nil {
		return ABIHeader{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// Isolated: no modules from the environment or the current directory.
	cmd := exec.CommandContext(ctx, python, "-I", "-S", "-B", "-X", "utf8", "script.py", "header.h", "made.h")
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return ABIHeader{}, fmt.Errorf("%s on %s: %w", examine.ABIScript, h.Name, cause)
	}
	if err != nil && !bytes.Contains(said, []byte("Traceback")) {
		return ABIHeader{}, fmt.Errorf("%s on %s: %w: %s", examine.ABIScript, h.Name, err, bytes.TrimSpace(said))
	}
	if err != nil {
		return ABIHeader{Crashed: string(said)}, nil
	}
	text, err := os.ReadFile(filepath.Join(dir, "made.h"))
	if err != nil {
		return ABIHeader{}, fmt.Errorf("read the output of %s: %w", examine.ABIScript, err)
	}
	return ABIHeader{Text: text}, nil
}

// runABI runs the script in the toolchain.
func (w *Walker) runABI(ctx context.Context, s *ui.Stage, tc artifact.Toolchain, script []byte, h provider.File) (ABIHeader, error) {
	dir, err := os.MkdirTemp("", "verbsmith-abi-")
	if err != nil {
		return ABIHeader{}, fmt.Errorf("create a directory for a header: %w", err)
	}
	defer os.RemoveAll(dir)
	base := path.Base(h.Name)
	files := []stage.File{
		{Name: "script.py", Data: script, Owner: stage.BuilderUID},
		{Name: base, Data: h.Data(), Owner: stage.BuilderUID},
	}
	_, err = w.Script(ctx, s, containers.RunSpec{
		Argv: []string{abiShellScript, abiFolder + "/script.py", abiFolder + "/" + base, releaseOut},
		Name: "abi", Image: tc.ID, User: stage.Builder,
		Inputs:  []containers.Input{stage.BuilderInput(abiFolder, files)},
		Outputs: []containers.Output{{Path: releaseOut, Dir: dir}},
	})
	if err != nil {
		return ABIHeader{}, err
	}
	said, err := os.ReadFile(filepath.Join(dir, "crash"))
	if err == nil {
		return ABIHeader{Crashed: string(said)}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return ABIHeader{}, fmt.Errorf("read the messages of %s: %w", examine.ABIScript, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, base))
	if err != nil {
		return ABIHeader{}, fmt.Errorf("read the output of %s: %w", examine.ABIScript, err)
	}
	return ABIHeader{Text: text}, nil
}
