// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/timing"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

var errNoPackages = errors.New("the build succeeded but produced no packages")

const (
	collectStage = "collect"
	manifestFile = "manifest.json"
	timingFile   = "timing.json"
)

// Collector writes and reads the directory of outputs.
type Collector struct {
	*stage.Runner

	Dir string // of outputs
}

// Folder is where a job's outputs are collected: label is that of its source. A
// release without a provider has a directory of its own.
func (c *Collector) Folder(j job.Job, base artifact.Base, label string) string {
	return c.folder(j, base, distName(j, label))
}

// folder has the processor at its end if that is not x86_64.
func (c *Collector) folder(j job.Job, base artifact.Base, name string) string {
	return filepath.Join(c.Dir, base.Folder, name+processorEnd(j.Processor()))
}

// processorEnd is the end of names of what is for a processor other than x86_64.
func processorEnd(p specs.Processor) string {
	if p.Mark() == "" {
		return ""
	}
	return "." + p.Mark()
}

func distName(j job.Job, label string) string {
	name := "rdma-core-" + label
	if j.Provider == nil {
		name += "." + j.ProviderName()
	}
	return name
}

// AddonFolder is where the package of a job's provider next to the distro's own
// libibverbs is collected.
func (c *Collector) AddonFolder(j job.Job, base artifact.Base, version string) string {
	return c.folder(j, base, distName(j, version)+"."+artifact.AddonName+"-"+j.ProviderName())
}

// Describe is the record of a build without its outputs, as a part of stage s.
type Describe func(ctx context.Context, s *ui.Stage) (artifact.Record, error)

// Collect copies what the build made into dist/, completely or not at all.
func (c *Collector) Collect(
	ctx context.Context, j job.Job, tree artifact.Tree, tc artifact.Toolchain, pkgs artifact.Packages, describe Describe,
) (artifact.Dist, error) {
	s := c.Begin(collectStage)
	dist := artifact.Dist{Dir: c.Folder(j, tc.Base, tree.Source.Label())}
	if pkgs.Addon != nil {
		dist.Dir = c.AddonFolder(j, tc.Base, tree.Source.Label())
	}
	held, err := c.hold(ctx, func() {
		s.Note("waiting for another run that writes outputs")
		s.Enter(timing.Wait)
	})
	if err != nil {
		return dist, c.End(collectStage, s, false, err)
	}
	s.Enter(timing.Own)
	defer held.Release()
	want := manifest(j, tree, tc, pkgs)
	m, err := ReadManifest(dist.Dir)
	if err == nil && sameManifest(m, want) && complete(dist.Dir, m) && locked(m) && recorded(m) {
		dist.Manifest = m
		return dist, c.End(collectStage, s, true, nil)
	}
	if said := replaces(m, want); err == nil && said != "" {
		s.Note(said)
	}
	extra, err := describeRun(dist.Dir, m, timing.Since(collectStage, c.Times()))
	name, errName := c.outputName(dist.Dir)
	record, errRecord := describe(ctx, s)
	if err = errors.Join(err, errName, errRecord); err == nil {
		dist.Manifest, err = collect(held, want, record, pkgs.Dir, name, extra)
	}
	return dist, c.End(collectStage, s, false, err)
}

// replaces says which provider's outputs are replaced. It knows providers by their
// names: no output names a directory of the machine that it was made on.
func replaces(m, other artifact.Manifest) string {
	if m.Provider == "" || m.Provider == other.Provider {
		return ""
	}
	return "replaces the packages with " + m.Provider
}

// sameManifest says whether a manifest that was read and one to be written describe the
// same inputs; their files are ignored.
func sameManifest(read, want artifact.Manifest) bool {
	data, err := json.Marshal(want)
	if err != nil {
		return false
	}
	var again artifact.Manifest // as it would be read: with no list for an empty one
	if err := json.Unmarshal(data, &again); err != nil {
		return false
	}
	read.Files, again.Files = nil, nil
	return reflect.DeepEqual(read, again)
}

// manifest is the manifest of what is collected, without the files.
func manifest(j job.Job, tree artifact.Tree, tc artifact.Toolchain, pkgs artifact.Packages) artifact.Manifest {
	src := tree.Source
	m := artifact.Manifest{
		Distro: j.Target.Name(), Suite: j.Suite().Name, Processor: j.Processor().Mark(), Cross: string(j.Cross),
		Release: src.Version, Tag: src.Tag, Commit: src.Commit,
		PrivateABI: tree.Result.PrivateABI, Base: tc.Base.Name(), Standin: tc.Base.Standin,
		Releasable: !tc.Base.Standin, Payload: tc.Base.Payload(), Source: src.Digest, Key: pkgs.Key, Addon: pkgs.Addon,
	}
	if j.Provider != nil {
		m.Provider, m.ProviderSHA256, m.DriverID = j.Provider.Manifest.Name, j.Provider.Digest(), tree.Result.DriverID
	}
	if from := src.Package; from != nil {
		m.Package = &artifact.Origin{
			File: from.Name + ".src.rpm", Spec: from.Spec, Tarball: from.Tarball, Patches: from.Patches,
			Suffix: j.ReleaseSuffix(src.Package != nil),
		}
		if pkgs.Addon != nil {
			m.Package.Suffix = j.Suffix // its release is its own, not the distro's
		}
	}
	return m
}

