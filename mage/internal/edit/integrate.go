// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// verifyTrees verifies the files of both trees, pristine and integrated, against their stages'
// records.
func verifyTrees(t artifact.Tree) error {
	return errors.Join(stagecache.Verify(t.Source.Tree), stagecache.Verify(t.Dir))
}

// Editor runs the stages that edit a source.
type Editor struct{ *stage.Runner }

// Integrate copies the pristine tree and adds the provider, with the edits that upstream itself
// makes for a new provider. Without a provider the result is the pristine tree.
//
// A release's packaging may have no place for the provider. An edit that the requested packages
// do not need is then skipped with a warning; stages that need it refuse the tree.
//
// Errors: *provider.PlaceError and *rpmspec.PlaceError if the release has no place for an edit.
func (e *Editor) Integrate(ctx context.Context, j job.Job, src artifact.Source) (artifact.Tree, error) {
	if err := refuseOwn(j, src); err != nil {
		return artifact.Tree{}, err
	}
	entry, err := e.Make(ctx, "integrate", integrateInput{Source: src, Provider: j.Provider})
	if err != nil {
		return artifact.Tree{}, err
	}
	tree := artifact.Tree{Dir: filepath.Join(entry.Dir, "rdma-core-"+src.Version), Digest: entry.Digest, Source: src}
	data, err := entry.ReadFile("integrate.json")
	if err != nil {
		return artifact.Tree{}, fmt.Errorf("read the integration's record: %w", err)
	}
	if err := json.Unmarshal(data, &tree.Result); err != nil {
		return artifact.Tree{}, fmt.Errorf("read the integration's record: %w", err)
	}
	e.warnOfSkipped(ctx, j, tree)
	return tree, nil
}

// integrateInput is the input of an integrated tree.
type integrateInput struct {
	Source   artifact.Source
	Provider *provider.Provider // nil: the source's tree, unchanged
}

// Make implements stage.Input.
func (in integrateInput) Make(_ context.Context, w *stage.Work) error {
	if err := stagecache.Verify(in.Source.Tree); err != nil {
		return err
	}
	dst := filepath.Join(w.Dir, filepath.Base(in.Source.Tree))
	if err := os.CopyFS(dst, os.DirFS(in.Source.Tree)); err != nil {
		return fmt.Errorf("copy the source tree: %w", err)
	}
	tree, err := provider.OpenTree(dst)
	if err != nil {
		return err
	}
	defer tree.Close()
	var result *provider.Result
	if in.Provider == nil {
		result, err = provider.Inspect(tree)
	} else {
		result, err = in.integrate(tree, w.Stage) //nolint:contextcheck // bounded by the tree, and pure
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("describe the integration: %w", err)
	}
	return stage.WriteFile(w.Dir, "integrate.json", data)
}

func (in integrateInput) integrate(tree *provider.DirTree, s *ui.Stage) (*provider.Result, error) {
	pr := in.Provider
	old, err := replaced(pr, tree)
	if err != nil {
		return nil, err
	}
	result, err := provider.Integrate(tree, pr)
	if err != nil {
		return nil, err
	}
	for _, edit := range result.Edits {
		_, _ = fmt.Fprintf(s.Log(), "%s: %s\n", edit.File, edit.What)
	}
	if err := in.editPackaging(tree, old, result, s); err != nil {
		return nil, err
	}
	s.Note(fmt.Sprintf("%s, private ABI %d", artifact.Tree{Result: *result}.DriverID(), result.PrivateABI))
	return result, nil
}

// editSpec edits one spec of the tree; already reports that nothing had to be changed.
func editSpec(tree provider.Tree, name string, edit func(*rpmspec.Spec) error) (already bool, err error) {
	data, err := tree.ReadFile(name)
	if err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	spec, err := rpmspec.Parse(name, data)
	if err != nil {
		return false, err
	}
	if err := edit(spec); err != nil {
		return false, err
	}
	if bytes.Equal(spec.Bytes(), data) {
		return true, nil
	}
	if err := tree.WriteFile(name, spec.Bytes()); err != nil {
		return false, fmt.Errorf("write %s: %w", name, err)
	}
	return false, nil
}

var errHasProvider = errors.New("the source package has the provider's patch already")

// refuseOwn refuses to add a provider to verbsmith's own output with that provider.
func refuseOwn(j job.Job, src artifact.Source) error {
	if j.Provider == nil || src.Package == nil || !slices.Contains(src.Package.Files, j.PatchName()) {
		return nil
	}
	return &stage.AdviceError{
		Err:  fmt.Errorf("%s.src.rpm: %s: %w", src.Package.Name, j.PatchName(), errHasProvider),
		What: "give the distro's own source package with -source",
	}
}
