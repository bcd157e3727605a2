// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/scripts"
)

// Common makes the common objects of packages, or is nil: what is compiled from their tree with the provider's
// directory empty (artifact.CommonDir), which is all but the provider's own. They are the same for every state of its
// sources, and none of its code can run while they are made, so packages for users can be made from them. They are an
// output in the cache, whose content is compared with its record whenever it is read.
//
// In an input it is machinery: packages have the same bytes without them.
type Common struct {
	Compiler Compiler
	Argv     []string // the script that compiles them into CommonFolder, with its arguments
	Folder   string   // where it works
	Files    []File   // below Folder
	Scripts  Scripts
}

// CommonFolder is where a container has the common objects.
const CommonFolder = "/builder/common"

// Container implements Contained.
func (in *Common) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: in.Argv, Name: "common", User: Builder, WorkDir: in.Folder,
		Volumes: []containers.VolumeMount{OwnVolume(in.Folder), OwnVolume(CommonFolder)},
		Inputs:  []containers.Input{{Path: in.Folder, Write: Tar(in.Files)}, ScriptInput(in.Scripts...)},
		Outputs: []containers.Output{{Path: CommonFolder}},
	})
}

// Make implements Input.
func (in *Common) Make(ctx context.Context, w *Work) error { return w.Run(ctx) }

// Args are the arguments of a script that uses the objects.
func (in *Common) Args() []string {
	if in == nil {
		return nil
	}
	return []string{CommonFolder}
}

// Run runs the container of w's input with the objects, which it makes first as a part of that stage unless they are in the
// cache.
//
// Errors: *containers.RunError if a script fails.
func (in *Common) Run(ctx context.Context, w *Work) error {
	if in == nil {
		return w.Run(ctx)
	}
	entry, err := w.Part(ctx, "common", in)
	if err != nil {
		return err
	}
	files, err := Files(entry.Dir)
	if err != nil {
		return err
	}
	for i := range files {
		files[i].Owner = BuilderUID
	}
	return w.Run(ctx, ScriptInput(scripts.CommonObjects, scripts.CommonInstall), BuilderInput(CommonFolder, files))
}

// RPMCommon are the common objects of RPMs that rpmbuild makes from the files, one of which is the spec.
func RPMCommon(c Compiler, spec string, files []File) *Common {
	return &Common{
		Compiler: c, Argv: []string{scripts.RPMBuild, "common", spec, CommonFolder}, Folder: Topdir, Files: files,
		Scripts: Scripts{scripts.CommonObjects, scripts.CommonInstall},
	}
}
