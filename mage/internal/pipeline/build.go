// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/scripts"
)

const (
	buildStage  = 2
	buildScript = "tree-build.sh"
	// listFile names every file that the volume's tree shall have.
	listFile = "files"
)

// Build brings the tree in the job's volume up to date and runs its build.sh
// there. Only files that differ from the volume's travel, so ninja builds only
// what changed.
//
// Errors: *containers.RunError; CompilerErrors finds the compiler's words in
// the stage's log.
func (p *Pipeline) Build(ctx context.Context, job job.Job, tree artifact.Tree, tc artifact.Toolchain) (artifact.Build, error) {
	b := artifact.Build{
		Volume: p.treeVolume(job, tc.Base, tree),
		Tree:   path.Join(treeFolder, "rdma-core-"+tree.Source.Version),
	}
	engine, err := p.Engine(ctx)
	if err != nil {
		return b, err
	}
	script, err := scripts.Read(buildScript)
	if err != nil {
		return b, err
	}
	c := p.compiler(job, tc, tree.Source.Epoch, forTrial)
	build := func(ctx context.Context, _ string, s *ui.Stage) error {
		return p.buildInVolume(ctx, engine, b, tree, c, s)
	}
	key := func() *stagecache.KeyBuilder {
		return c.key(stagecache.NewKey("build", buildStage).Bytes(buildScript, script)).
			String("tree", tree.Key).String("volume", b.Volume)
	}
	delta, err := p.treeDelta(ctx, engine, b, tree, tc.ID)
	if err != nil {
		return b, err
	}
	if len(delta) == 0 {
		_, err = p.cached(ctx, "build", key(), build)
		return b, err
	}
	// The volume holds another state, whatever was built there before; what is
	// built now is then what the key stands for.
	_, err = p.cached(ctx, "build", key().String("volume state", time.Now().Format(time.RFC3339Nano)), build)
	if err == nil {
		_, err = p.do(ctx, key(), func(context.Context, string) error { return nil })
	}
	return b, err
}

func (p *Pipeline) treeVolume(job job.Job, base artifact.Base, tree artifact.Tree) string {
	return p.volume(append([]string{"tree", base.Folder, tree.Source.Label()}, job.Identity()...)...)
}

func (p *Pipeline) buildInVolume(
	ctx context.Context, engine *containers.Engine, b artifact.Build, tree artifact.Tree, c compiler, s *ui.Stage,
) error {
	unlock, err := p.Cache.Lock(ctx, b.Volume, func(holder string) { s.Note("waiting for " + holder) })
	if err != nil {
		return err
	}
	defer unlock()
	sync, err := p.treeDelta(ctx, engine, b, tree, c.image)
	if err != nil {
		return err
	}
	return p.runCompiler(ctx, s, c, containers.RunSpec{
		Argv: []string{buildScript, b.Tree, path.Join(treeFolder, listFile)},
		Name: "build", User: builder, WorkDir: treeFolder,
		Volumes: []containers.VolumeMount{{Name: b.Volume, Path: treeFolder}},
		Inputs:  []containers.Input{{Path: treeFolder, Write: tarOf(sync)}},
		Log:     ninjaLog(s),
	})
}

// treeDelta lists the files of the tree that the volume does not have yet, and
// last the new list of all, so that a broken transfer is noticed next time.
// There are none if the volume holds the tree.
func (p *Pipeline) treeDelta(
	ctx context.Context, engine *containers.Engine, b artifact.Build, tree artifact.Tree, image string,
) ([]tarFile, error) {
	if err := engine.EnsureVolume(ctx, b.Volume, nil); err != nil {
		return nil, err
	}
	mount := []containers.VolumeMount{{Name: b.Volume, Path: treeFolder}}
	old, err := engine.ReadFile(ctx, image, mount, path.Join(treeFolder, listFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files, err := folderFiles(tree.Dir)
	if err != nil {
		return nil, err
	}
	return changedFiles(old, files, filepath.Base(tree.Dir))
}

// changedFiles are those of the files that the old list does not have as they are,
// below top, and the new list; none if the old list is the new one.
func changedFiles(old []byte, files []tarFile, top string) ([]tarFile, error) {
	had := map[string]bool{}
	for line := range strings.Lines(string(old)) {
		had[strings.TrimSuffix(line, "\n")] = true
	}
	now := time.Now()
	var list bytes.Buffer
	var delta []tarFile
	var cached stagecache.Verifier
	for _, f := range files {
		line, err := f.describe(&cached)
		if err != nil {
			return nil, err
		}
		fmt.Fprintln(&list, line)
		if !had[line] {
			f.name = path.Join(top, f.name)
			f.owner, f.mtime = builderUID, now
			delta = append(delta, f)
		}
	}
	if bytes.Equal(old, list.Bytes()) {
		return nil, nil
	}
	return append(delta, tarFile{name: listFile, data: list.Bytes(), owner: builderUID, mtime: now}), nil
}

// describe is the file's line in the list: what it holds, its mode, its name.
func (f tarFile) describe(cached *stagecache.Verifier) (string, error) {
	data := []byte(f.link)
	if f.link == "" {
		var err error
		if data, err = f.read(cached); err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%s %o %s", hex.EncodeToString(sum[:]), f.mode, f.name), nil
}
