// SPDX-License-Identifier: Apache-2.0

package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// FileError says that a source package lacks a file that its spec names, or contains one
// that it must not.
type FileError struct{ Package, File, Why string }

// Error names the package and the file.
func (e *FileError) Error() string { return fmt.Sprintf("%s: %s %s", e.Package, e.File, e.Why) }

const (
	packageFolder = "package" // its files, in the stage's output
	mostSpec      = rpmspec.MostBytes
)

// packageSource is the source stage for a source RPM: its tarball, unpacked, with the
// patches that its %prep applies for the job's distro.
func (f *Fetcher) packageSource(ctx context.Context, j job.Job, s *ui.Stage) (artifact.Source, bool, error) {
	pkg, err := upstream.OpenPackage(j.Given, f.Sums)
	if err != nil {
		return artifact.Source{}, false, err
	}
	v, err := pkg.Verify(ctx)
	if err != nil {
		return artifact.Source{}, false, err
	}
	entry, err := f.MakePart(ctx, s, "source", packageInput{
		SHA256: v.SHA256, Macros: j.Macros(), StandinRPM: rpmspec.RPM(j.Distro().StandinRPM), Releases: f.Releases.Releases,
		fetcher: f, verified: v,
	})
	if err != nil {
		return artifact.Source{}, false, err
	}
	src, err := readSource(entry)
	if err != nil {
		return src, false, err
	}
	if j.Version != "" && j.Version != src.Version {
		return src, false, &upstream.VersionError{
			Source: v.Path(), Want: j.Version, Got: src.Version, Where: "CMakeLists.txt in " + src.Package.Tarball,
		}
	}
	src.Trust, src.SumName = string(v.How), v.Info.SumName()
	s.Note(fmt.Sprintf("%s.src.rpm, %s", src.Package.Name, v.How))
	// Only now is it known to contain an rdma-core.
	return src, entry.Hit, v.Record(ctx)
}

// packageInput is the input of unpacking a source package.
type packageInput struct {
	SHA256     string
	Macros     rpmspec.Macros
	StandinRPM rpmspec.RPM     // of the distro's stand-in
	Releases   []specs.Release // the package's tarball is compared with the published ones

	fetcher  *Fetcher                  `key:"-"` // finds the tarball in the package, and logs warnings
	verified *upstream.VerifiedPackage `key:"-"` // the package with that sum
}

// Make implements stage.Input.
func (in packageInput) Make(ctx context.Context, w *stage.Work) error {
	return (&packageUnpacker{packageInput: in, f: in.fetcher, v: in.verified, s: w.Stage, dir: w.Dir}).unpack(ctx)
}

// packageUnpacker fills the directory of the source stage from a source package.
type packageUnpacker struct {
	packageInput

	f   *Fetcher
	v   *upstream.VerifiedPackage
	s   *ui.Stage
	dir string
}

func (u *packageUnpacker) file(name string) string { return filepath.Join(u.dir, packageFolder, name) }

func (u *packageUnpacker) unpack(ctx context.Context) error {
	if err := u.v.Unpack(ctx, filepath.Join(u.dir, packageFolder)); err != nil {
		return err
	}
	spec, err := u.spec()
	if err != nil {
		return err
	}
	prep, err := spec.Read(u.Macros).Prep()
	if err != nil {
		return err
	}
	if err := u.holds(prep); err != nil {
		return err
	}
	src, err := u.tarball(ctx, prep.Source)
	if err != nil {
		return err
	}
	for _, patch := range prep.Patches {
		if err := u.apply(ctx, src.Dir, patch); err != nil {
			return err
		}
	}
	epoch, err := u.epoch(src.Epoch, spec)
	if err != nil {
		return err
	}
	u.warn(ctx, prep)
	u.warnOfStandin(ctx, spec, prep)
	rec := sourceRecord{
		Version: src.Version, Digest: u.v.SHA256, Epoch: epoch,
		Package: &artifact.SourcePackage{
			Name: u.v.Info.NVR(), Spec: u.v.Spec, Tarball: prep.Source, Files: u.v.Files, Macros: u.Macros.String(),
		},
	}
	for _, patch := range prep.Patches {
		rec.Package.Patches = append(rec.Package.Patches, patch.File)
	}
	data, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("describe the source: %w", err)
	}
	return stage.WriteFile(u.dir, "source.json", data)
}

// spec reads the package's spec. CRLF line ends would be part of %prep's shell commands.
func (u *packageUnpacker) spec() (*rpmspec.Spec, error) {
	info, err := os.Stat(u.file(u.v.Spec))
	if err != nil {
		return nil, fmt.Errorf("read the package's spec: %w", err)
	}
	if info.Size() > mostSpec {
		why := fmt.Sprintf("has %d bytes, more than the %d that a spec may have", info.Size(), mostSpec)
		return nil, &FileError{Package: u.v.Path(), File: u.v.Spec, Why: why}
	}
	data, err := os.ReadFile(u.file(u.v.Spec))
	if err != nil {
		return nil, fmt.Errorf("read the package's spec: %w", err)
	}
	if before, _, found := bytes.Cut(data, []byte("\r\n")); found {
		return nil, &rpmspec.PlaceError{
			File: u.v.Spec, Line: bytes.Count(before, []byte("\n")) + 1,
			LookedFor: "lines that end in LF", Found: "CRLF, which breaks %prep in a shell",
		}
	}
	return rpmspec.Parse(u.v.Spec, data)
}

