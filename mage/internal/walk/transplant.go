// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/patchset"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/mage/internal/transplant"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// transplantManifests is where the manifests of upstream's providers are, below
// the repository's root.
const transplantManifests = "provider/testdata/transplants"

// TransplantRow is the result of one transplant.
type TransplantRow struct {
	Transplant specs.Transplant
	PrivateABI int
	DriverID   int
	Files      []transplant.File // files that upstream or verbsmith changes
	Faults     []error           // differences without a reason, reasons without a difference

	Edit, Patch, Compile, Devices report.Result

	Ours, Theirs []byte   // patches of the host: verbsmith's and upstream's
	Folder       string   // the provider's directory, kept
	Adopted      *Adopted // what provider:adopt finds out, if that is tried
}

func newTransplantRow(t specs.Transplant) *TransplantRow {
	untried := report.Result{State: report.NotTried}
	return &TransplantRow{Transplant: t, Edit: untried, Patch: untried, Compile: untried, Devices: untried}
}

// Failed says that the row makes the test fail.
func (r *TransplantRow) Failed() bool {
	failed := func(c report.Result) bool { return c.State == report.Fail }
	return len(r.Faults) > 0 || slices.ContainsFunc(r.results(), failed)
}

func (r *TransplantRow) results() []report.Result {
	all := []report.Result{r.Edit, r.Patch, r.Compile, r.Devices}
	if r.Adopted != nil {
		all = append(all, r.Adopted.Alone)
	}
	return all
}

// Why is the first reason of a failure, or "".
func (r *TransplantRow) Why() string {
	for _, c := range r.results() {
		if c.State == report.Fail {
			return c.Evidence
		}
	}
	if len(r.Faults) > 0 {
		return r.Faults[0].Error()
	}
	return ""
}

// TransplantSetup is what all transplants of a run share.
type TransplantSetup struct {
	All     *specs.Transplants
	Clone   *upstream.Clone     // nil if none is given
	Folders string              // the providers' directories are kept below it
	Compile *artifact.Toolchain // nil: only the files are compared
	Adopt   bool                // the manifests are those that provider:adopt writes
}

var errNoDonor = errors.New("needs a clone, because it is compared with upstream's own commits")

// Transplant adds one of upstream's providers to its host, like a third party's, and compares
// the result with upstream's, file by file. Failures are in the row; the only error is the end
// of ctx.
func (w *Walker) Transplant(ctx context.Context, j job.Job, g TransplantSetup, t specs.Transplant) (*TransplantRow, error) {
	s := w.Begin(t.Name)
	row := newTransplantRow(t)
	row.Folder = filepath.Join(g.Folders, t.Name)
	trees, err := w.makeTrees(ctx, g, t)
	if err == nil {
		defer os.RemoveAll(trees.dir)
		err = w.inScratch(t.Name, func(q *Walker) error { return q.transplant(ctx, j, g, trees, row) })
	}
	if err != nil && row.Edit.State == report.NotTried {
		row.Edit = failedCheck(err)
	}
	if cause := context.Cause(ctx); cause != nil {
		return row, w.End(t.Name, s, false, cause)
	}
	for _, fault := range row.Faults {
		_, _ = fmt.Fprintln(s.Log(), fault)
	}
	if err != nil {
		_, _ = fmt.Fprintln(s.Log(), err)
	}
	s.Note(row.summary())
	return row, w.End(t.Name, s, false, nil)
}

func (r *TransplantRow) summary() string {
	if r.Failed() {
		return "FAIL: " + r.Why()
	}
	same := 0
	for _, f := range r.Files {
		if f.Same() {
			same++
		}
	}
	return fmt.Sprintf("%d files, %d the same", len(r.Files), same)
}

func failedCheck(err error) report.Result {
	return report.Result{State: report.Fail, Evidence: reason(err), Log: logOf(err)}
}

// hostTrees is a host and upstream's result, unpacked.
type hostTrees struct {
	dir          string
	host, theirs string // trees
	version      string
	epoch        time.Time
	digest       string
	own          []string // files and directories of the provider's own
	others       bool     // only the other files are compared
	start        string   // what theirs began with, if not with the host: only added lines are compared
}

func (b hostTrees) source() artifact.Source {
	return artifact.Source{Tree: b.host, Version: b.version, Epoch: b.epoch, Digest: b.digest}
}

