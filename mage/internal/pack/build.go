// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
)

const (
	buildScript = "tree-build.sh"
	// listFile names every file that the volume's tree should have.
	listFile = "files"
)

// Build brings the tree in the job's volume up to date and runs its build.sh
// there. Only files that differ from the volume's are copied, so ninja builds only
// what changed. No other run changes the volume until the build is released.
//
// Errors: *containers.RunError; CompilerErrors finds the compiler's messages in
// the stage's log.
func (p *Packer) Build(ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain) (artifact.Build, error) {
	in := buildInput{
		Compiler: p.Compiler(j, tc, tree.Source.Epoch, stage.ForTrial), Tree: tree, Folder: ".",
		VolumeName: p.Volume(append([]string{"build", tc.Base.Folder, tree.Source.Label()}, j.Identity()...)...),
	}
	if j.Provider != nil {
		in.Folder = j.Provider.Manifest.Folder()
	}
	release, err := p.MakeInVolume(ctx, "build", in)
	return artifact.Build{Volume: in.VolumeName, Tree: in.path(), Release: release}, err
}

// buildInput is the input of a build tree.
type buildInput struct {
	Compiler   stage.Compiler
	Tree       artifact.Tree
	Folder     string // the provider's, below the tree
	VolumeName string
}

// Volume implements stage.VolumeInput.
func (in buildInput) Volume() containers.VolumeMount {
	return containers.VolumeMount{Name: in.VolumeName, Path: stage.TreeDir}
}

// path is where the tree is in a container.
func (in buildInput) path() string {
	return path.Join(stage.TreeDir, "rdma-core-"+in.Tree.Source.Version)
}

// Containers implements stage.VolumeInput.
func (in buildInput) Containers() []containers.RunSpec {
	return []containers.RunSpec{in.Compiler.Spec(containers.RunSpec{
		Argv: []string{buildScript, in.path(), path.Join(stage.TreeDir, listFile), in.Compiler.Image, in.Folder},
		Name: "build", User: stage.Builder, WorkDir: stage.TreeDir,
		Volumes: []containers.VolumeMount{in.Volume()},
	})}
}

// Missing implements stage.VolumeInput: the files of the tree that differ from the volume's,
// and the list of all. The list is empty during the transfer, so that all files are copied
// again after a failed one.
func (in buildInput) Missing(read func(name string) ([]byte, error)) ([]stage.File, error) {
	old, err := read(listFile)
	if err != nil {
		return nil, err
	}
	files, err := stage.Files(in.Tree.Dir)
	if err != nil {
		return nil, err
	}
	changed, list, err := changedFiles(old, files)
	if err != nil {
		return nil, err
	}
	for i := range changed {
		changed[i].Name = path.Join(filepath.Base(in.Tree.Dir), changed[i].Name)
	}
	all := append([]stage.File{{Name: listFile}}, changed...)
	all = append(all, stage.File{Name: listFile, Data: list})
	now := time.Now() // ninja rebuilds outputs that are older than their sources
	for i := range all {
		all[i].Owner, all[i].Time = stage.BuilderUID, now
	}
	return all, nil
}

// changedFiles returns the files that are new or differ from the old list, and the new list.
func changedFiles(old []byte, files []stage.File) (changed []stage.File, list []byte, err error) {
	had := map[string]bool{}
	for line := range strings.Lines(string(old)) {
		had[strings.TrimSuffix(line, "\n")] = true
	}
	var text bytes.Buffer
	var cached stagecache.Verifier
	for _, f := range files {
		line, err := f.Describe(&cached)
		if err != nil {
			return nil, nil, err
		}
		fmt.Fprintln(&text, line)
		if !had[line] {
			changed = append(changed, f)
		}
	}
	return changed, text.Bytes(), nil
}