// holds checks that the files of %prep exist, and that the provider's own patch is not among
// them.
func (u *packageUnpacker) holds(prep rpmspec.Prep) error {
	if !slices.Contains(u.v.Files, prep.Source) {
		return &FileError{Package: u.v.Path(), File: prep.Source, Why: "is Source0 of its spec, but is not in the package"}
	}
	for _, patch := range prep.Patches {
		if !slices.Contains(u.v.Files, patch.File) {
			return &FileError{
				Package: u.v.Path(), File: patch.File,
				Why: fmt.Sprintf("is applied in line %d of its spec, but is not in the package", patch.Line),
			}
		}
	}
	return nil
}

// tarball verifies and unpacks the package's Source0.
func (u *packageUnpacker) tarball(ctx context.Context, name string) (*upstream.Source, error) {
	req := u.f.request(job.Job{Given: u.file(name)}, u.s)
	req.Sums, req.Vouched = nil, u.v.Info.NVR()
	archive, err := upstream.Resolve(ctx, req)
	if err != nil {
		return nil, err
	}
	known := specs.Releases{Releases: u.Releases}
	if release, err := known.Find(archive.Version()); err == nil {
		req.Version, req.Origins = archive.Version(), origins(release)
		if archive, err = upstream.Resolve(ctx, req); err != nil {
			return nil, err
		}
	}
	verified, err := archive.Verify(ctx)
	if err != nil {
		return nil, err
	}
	published := slices.ContainsFunc(req.Origins, func(o upstream.Origin) bool { return o.SHA256 != "" })
	if published && verified.How != upstream.HowPinned {
		u.f.Log.WarnContext(ctx, "the tarball in the source package is not the one that upstream published",
			"file", name, "sha256", verified.SHA256)
	}
	_, _ = fmt.Fprintf(u.s.Log(), "%s: rdma-core %s, vouched for by %s (%s)\n", name, archive.Version(), verified.How, verified.Against)
	return verified.Unpack(ctx, u.dir)
}

// apply applies one of the distro's patches as rpmbuild will.
func (u *packageUnpacker) apply(ctx context.Context, tree string, patch rpmspec.PrepPatch) error {
	data, err := os.ReadFile(u.file(patch.File))
	if err != nil {
		return fmt.Errorf("read the package's patch: %w", err)
	}
	for _, magic := range []string{"\x1f\x8b", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return &FileError{Package: u.v.Path(), File: patch.File, Why: "is compressed: want a patch in plain text"}
		}
	}
	moved, err := patchset.ApplyForeign(ctx, data, tree, patchset.Foreign{
		Name: patch.File, Strip: patch.Strip, Reverse: patch.Reverse, RemoveEmpty: patch.RemoveEmpty,
	})
	if err != nil {
		return &PrepError{Spec: u.v.Spec, Line: patch.Line, Patch: patch.File, Err: err}
	}
	_, _ = fmt.Fprintf(u.s.Log(), "%s:%d: applied %s (%d hunks at other lines)\n", u.v.Spec, patch.Line, patch.File, moved)
	return nil
}

// PrepError says that a distro's patch cannot be applied as its spec says.
type PrepError struct {
	Spec  string
	Line  int
	Patch string
	Err   error
}

// Error names the spec's line, the patch, and the file and hunk in it.
func (e *PrepError) Error() string {
	reason := e.Err.Error()
	if !strings.Contains(reason, e.Patch) {
		reason = e.Patch + ": " + reason
	}
	return fmt.Sprintf("%s:%d: %s", e.Spec, e.Line, reason)
}

// Unwrap returns the reason.
func (e *PrepError) Unwrap() error { return e.Err }

// warn names the commands that run only after the edits.
func (u *packageUnpacker) warn(ctx context.Context, prep rpmspec.Prep) {
	for _, c := range prep.Commands {
		u.f.Log.WarnContext(ctx, "a %prep command is not run before the edits: a file that both change may fail to patch",
			"spec", fmt.Sprintf("%s:%d", u.v.Spec, c.Line), "command", c.Text)
	}
}

// warnOfStandin warns if the stand-in's rpm reads %prep differently from the distro's.
func (u *packageUnpacker) warnOfStandin(ctx context.Context, spec *rpmspec.Spec, prep rpmspec.Prep) {
	if u.StandinRPM == "" {
		return
	}
	macros := u.Macros
	macros.RPM = u.StandinRPM
	other, err := spec.Read(macros).Prep()
	if err == nil && slices.Equal(other.Patches, prep.Patches) {
		return
	}
	reason := "it applies different patches"
	if err != nil {
		reason = err.Error()
	}
	u.f.Log.WarnContext(ctx, "the stand-in's rpm reads %prep differently: packages built on the stand-in may fail or differ",
		"distro's rpm", u.Macros.RPM, "stand-in's rpm", u.StandinRPM, "reason", reason)
}

// epoch is the later of the tarball's date and that of the newest changelog entry, which
// distros use to date their builds.
func (u *packageUnpacker) epoch(tarball time.Time, spec *rpmspec.Spec) (time.Time, error) {
	day, ok := spec.NewestChange()
	switch {
	case ok && !upstream.PlausibleDate(day):
		why := "has its newest changelog entry on " + day.Format(time.DateOnly) + ", which cannot be the date of an rdma-core package"
		return tarball, &FileError{Package: u.v.Path(), File: u.v.Spec, Why: why}
	case ok && day.After(tarball):
		return day, nil
	}
	return tarball, nil
}

var errSourcePackage = errors.New("is a distro's source package, whose patches would be left out")

// NotSourcePackage rejects a distro's source package for a target that builds on a
// release's tarball; what names the target.
func NotSourcePackage(src artifact.Source, what string) error {
	if src.Package == nil {
		return nil
	}
	return &stage.AdviceError{
		Err:  fmt.Errorf("%s: %s.src.rpm %w", what, src.Package.Name, errSourcePackage),
		What: "pass a tarball of that release, or a git clone as PATH@REF; the rpm target builds on the source package",
	}
}
