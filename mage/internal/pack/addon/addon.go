// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/scripts"
)

const (
	specFile        = "addon.spec" // below specs/
	buildFile       = "addon.sh"   // likewise, and in the source packages
	interfaceDir    = "/builder/interface"
	interfaceObject = "interface.o"
	objectDir       = "interface" // in the output
	debsDir         = "packages"  // likewise, of Debian's packages
)

// PackageName is the name of the package of a provider next to the
// distribution's own libibverbs.
func PackageName(provider string) string { return "rdma-core-provider-" + provider }

// InUpstreamError says that a release has the provider already, so that a
// package next to its libibverbs would contain the same files.
type InUpstreamError struct{ Provider, Version string }

// Error implements error.
func (e *InUpstreamError) Error() string {
	return fmt.Sprintf("libibverbs of rdma-core %s has the provider %s: a package next to it would contain the same files",
		e.Version, e.Provider)
}

// LayoutError says that the structures of a source differ from those of the release with its
// version.
type LayoutError struct{ Version, Measured, Known string }

// Error implements error.
func (e *LayoutError) Error() string {
	return fmt.Sprintf(
		"the structures that libibverbs and a provider share differ from those of rdma-core %s: measured %s, specs/interfaces.yaml has %s",
		e.Version, e.Measured, e.Known)
}

// Build builds the package of the provider alone from the release's tarball and the patch, with rpmbuild or dpkg-buildpackage,
// without a network and as an unprivileged user.
//
// Errors: *LayoutError for a source whose structures are not those of its version;
// *containers.RunError.
func (p *Packer) Build(
	ctx context.Context, j job.Job, tree artifact.Tree, patch artifact.Patch, tc artifact.Toolchain,
) (artifact.Packages, error) {
	var in stage.PackagesInput
	text, err := p.text(j, tree, patch)
	switch {
	case err != nil:
	case text.debian != nil:
		in = p.debInput(j, tree.Source, patch, tc, text)
	default:
		in, err = p.rpmInput(ctx, j, tree.Source, patch, tc, text)
	}
	if err != nil {
		s := p.Begin(artifact.AddonName)
		return artifact.Packages{}, p.End(artifact.AddonName, s, false, err)
	}
	// The add-on's record is not part of the output: specs/ and this program can change while
	// the build's inputs stay the same.
	made, err := p.MakePackages(ctx, artifact.AddonName, in, func(dir string) error {
		return text.measure(tree.Source.Version, filepath.Join(dir, objectDir, interfaceObject))
	})
	if err != nil {
		return artifact.Packages{}, err
	}
	made.Addon = &text.addon
	if text.debian != nil {
		made.Dir = filepath.Join(made.Dir, debsDir)
	}
	return made, nil
}

// debInput is the input of dpkg-buildpackage.
func (p *Packer) debInput(
	j job.Job, src artifact.Source, patch artifact.Patch, tc artifact.Toolchain, text *addonText,
) stage.PackagesInput {
	quilt := patch
	quilt.Name = artifact.DebianDir + "/patches/" + patch.Name
	files := append(slices.Clone(text.debian), stage.File{Name: "patches/" + patch.Name, Path: patch.File})
	build := stage.NewDebBuild(p.Compiler(j, tc, src.Epoch, stage.ForPackages), tc.Base, text.addon.Package, src, files)
	if p.Anew.Dir == "" {
		build = build.WithCommon(p.Compiler(j.Stock(), tc, src.Epoch, stage.ForPackages), quilt)
	}
	return stage.PackagesInput{
		Input: debInput{build}, Script: scripts.DebBuild, Compiler: build.Compiler, Files: build.Files, Anew: p.Anew,
	}
}

// rpmInput is the input of rpmbuild.
func (p *Packer) rpmInput(
	ctx context.Context, j job.Job, src artifact.Source, patch artifact.Patch, tc artifact.Toolchain, text *addonText,
) (stage.PackagesInput, error) {
	tarball, err := p.packTarball(ctx, src)
	if err != nil {
		return stage.PackagesInput{}, err
	}
	shared, err := p.rules(buildFile)
	if err != nil {
		return stage.PackagesInput{}, err
	}
	files := func(patchFile string) []stage.File {
		list := []stage.File{
			tarball,
			{Name: "SOURCES/" + patch.Name, Path: patchFile},
			{Name: "SOURCES/" + text.addon.Package + "-documents.tar", Data: text.tar},
			{Name: "SOURCES/" + buildFile, Data: shared},
			{Name: "SPECS/" + text.addon.Package + ".spec", Data: text.spec},
		}
		for i := range list {
			list[i].Owner, list[i].Time = stage.BuilderUID, src.Epoch
		}
		return list
	}
	in := buildInput{
		Compiler: p.Compiler(j, tc, src.Epoch, stage.ForPackages), Package: text.addon.Package, Files: files(patch.File),
	}
	if p.Anew.Dir == "" {
		common := p.Compiler(j.Stock(), tc, src.Epoch, stage.ForPackages)
		in.Common = stage.RPMCommon(common, in.spec(), files(patch.Common))
	}
	return stage.PackagesInput{
		Input: in, Script: scripts.RPMBuild, Compiler: in.Compiler, Files: in.Files, Anew: p.Anew,
	}, nil
}

// buildInput is the input of rpmbuild.
type buildInput struct {
	Compiler stage.Compiler
	Package  string
	Files    []stage.File
	Common   *stage.Common `key:"-"`
}