// makeTrees creates the two trees: the host without and with upstream's commits, or the host
// without and with the provider.
func (w *Walker) makeTrees(ctx context.Context, g TransplantSetup, t specs.Transplant) (b hostTrees, err error) {
	dir, err := os.MkdirTemp("", "verbsmith-transplant-")
	if err != nil {
		return b, fmt.Errorf("create a directory for a transplant: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	b = hostTrees{dir: dir, version: strings.TrimPrefix(t.Host, releaseNameStart), theirs: filepath.Join(dir, "theirs")}
	b.host = filepath.Join(dir, "rdma-core-"+b.version)
	b.digest = fmt.Sprintf("transplant %s %v %v", t.Host, t.Commits, t.Without)
	b.own = []string{"providers/" + t.Provider}
	for _, from := range t.Files {
		b.own = append(b.own, from)
	}
	if err := w.unpackHost(ctx, g, t, &b); err != nil {
		return b, err
	}
	if g.Adopt && len(t.Without) == 0 && len(t.Commits) == 0 {
		return b, transplant.TakeAway(b.host, t.Provider)
	}
	for _, name := range t.Without {
		if err := takeOut(g.All, name, b.host); err != nil {
			return b, err
		}
		if name == t.Provider {
			continue
		}
		if err := takeOut(g.All, name, b.theirs); err != nil {
			return b, err
		}
	}
	return b, nil
}

// unpackHost unpacks the host twice, and upstream's commits over the second. A
// host that the clone does not have is fetched like any release.
func (w *Walker) unpackHost(ctx context.Context, g TransplantSetup, t specs.Transplant, b *hostTrees) error {
	if g.Clone != nil {
		if ref, err := g.Clone.Find(ctx, t.Host); err == nil {
			b.epoch = ref.Time
			tree, err := g.Clone.Pick(ctx, ref, t.Commits)
			if err != nil {
				return err
			}
			return errors.Join(g.Clone.Extract(ctx, ref.Commit, b.host, b.epoch), g.Clone.Extract(ctx, tree, b.theirs, b.epoch))
		}
	}
	if len(t.Commits) > 0 {
		return errNoDonor
	}
	release, err := w.Releases.Find(b.version)
	if err != nil {
		return err
	}
	src, err := w.Source(ctx, job.Job{Version: release.Version, Release: &release})
	if err != nil {
		return err
	}
	b.epoch = src.Epoch
	if err := stagecache.Verify(src.Tree); err != nil {
		return err
	}
	return errors.Join(os.CopyFS(b.host, os.DirFS(src.Tree)), os.CopyFS(b.theirs, os.DirFS(src.Tree)))
}

func takeOut(all *specs.Transplants, name, tree string) error {
	out, err := all.TakenOut(name)
	if err != nil {
		return err
	}
	cuts := make([]transplant.Cut, 0, len(out.Cuts))
	for _, c := range out.Cuts {
		match, err := regexp.Compile("(?m)" + c.Match)
		if err != nil {
			return fmt.Errorf("take out %s: %w", name, err)
		}
		cuts = append(cuts, transplant.Cut{File: c.File, Match: match, With: c.With, Times: max(c.Times, 1)})
	}
	if err := transplant.TakeOut(tree, out.Remove, cuts); err != nil {
		return fmt.Errorf("take out %s: %w", name, err)
	}
	return nil
}

// donate creates the provider's directory as a hardware vendor would have it: upstream's files,
// including the ABI header, and a manifest.
func (w *Walker) donate(ctx context.Context, t specs.Transplant, theirs, folder string) (*provider.Provider, error) {
	if err := w.PlaceFolder(ctx, folder, func(dir string) error { return w.fillDonated(t, theirs, dir) }); err != nil {
		return nil, err
	}
	return provider.Load(ctx, folder)
}

func (w *Walker) fillDonated(t specs.Transplant, theirs, folder string) error {
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(theirs, "providers", t.Provider))); err != nil {
		return fmt.Errorf("copy the provider: %w", err)
	}
	files := map[string]string{provider.ManifestName: filepath.Join(w.Root, filepath.FromSlash(transplantManifests), t.Name+".yaml")}
	for name, from := range t.Files {
		files[name] = filepath.Join(theirs, filepath.FromSlash(from))
	}
	for name, from := range files {
		data, err := os.ReadFile(from)
		if err != nil {
			return fmt.Errorf("create the provider's directory: %w", err)
		}
		if err := os.MkdirAll(filepath.Join(folder, filepath.FromSlash(path.Dir(name))), 0o755); err != nil {
			return fmt.Errorf("create the provider's directory: %w", err)
		}
		if err := stage.WriteFile(folder, filepath.FromSlash(name), data); err != nil {
			return err
		}
	}
	return nil
}

// transplant makes the edits with the stages of every build, and runs the
// checks of the run's depth.
func (w *Walker) transplant(ctx context.Context, j job.Job, g TransplantSetup, b hostTrees, row *TransplantRow) error {
	var err error
	if g.Adopt {
		row.Adopted = &Adopted{Alone: report.Result{State: report.NotTried}}
		j.Provider, err = w.adoptFrom(ctx, row.Transplant, b, row)
		more, _ := g.All.Adopted.For(row.Transplant.Name)
		row.Transplant.Reasons = slices.Concat(row.Transplant.Reasons, more)
	} else {
		j.Provider, err = w.donate(ctx, row.Transplant, b.theirs, row.Folder)
	}
	if err != nil {
		return err
	}
	for _, f := range j.Provider.Manifest.KernelHeaders() {
		b.own = append(b.own, "kernel-headers/rdma/"+path.Base(f))
	}
	tree, err := w.compareEdits(ctx, j, b, row)
	if err != nil {
		return err
	}
	if g.Adopt {
		if err := w.compareAdopted(ctx, j, b.source(), b, g.All, row); err != nil {
			return err
		}
	}
	if g.Compile == nil {
		return nil
	}
	return w.transplantBuild(ctx, j, *g.Compile, tree, row)
}

