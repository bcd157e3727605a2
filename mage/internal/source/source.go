// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
)

// sourceRecord is what the stage stores next to the tree.
type sourceRecord struct {
	Version string                  `json:"version"`
	Tag     string                  `json:"tag"`
	Commit  string                  `json:"commit"`
	Digest  string                  `json:"digest"`
	Trust   string                  `json:"trust"`
	Epoch   time.Time               `json:"epoch"`
	Package *artifact.SourcePackage `json:"package,omitempty"`
}

// Fetcher resolves, verifies and unpacks releases.
type Fetcher struct {
	*stage.Runner

	Releases *specs.Releases
	Sums     *specs.Sums
	// Apt returns the downloader of Debian's source packages; its output goes to the stage's log.
	Apt func(s *ui.Stage) upstream.AptSource
}

// Resolve says whether the job's release is available, and downloads it if necessary. It
// shows nothing; its output is in the log.
//
// Errors: those of upstream.Resolve.
func (f *Fetcher) Resolve(ctx context.Context, j job.Job, s *ui.Stage) error {
	request := f.request(j, s)
	request.Report = nil
	_, err := upstream.Resolve(ctx, request)
	return err
}

// Source resolves, verifies and unpacks the job's release. For a given source package, the
// result is the tree after the package's own %prep.
//
// Errors: those of upstream, such as *upstream.SumError for a wrong digest,
// *upstream.ArchiveError for hostile or broken archives; for a source package also
// *rpmspec.PlaceError, *FileError and *PrepError.
func (f *Fetcher) Source(ctx context.Context, j job.Job) (artifact.Source, error) {
	s := f.Begin("source")
	src, hit, err := f.source(ctx, j, s)
	return src, f.End("source", s, hit, err)
}

func (f *Fetcher) source(ctx context.Context, j job.Job, s *ui.Stage) (artifact.Source, bool, error) {
	if upstream.IsPackage(j.Given) {
		return f.packageSource(ctx, j, s)
	}
	archive, err := f.resolve(ctx, j, s)
	if err != nil {
		return artifact.Source{}, false, err
	}
	verified, err := archive.Verify(ctx)
	if err != nil {
		return artifact.Source{}, false, err
	}
	entry, err := f.MakePart(ctx, s, "source", archiveInput{
		Version: archive.Version(), SHA256: verified.SHA256, VouchedFor: string(verified.How), Tag: verified.Tag(),
		verified: verified,
	})
	if err != nil {
		return artifact.Source{}, false, err
	}
	src, err := readSource(entry)
	src.SumName = archive.SumName()
	return src, entry.Hit, err
}

// archiveInput is the input of unpacking a release.
type archiveInput struct {
	Version    string
	SHA256     string
	VouchedFor string // the record of the source says it
	Tag        string // as above; a clone's tags are not in the archive

	verified *upstream.Verified `key:"-"` // the archive with that sum
}

// Make implements stage.Input.
func (in archiveInput) Make(ctx context.Context, w *stage.Work) error {
	w.Note(fmt.Sprintf("%s, %s", in.verified.Archive().From(), in.VouchedFor))
	return unpackSource(ctx, in.verified, w.Dir)
}

// resolve finds the archive. A given one without a given release must also match
// the published sums of the release that it contains.
func (f *Fetcher) resolve(ctx context.Context, j job.Job, s *ui.Stage) (*upstream.Archive, error) {
	archive, err := upstream.Resolve(ctx, f.request(j, s))
	if err != nil || j.Version != "" {
		return archive, err
	}
	release, err := f.Releases.Find(archive.Version())
	if err != nil {
		return archive, nil //nolint:nilerr // not a release in specs/: no published sums
	}
	j.Version, j.Release = release.Version, &release
	return upstream.Resolve(ctx, f.request(j, s))
}

func (f *Fetcher) request(j job.Job, s *ui.Stage) upstream.Request {
	req := upstream.Request{
		Version:  j.Version,
		Source:   j.Given,
		Sums:     f.Sums,
		CacheDir: f.CacheDir,
		Log:      s.Log(),
		Report: func(pr upstream.Progress) {
			if pr.Note != "" {
				s.Note(pr.Note)
				return
			}
			s.Bytes(pr.Done, pr.Total, pr.Origin+" "+pr.File)
		},
	}
	if j.Release != nil {
		req.Origins = origins(*j.Release)
	}
	req.AptSource = f.Apt(s)
	return req
}

func origins(r specs.Release) []upstream.Origin {
	out := make([]upstream.Origin, 0, len(r.Origins))
	for _, o := range r.Origins {
		out = append(out, upstream.Origin{
			Kind: string(o.Kind), File: o.File, URL: o.URL, SHA256: o.SHA256, Suite: o.Suite,
		})
	}
	return out
}

func unpackSource(ctx context.Context, v *upstream.Verified, dir string) error {
	src, err := v.Unpack(ctx, dir)
	if err != nil {
		return err
	}
	if err := v.WriteTarball(ctx, filepath.Join(dir, artifact.TarballName(src.Version))); err != nil {
		return err
	}
	data, err := json.Marshal(sourceRecord{
		Version: src.Version, Tag: src.Tag, Commit: src.Commit,
		Digest: v.SHA256, Trust: string(v.How), Epoch: src.Epoch,
	})
	if err != nil {
		return fmt.Errorf("describe the source: %w", err)
	}
	return stage.WriteFile(dir, "source.json", data)
}

func readSource(entry stagecache.Entry) (artifact.Source, error) {
	dir := entry.Dir
	data, err := entry.ReadFile("source.json")
	if err != nil {
		return artifact.Source{}, fmt.Errorf("read the unpacked source's record: %w", err)
	}
	var rec sourceRecord
	if err := json.Unmarshal(data, &rec); err != nil {
		return artifact.Source{}, fmt.Errorf("read the unpacked source's record: %w", err)
	}
	src := artifact.Source{
		Tree:    filepath.Join(dir, "rdma-core-"+rec.Version),
		Tarball: filepath.Join(dir, artifact.TarballName(rec.Version)),
		Version: rec.Version, Tag: rec.Tag, Commit: rec.Commit,
		Epoch: rec.Epoch, Digest: rec.Digest, Trust: rec.Trust, Package: rec.Package,
	}
	if src.Package != nil {
		src.Package.Dir = filepath.Join(dir, packageFolder)
		src.Tarball = filepath.Join(src.Package.Dir, src.Package.Tarball)
	}
	return src, nil
}
