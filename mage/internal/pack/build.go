// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

const (
	buildStage  = 2
	buildScript = "tree-build.sh"
	// listFile names every file that the volume's tree should have.
	listFile = "files"
)

// Build brings the tree in the job's volume up to date and runs its build.sh
// there. Only files that differ from the volume's are copied, so ninja builds only
// what changed.
//
// Errors: *containers.RunError; CompilerErrors finds the compiler's messages in
// the stage's log.
func (p *Packer) Build(ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain) (artifact.Build, error) {
	b := artifact.Build{
		Volume: p.treeVolume(j, tc.Base, tree),
		Tree:   path.Join(stage.TreeDir, "rdma-core-"+tree.Source.Version),
	}
	engine, err := p.Engine(ctx)
	if err != nil {
		return b, err
	}
	script, err := scripts.Read(buildScript)
	if err != nil {
		return b, err
	}
	c := p.Compiler(j, tc, tree.Source.Epoch, stage.ForTrial)
	build := func(ctx context.Context, _ string, s *ui.Stage) error {
		return p.buildInVolume(ctx, engine, b, tree, c, s)
	}
	key := func() *stagecache.KeyBuilder {
		return c.Key(stagecache.NewKey("build", buildStage).Bytes(buildScript, script)).
			String("tree", tree.Digest).String("volume", b.Volume)
	}
	delta, err := p.treeDelta(ctx, engine, b, tree, tc.ID)
	if err != nil {
		return b, err
	}
	if len(delta) == 0 {
		_, err = p.Cached(ctx, "build", key(), build)
		return b, err
	}
	// The volume holds another state, so an earlier build with this key does not count;
	// the one that follows does.
	_, err = p.Cached(ctx, "build", key().String("volume state", time.Now().Format(time.RFC3339Nano)), build)
	if err == nil {
		_, err = p.Do(ctx, key(), func(context.Context, string) error { return nil })
	}
	return b, err
}

func (p *Packer) treeVolume(j job.Job, base artifact.Base, tree artifact.Tree) string {
	return p.Volume(append([]string{"tree", base.Folder, tree.Source.Label()}, j.Identity()...)...)
}

func (p *Packer) buildInVolume(
	ctx context.Context, engine stage.Engine, b artifact.Build, tree artifact.Tree, c stage.Compiler, s *ui.Stage,
) error {
	unlock, err := p.Cache.Lock(ctx, b.Volume, func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return err
	}
	defer unlock()
	sync, err := p.treeDelta(ctx, engine, b, tree, c.Image)
	if err != nil {
		return err
	}
	return p.Compile(ctx, s, c, containers.RunSpec{
		Argv: []string{buildScript, b.Tree, path.Join(stage.TreeDir, listFile)},
		Name: "build", User: stage.Builder, WorkDir: stage.TreeDir,
		Volumes: []containers.VolumeMount{{Name: b.Volume, Path: stage.TreeDir}},
		Inputs:  []containers.Input{{Path: stage.TreeDir, Write: stage.Tar(sync)}},
		Log:     stage.NinjaLog(s),
	})
}

// treeDelta lists the files of the tree that the volume does not have yet, and
// last the new list of all, so that a broken transfer is noticed next time.
// There are none if the volume holds the tree.
func (p *Packer) treeDelta(
	ctx context.Context, engine stage.Engine, b artifact.Build, tree artifact.Tree, image string,
) ([]stage.File, error) {
	if err := engine.EnsureVolume(ctx, b.Volume, nil); err != nil {
		return nil, err
	}
	mount := []containers.VolumeMount{{Name: b.Volume, Path: stage.TreeDir}}
	old, err := engine.ReadFile(ctx, image, mount, path.Join(stage.TreeDir, listFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files, err := stage.Files(tree.Dir)
	if err != nil {
		return nil, err
	}
	return changedFiles(old, files, filepath.Base(tree.Dir))
}

// changedFiles are the files that are new or differ from the old list, below top,
// and the new list; none if both lists are equal.
func changedFiles(old []byte, files []stage.File, top string) ([]stage.File, error) {
	had := map[string]bool{}
	for line := range strings.Lines(string(old)) {
		had[strings.TrimSuffix(line, "\n")] = true
	}
	now := time.Now()
	var list bytes.Buffer
	var delta []stage.File
	var cached stagecache.Verifier
	for _, f := range files {
		line, err := f.Describe(&cached)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(&list, line)
		if !had[line] {
			f.Name = path.Join(top, f.Name)
			f.Owner, f.Time = stage.BuilderUID, now
			delta = append(delta, f)
		}
	}
	if bytes.Equal(old, list.Bytes()) {
		return nil, nil
	}
	return append(delta, stage.File{Name: listFile, Data: list.Bytes(), Owner: stage.BuilderUID, Time: now}), nil
}
