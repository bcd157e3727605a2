// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/provider"
)

// Patch writes the difference as a git-format patch and proves, in pure Go,
// that it turns the pristine tree into the integrated one without fuzz. For Debian's packages, whose
// debian/ is no part of what is patched, it is the difference outside debian/.
func (e *Editor) Patch(ctx context.Context, j job.Job, tree artifact.Tree) (artifact.Patch, error) {
	_, deb := j.Target.(job.Deb)
	in := patchInput{Tree: tree, Manifest: j.Provider.Manifest, Name: j.PatchName(), OutsideDebian: deb}
	entry, err := e.Make(ctx, "patch", in)
	return artifact.Patch{
		File: filepath.Join(entry.Dir, in.Name), Name: in.Name,
		Common: filepath.Join(entry.Dir, artifact.CommonDir, in.Name), Digest: entry.Digest,
	}, err
}

// patchInput is the input of a patch.
type patchInput struct {
	Tree          artifact.Tree
	Manifest      provider.Manifest
	Name          string
	OutsideDebian bool
}

// of says whether a file of the trees counts.
func (in patchInput) of(name string) bool { return !in.OutsideDebian || outsideDebian(name) }

// Make implements stage.Input.
func (in patchInput) Make(ctx context.Context, w *stage.Work) error {
	if err := verifyTrees(in.Tree); err != nil {
		return err
	}
	header := patchHeader(in.Manifest, in.Tree)
	data, stat, err := patchset.DiffOf(ctx, in.Tree.Source.Tree, in.Tree.Dir, header, in.of)
	if err != nil {
		return nothingToPatch(in.Manifest, in.Tree, err)
	}
	work, err := os.MkdirTemp("", "verbsmith-patch-")
	if err != nil {
		return fmt.Errorf("make a folder for the patch's proof: %w", err)
	}
	defer os.RemoveAll(work)
	if err := in.proveApplies(ctx, data, header, work); err != nil {
		return err
	}
	common, err := commonPatch(ctx, in.Manifest, in.Tree.Source.Tree, work, header, in.of)
	if err != nil {
		return err
	}
	added, removed := stat.Totals()
	w.Note(fmt.Sprintf("%d files, +%d -%d", len(stat.Files), added, removed))
	return stage.KeepFiles([]stage.File{
		{Name: in.Name, Data: data}, {Name: artifact.CommonDir + "/" + in.Name, Data: common},
	}, w.Dir)
}

// nothingToPatch explains that a release already has the provider; other errors are returned
// unchanged.
func nothingToPatch(m provider.Manifest, tree artifact.Tree, err error) error {
	if !errors.Is(err, patchset.ErrNoDifference) {
		return err
	}
	return &stage.AdviceError{
		Err: fmt.Errorf("rdma-core %s has %s with the same files and every edit already: %w",
			tree.Source.Version, m.Folder(), patchset.ErrNoDifference),
		What: "nothing is to be done for this release: use its own packages, which -provider=none makes",
	}
}

// proveApplies applies the patch to the pristine files, in the directory work, and compares.
func (in patchInput) proveApplies(ctx context.Context, patch []byte, header patchset.Header, work string) error {
	if err := os.CopyFS(work, os.DirFS(in.Tree.Source.Tree)); err != nil {
		return fmt.Errorf("copy the pristine tree: %w", err)
	}
	if err := patchset.Apply(ctx, patch, work); err != nil {
		return err
	}
	rest, _, err := patchset.DiffOf(ctx, work, in.Tree.Dir, header, in.of)
	switch {
	case errors.Is(err, patchset.ErrNoDifference):
		return nil
	case err != nil:
		return err
	default:
		return fmt.Errorf("the patch does not give the integrated tree:\n%s", rest) //nolint:err113 // a bug in verbsmith
	}
}

func patchHeader(m provider.Manifest, tree artifact.Tree) patchset.Header {
	src := tree.Source
	var body strings.Builder
	fmt.Fprintf(&body, "Put the %s provider into rdma-core %s.\n\n", m.Name, src.Version)
	if src.Package != nil {
		fmt.Fprintf(&body, "Source-Package: %s.src.rpm\n", src.Package.Name)
	}
	if src.Tag != "" {
		fmt.Fprintf(&body, "Release: %s\n", src.Tag)
	}
	if src.Commit != "" {
		fmt.Fprintf(&body, "Commit: %s\n", src.Commit)
	}
	if tree.Result.EnumConstant != "" {
		fmt.Fprintf(&body, "Driver-Id: %s = %d\n", tree.Result.EnumConstant, tree.Result.DriverID)
	}
	return patchset.Header{
		From:    fmt.Sprintf("%s <%s>", m.Maintainer.Name, m.Maintainer.Email),
		Subject: fmt.Sprintf("providers: add %s to rdma-core %s", m.Name, src.Version),
		Body:    body.String(),
		Date:    src.Epoch,
		Commit:  src.Commit,
		Tag:     src.Tag,
	}
}

// ProvePatch applies the patch with its users' programs: git apply, and patch -p1 -F0.
func (e *Editor) ProvePatch(ctx context.Context, tree artifact.Tree, patch artifact.Patch) ([]patchset.Proof, error) {
	s := e.Begin("prove patch")
	data, err := stagecache.ReadFile(patch.File)
	if err != nil {
		return nil, e.End("prove patch", s, false, fmt.Errorf("read the patch: %w", err))
	}
	proofs, err := patchset.ProveWithTools(ctx, data, tree.Source.Tree)
	for _, proof := range proofs {
		_, _ = fmt.Fprintf(s.Log(), "%s (%s): %v\n%s\n", proof.Tool, proof.Version, proof.OK, proof.Output)
	}
	return proofs, e.End("prove patch", s, false, err)
}