// spec is the spec's path in the container.
func (in buildInput) spec() string { return stage.Topdir + "/SPECS/" + in.Package + ".spec" }

// Container implements stage.Contained.
func (in buildInput) Container() containers.RunSpec {
	return in.Compiler.Spec(containers.RunSpec{
		Argv: append([]string{scripts.RPMBuild, "all", in.spec()}, in.Common.Args()...),
		Name: artifact.AddonName, User: stage.Builder, WorkDir: stage.Topdir,
		Env:     map[string]string{"INTERFACE_OBJECT": interfaceDir + "/" + interfaceObject},
		Volumes: []containers.VolumeMount{stage.OwnVolume(stage.Topdir)},
		Inputs: []containers.Input{
			{Path: stage.Topdir, Write: stage.Tar(in.Files)},
			stage.BuilderInput(interfaceDir, nil),
		},
		Outputs: []containers.Output{
			{Path: stage.Topdir + "/RPMS", Dir: "RPMS"},
			{Path: stage.Topdir + "/SRPMS", Dir: "SRPMS"},
			{Path: interfaceDir, Dir: objectDir},
		},
	})
}

// Make implements stage.Input.
func (in buildInput) Make(ctx context.Context, w *stage.Work) error {
	// First, because a build takes minutes in which other runs may prune the cache.
	if err := stage.KeepFiles(in.Files, w.Dir); err != nil {
		return err
	}
	if err := in.Common.Run(ctx, w); err != nil {
		return err
	}
	return stage.KeepLog(w.Stage, w.Dir, "rpm.log")
}

// debInput is the input of dpkg-buildpackage.
type debInput struct{ stage.DebBuild }

// Container implements stage.Contained.
func (in debInput) Container() containers.RunSpec {
	spec := in.DebBuild.Container()
	spec.Name = artifact.AddonName
	spec.Env["INTERFACE_OBJECT"] = interfaceDir + "/" + interfaceObject
	spec.Inputs = append(spec.Inputs, stage.BuilderInput(interfaceDir, nil))
	spec.Outputs[0].Dir = debsDir
	spec.Outputs = append(spec.Outputs, containers.Output{Path: interfaceDir, Dir: objectDir})
	return spec
}

// Make implements stage.Input.
func (in debInput) Make(ctx context.Context, w *stage.Work) error {
	if err := in.Common.Run(ctx, w); err != nil {
		return err
	}
	return stage.KeepLog(w.Stage, filepath.Join(w.Dir, debsDir), "deb.log")
}

// packTarball returns the tarball that the patch applies to: the release's, or for a distro's
// source package a tarball of the tree after its own %prep.
func (p *Packer) packTarball(ctx context.Context, src artifact.Source) (stage.File, error) {
	tarball := stage.File{Name: "SOURCES/" + artifact.TarballName(src.Version), Path: src.Tarball}
	if src.Package == nil {
		return tarball, nil
	}
	entry, err := p.MakePart(ctx, nil, "tarball", treeTarball{Source: src})
	tarball.Path = filepath.Join(entry.Dir, artifact.TarballName(src.Version))
	return tarball, err
}

// treeTarball is the input of the tarball of a source package's tree.
type treeTarball struct{ Source artifact.Source }

// Make implements stage.Input.
func (in treeTarball) Make(_ context.Context, w *stage.Work) error {
	src := in.Source
	files, err := stage.Files(src.Tree)
	if err != nil {
		return err
	}
	for i := range files {
		files[i].Name = "rdma-core-" + src.Version + "/" + files[i].Name
		files[i].Time = src.Epoch
	}
	out, err := os.Create(filepath.Join(w.Dir, artifact.TarballName(src.Version)))
	if err != nil {
		return fmt.Errorf("pack the tree of the source package: %w", err)
	}
	packed := gzip.NewWriter(out)
	if err := errors.Join(stage.Tar(files)(packed), packed.Close(), out.Close()); err != nil {
		return fmt.Errorf("pack the tree of the source package: %w", err)
	}
	return nil
}

// measure reads the layout from the built object and compares it with the known one of the
// release.
func (t *addonText) measure(version, object string) error {
	data, err := stagecache.ReadFile(object)
	if err != nil {
		return fmt.Errorf("read the layout of libibverbs' structures: %w", err)
	}
	layout, err := MeasureLayout(bytes.NewReader(data))
	if err != nil {
		return err
	}
	if layout.Machine != layoutMachine {
		return nil // the digests in specs/ are not for this architecture
	}
	t.addon.Layout = layout.Digest()
	if t.known && t.layout != "" && t.layout != t.addon.Layout {
		return &stage.AdviceError{
			Err:  &LayoutError{Version: version, Measured: t.addon.Layout, Known: t.layout},
			What: "build against upstream's own release, or describe this source in specs/interfaces.yaml",
		}
	}
	return nil
}

// NotInUpstream returns an *InUpstreamError if the pristine source has a provider of the job's
// name.
func NotInUpstream(j job.Job, src artifact.Source) error {
	name := j.Provider.Manifest.Name
	_, err := os.Stat(filepath.Join(src.Tree, filepath.FromSlash(j.Provider.Manifest.Folder())))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look for the provider in the release: %w", err)
	default:
		return &InUpstreamError{Provider: name, Version: src.Version}
	}
}