// compareEdits makes the edits in the host, and compares them with the other tree.
func (w *Walker) compareEdits(ctx context.Context, j job.Job, b hostTrees, row *TransplantRow) (artifact.Tree, error) {
	src := b.source()
	tree, err := w.Integrate(ctx, j, src)
	if err != nil {
		return tree, err
	}
	row.PrivateABI, row.DriverID = tree.Result.PrivateABI, tree.Result.DriverID
	if _, err = w.Spec(ctx, j, src); err != nil {
		return tree, err
	}
	if err := row.compare(ctx, b, tree); err != nil {
		return tree, err
	}
	row.Edit = report.Result{State: report.Pass}
	if row.Patch, err = w.transplantPatch(ctx, j, tree, row); err != nil {
		return tree, err
	}
	return tree, nil
}

func (r *TransplantRow) compare(ctx context.Context, b hostTrees, tree artifact.Tree) error {
	var trees [3]transplant.Tree
	for i, dir := range []string{b.host, b.theirs, tree.Dir} {
		var err error
		if trees[i], err = transplant.ReadTree(dir); err != nil {
			return err
		}
	}
	if b.start != "" {
		start, err := transplant.ReadTree(b.start)
		if err != nil {
			return err
		}
		trees = [3]transplant.Tree{nil, transplant.Added(start, trees[1]), transplant.Added(trees[0], trees[2])}
	}
	t := r.Transplant
	r.Files = transplant.Compare(trees[0], trees[1], trees[2], b.own)
	if b.others {
		r.Files = slices.DeleteFunc(r.Files, func(f transplant.File) bool { return f.Own })
	}
	reasons := make([]transplant.Reason, 0, len(t.Reasons))
	for _, given := range t.Reasons {
		lines, err := regexp.Compile(given.Lines)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
		for _, file := range given.Files {
			for _, kind := range given.Kinds {
				reasons = append(reasons, transplant.Reason{File: file, Kind: transplant.Kind(kind), Lines: lines, Why: given.Why})
			}
		}
	}
	r.Faults = transplant.Explain(t.Name, r.Files, reasons)
	if b.others {
		r.Faults = r.oneOfEach(r.Faults)
		return nil
	}
	var err error
	r.Theirs, _, err = patchset.Diff(ctx, b.host, b.theirs, patchset.Header{
		From: "rdma-core <linux-rdma@vger.kernel.org>", Subject: "upstream's " + t.Provider + " in " + t.Host, Date: b.epoch,
	})
	return err
}

// oneOfEach drops the faults that are a reason's for a file or a kind that it does not explain, if it
// explains another: strangers' reasons are for several of them. One that explains nothing is kept once.
func (r *TransplantRow) oneOfEach(faults []error) []error {
	seen := map[string]bool{}
	for _, f := range r.Files {
		for _, d := range f.Differences {
			for _, why := range d.Why {
				seen[why] = true
			}
		}
	}
	return slices.DeleteFunc(faults, func(fault error) bool {
		stale, ok := errors.AsType[*transplant.StaleError](fault)
		if !ok {
			return false
		}
		before := seen[stale.Reason.Why]
		seen[stale.Reason.Why] = true
		return before
	})
}

func (w *Walker) transplantPatch(ctx context.Context, j job.Job, tree artifact.Tree, row *TransplantRow) (report.Result, error) {
	patch, err := w.Patch(ctx, j, tree)
	if err == nil {
		_, err = w.ProvePatch(ctx, tree, patch)
	}
	if err == nil {
		row.Ours, err = os.ReadFile(patch.File)
	}
	if err != nil {
		return failedCheck(err), err
	}
	return report.Result{State: report.Pass}, nil
}

// transplantBuild compiles the host with the provider and checks that its ibv_devices lists the
// device.
func (w *Walker) transplantBuild(ctx context.Context, j job.Job, tc artifact.Toolchain, tree artifact.Tree, row *TransplantRow) error {
	build, err := w.CompileProvider(ctx, j, tree, tc)
	if err != nil {
		row.Compile = failedCheck(err)
		return err
	}
	row.Compile = report.Result{State: report.Pass}
	if _, err := w.discover(ctx, build, "listed", "foreign-name", "foreign-abi"); err != nil {
		row.Devices = failedCheck(err)
		return err
	}
	row.Devices = report.Result{State: report.Pass}
	return nil
}