// describeRun has the files next to the manifest, which does not depend on them: the times, and what was in the directory before.
func describeRun(dir string, before artifact.Manifest, times []timing.Stage) ([]stage.File, error) {
	text, err := timing.Text(timing.File{Stages: times})
	files := []stage.File{{Name: timingFile, Data: text}}
	if err == nil && before.Key != "" {
		text, err = previousText(dir, before)
		files = append(files, stage.File{Name: previousFile, Data: text})
	}
	return files, err
}

// collect puts the outputs into the directory name of dist/, next to the manifest the extra files.
func collect(
	held *owned.Hold, m artifact.Manifest, record artifact.Record, from, name string, extra []stage.File,
) (artifact.Manifest, error) {
	err := held.Replace(name, func(dir string) (err error) {
		if m.Files, err = copyOutputs(from, dir, m.Suite); err != nil {
			return err
		}
		if err := addLocks(dir, &m); err != nil {
			return err
		}
		if err := addRecord(dir, &m, record); err != nil {
			return err
		}
		data, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return fmt.Errorf("describe the output: %w", err)
		}
		for _, f := range extra {
			if err := stage.WriteFile(dir, f.Name, f.Data); err != nil {
				return err
			}
		}
		return stage.WriteFile(dir, manifestFile, append(data, '\n'))
	})
	return m, makeRoom(err)
}

// outputFolders are the directories to collect: rpmbuild's, or the one with the
// .changes file and everything that it names.
func outputFolders(suite string) []string {
	if suite != "" {
		return []string{"."}
	}
	return []string{"RPMS", "SRPMS", "SOURCES", "SPECS", "logs"}
}

func copyOutputs(from, to, suite string) ([]artifact.Output, error) {
	var outputs []artifact.Output
	var cached stagecache.Verifier
	for _, top := range outputFolders(suite) {
		files, err := stage.Files(filepath.Join(from, top))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out, err := copyOutput(f.Path, to, path.Join(top, f.Name), &cached)
			if err != nil {
				return nil, err
			}
			outputs = append(outputs, out)
		}
	}
	if !slices.ContainsFunc(outputs, func(o artifact.Output) bool { return pkgfile.IsRPM(o.Path) || pkgfile.IsDeb(o.Path) }) {
		return nil, errNoPackages
	}
	slices.SortFunc(outputs, func(a, b artifact.Output) int { return strings.Compare(a.Path, b.Path) })
	return outputs, nil
}

func copyOutput(from, dir, name string, cached *stagecache.Verifier) (artifact.Output, error) {
	out := artifact.Output{Path: name}
	in, err := os.Open(from)
	if err != nil {
		return out, fmt.Errorf("read %s: %w", name, err)
	}
	defer in.Close()
	to := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return out, fmt.Errorf("create the directory of %s: %w", name, err)
	}
	w, err := os.Create(to)
	if err != nil {
		return out, fmt.Errorf("write %s: %w", name, err)
	}
	sum := sha256.New()
	out.Size, err = io.Copy(io.MultiWriter(w, sum), in)
	if err = errors.Join(err, w.Close()); err != nil {
		return out, fmt.Errorf("write %s: %w", name, err)
	}
	out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if err := cached.CheckSum(from, "sha256:"+out.SHA256); err != nil {
		return out, err
	}
	if strings.HasSuffix(name, ".rpm") {
		info, err := pkgfile.ReadRPM(to)
		if err != nil {
			return out, err
		}
		out.NEVRA = info.NEVRA
	}
	return out, nil
}

// manifestMost bounds a manifest's size, in bytes.
const manifestMost = 64 << 20

// ReadManifest reads the manifest.json of an output directory.
func ReadManifest(dir string) (artifact.Manifest, error) {
	var m artifact.Manifest
	data, err := owned.ReadFile(filepath.Join(dir, manifestFile), manifestMost)
	if err != nil {
		return m, fmt.Errorf("read the output's manifest: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read the output's manifest %s: %w", filepath.Join(dir, manifestFile), err)
	}
	m.Processor = cmp.Or(m.Processor, m.Cross) // earlier versions wrote that alone
	return m, nil
}

// Collected returns the packages that are in dist for a job, made from any state of
// its provider. The error wraps os.ErrNotExist if there are none.
func (c *Collector) Collected(j job.Job, base artifact.Base, label string) (artifact.Dist, error) {
	dist := artifact.Dist{Dir: c.Folder(j, base, label)}
	var err error
	if dist.Manifest, err = ReadManifest(dist.Dir); err != nil {
		return dist, err
	}
	if !complete(dist.Dir, dist.Manifest) {
		return dist, fmt.Errorf("the packages in %s are incomplete or were changed: %w", dist.Dir, os.ErrNotExist)
	}
	if got := dist.Manifest.Provider; j.Provider != nil && got != j.Provider.Manifest.Name {
		return dist, fmt.Errorf("the packages in %s contain the provider %q, want %q: %w",
			dist.Dir, got, j.Provider.Manifest.Name, os.ErrNotExist)
	}
	return dist, nil
}

// Stock returns the packages without a provider that are in dist for a job's target and
// release, or nil if there are none.
func (c *Collector) Stock(j job.Job, base artifact.Base, label string) (*artifact.Dist, error) {
	j.Provider = nil
	dir := c.Folder(j, base, label)
	manifest, err := ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // no stock packages
	}
	if err != nil {
		return nil, err
	}
	return &artifact.Dist{Dir: dir, Manifest: manifest}, nil
}

// complete says whether every file of the manifest is there and unchanged.
func complete(dir string, m artifact.Manifest) bool {
	for _, f := range m.Files {
		if sum, err := stage.Sum(filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil || sum != f.SHA256 {
			return false
		}
	}
	return len(m.Files) > 0
}
