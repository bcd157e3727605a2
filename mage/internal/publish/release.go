// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/resnics/verbsmith/mage/internal/attest"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/signing"
	"github.com/resnics/verbsmith/mage/internal/stage"
)

// Publisher runs the stages of a release.
type Publisher struct {
	*stage.Runner

	Image  string // in which metadata are made
	Module string // where the go command finds this module
}

// Order is a release.
type Order struct {
	Into      string
	Name, URL string // "": as they were before
	Key       *signing.Key
	Valid     time.Duration // of the signatures of sums and metadata; 0 is for ever
	Adds      []Candidate
	Allowed   map[string][]string // by candidate: the reasons in spite of which it is released
	Keep      int                 // of each package in each repository, that many newest versions; 0 keeps all
	Now       time.Time
}

// Outcome is what a release did.
type Outcome struct {
	Index   Index
	Added   []string // builds
	Present []string // builds that were released before
	Pruned  []string // packages
	Signed  bool     // the directory has new signatures: something of it has changed, or they last longer
}

// missing says that a release needs a flag.
type missing struct{ flag, want string }

func (e *missing) Error() string { return "-" + e.flag + " is missing: want " + e.want }

// Release puts packages into a directory: completely or not at all. What is there must be what was released before.
//
// Errors: *ConflictError, *TamperedError, *containers.RunError.
func (p *Publisher) Release(ctx context.Context, o Order) (Outcome, error) {
	s := p.Begin("release")
	out, err := p.release(ctx, o, s.Note, func(d *draft, x Index) error { return p.makeMetadata(ctx, s, d, x) })
	return out, p.End("release", s, false, err)
}

func (p *Publisher) release(ctx context.Context, o Order, note func(string), metadata func(*draft, Index) error) (Outcome, error) {
	old, err := readOrNew(o.Into)
	if err != nil {
		return Outcome{}, err
	}
	if len(old.Builds) > 0 {
		note("check what is there")
		if err := o.checkPresent(ctx, old, o.Into); err != nil {
			return Outcome{}, err
		}
	}
	d, err := newDraft(o.Into)
	if err != nil {
		return Outcome{}, err
	}
	defer d.discard()
	note("sign packages")
	out, err := d.change(ctx, o, old)
	x := &out.Index
	if err != nil || len(out.Added)+len(out.Pruned) == 0 && old.URL == x.URL && old.Name == x.Name && o.Valid == 0 {
		return out, err
	}
	x.Serial++
	slices.SortStableFunc(x.Builds, func(a, b Build) int {
		return cmp.Or(cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Name, b.Name))
	})
	for _, b := range x.Builds {
		x.Epoch = max(x.Epoch, b.Epoch)
	}
	note("make the repositories")
	if err := metadata(d, *x); err != nil {
		return out, err
	}
	if err := d.complete(ctx, o, *x); err != nil {
		return out, err
	}
	out.Signed = true
	return out, d.publish()
}

// complete makes a draft with metadata what is published, and checks that as a customer would.
func (d *draft) complete(ctx context.Context, o Order, x Index) error {
	if err := d.keepFormer(x); err != nil {
		return err
	}
	if err := d.finish(ctx, o, x); err != nil {
		return err
	}
	return o.checkPresent(ctx, x, d.dir)
}

// change makes the changes of packages that an order wants.
func (d *draft) change(ctx context.Context, o Order, old Index) (Outcome, error) {
	out := Outcome{Index: old}
	err := o.begin(&out.Index)
	for _, c := range o.Adds {
		if err == nil {
			err = d.add(ctx, o, c, old, &out)
		}
	}
	if err == nil && o.Keep > 0 {
		out.Pruned, err = d.prune(&out.Index, o.Keep)
	}
	return out, err
}

// begin checks what an index says of itself, and takes what the order says of it.
func (o Order) begin(x *Index) error {
	x.Key = o.Key.Fingerprint()
	x.URL = strings.TrimRight(cmp.Or(o.URL, x.URL), "/")
	if x.URL == "" {
		return &missing{"url", "where customers will find the directory, such as https://packages.example.com/rdma"}
	}
	x.Name = cmp.Or(o.Name, x.Name)
	if x.Name == "" && len(o.Adds) > 0 {
		x.Name = o.Adds[0].Dist.Manifest.Provider
	}
	x.Builds = slices.Clone(x.Builds)
	return nil
}

// checkPresent checks a released directory: before it is signed again, and before a draft is published. That signatures have expired is
// no fault.
func (o Order) checkPresent(ctx context.Context, x Index, dir string) error {
	if x.Key != o.Key.Fingerprint() {
		return &IndexError{filepath.Join(o.Into, IndexFile), "the key that it was released with before, " + x.Key, o.Key.Fingerprint()}
	}
	public, err := o.Key.Public()
	if err != nil {
		return err
	}
	ring, err := signing.ReadRing(KeyFile, public, o.Now)
	if err != nil {
		return err
	}
	ring.IgnoreExpiry()
	_, err = Check(ctx, dir, Trust{Ring: ring})
	if tampered, ok := errors.AsType[*TamperedError](err); ok {
		tampered.Dir = o.Into
	}
	return err
}

// add puts a candidate's packages and evidence into a draft.
func (d *draft) add(ctx context.Context, o Order, c Candidate, old Index, out *Outcome) error {
	x := &out.Index
	epoch, err := c.epoch()
	if err != nil {
		return err
	}
	b := Build{
		Name: c.Name, Repository: c.repository(), Title: c.Title, Kind: c.Record.Kind, Distro: c.Record.Distro, Suite: c.Record.Suite,
		Standin: c.Record.Standin, Release: c.Record.Release, Provider: c.Dist.Manifest.Provider, Epoch: epoch.Unix(), Record: c.RecordSum,
		Allowed: o.Allowed[c.Name], Verdicts: c.Passed, Reproduced: c.Reproduced,
	}
	when := signing.When{Time: o.Key.At(epoch)}
	for _, f := range c.Record.Outputs {
		p, err := d.place(ctx, o.Key, when, c, f.Path, f.SHA256, old)
		if err != nil {
			return err
		}
		b.Packages = append(b.Packages, p)
	}
	// The suffix tells builds of one release from each other.
	if len(b.Packages) > 0 && c.Record.Suffix != "" {
		b.Name += "-" + strings.TrimLeft(c.Record.Suffix, ".+~")
	}
	i := slices.IndexFunc(x.Builds, func(was Build) bool { return was.Name == b.Name })
	if i >= 0 && x.Builds[i].Record == b.Record {
		out.Present = append(out.Present, b.Name)
		return nil
	}
	if i >= 0 {
		x.Builds = slices.Delete(x.Builds, i, i+1)
	}
	b.Changelog = b.changelogOf()
	x.Builds = append(x.Builds, b)
	out.Added = append(out.Added, b.Name)
	changes, err := c.changelog(b, old)
	if err == nil {
		err = d.write(b.Changelog, changes)
	}
	if err != nil {
		return err
	}
	for _, f := range c.Evidence {
		if err := d.write(path.Join(b.folder(), f.Name), f.Data); err != nil {
			return err
		}
	}
	return d.attest(ctx, o.Key, b, c, epoch)
}

// attest writes the bills of materials and the provenance of a build.
func (d *draft) attest(ctx context.Context, key *signing.Key, b Build, c Candidate, epoch time.Time) error {
	about := attest.Build{Name: b.Name, Record: c.Record, Epoch: epoch, Allowed: b.Allowed}
	for _, p := range b.Packages {
		about.Packages = append(about.Packages, attest.Package(p))
	}
	texts := map[string]func() ([]byte, error){
		b.folder() + "/" + provenanceFile: func() ([]byte, error) { return about.Provenance(ctx, key) },
		b.sbom("build", cycloneEnd):       about.CycloneDXOfBuild,
		b.sbom("build", spdxEnd):          about.SPDXOfBuild,
	}
	for _, p := range about.Packages {
		texts[b.sbom(path.Base(p.Path), cycloneEnd)] = func() ([]byte, error) { return about.CycloneDX(p) }
		texts[b.sbom(path.Base(p.Path), spdxEnd)] = func() ([]byte, error) { return about.SPDX(p) }
	}
	for name, text := range texts {
		data, err := text()
		if err != nil {
			return err
		}
		if err := d.write(name, data); err != nil {
			return err
		}
	}
	return nil
}

const (
	provenanceFile = "provenance.sigstore.json"
	cycloneEnd     = ".cdx.json"
	spdxEnd        = ".spdx.json"
)

// sbom is the path of a bill of materials.
func (b Build) sbom(of, end string) string { return path.Join(b.folder(), "sbom", of+end) }

// finish signs the metadata and writes what is at the top.
func (d *draft) finish(ctx context.Context, o Order, x Index) error {
	when := signing.When{Time: o.Key.At(time.Unix(x.Epoch, 0).UTC())}
	if o.Valid > 0 {
		when = signing.When{Time: o.Now, Valid: o.Valid}
	}
	if err := d.signMetadata(ctx, o.Key, when); err != nil {
		return err
	}
	files := x.clients()
	for name, text := range map[string]func() ([]byte, error){
		KeyFile: o.Key.Public, KeyPEMFile: o.Key.PublicPEM, IndexFile: x.text,
		PageFile: func() ([]byte, error) { return x.page(o.Key.User()) },
	} {
		data, err := text()
		if err != nil {
			return err
		}
		files[name] = data
	}
	for name, data := range files {
		if err := d.write(name, data); err != nil {
			return err
		}
	}
	sums, err := d.sums()
	if err != nil {
		return err
	}
	signed, err := o.Key.Armored(ctx, bytes.NewReader(sums), when)
	if err != nil {
		return err
	}
	if err := d.write(SumsFile, sums); err != nil {
		return err
	}
	return d.write(SignedSums, signed)
}

// prune removes old versions of each package of each repository, and builds that have no package left.
func (d *draft) prune(x *Index, keep int) ([]string, error) {
	newest := x.newest(keep)
	var pruned []string
	builds := x.Builds[:0]
	for _, b := range x.Builds {
		var kept []Package
		for _, p := range b.Packages {
			if slices.Contains(newest[b.line(p)], b.version(p)) {
				kept = append(kept, p)
				continue
			}
			pruned = append(pruned, p.Path)
		}
		if b.Packages = kept; len(kept) > 0 {
			builds = append(builds, b)
		} else if err := d.remove(b.folder()); err != nil {
			return nil, err
		}
	}
	x.Builds = builds
	slices.Sort(pruned)
	for _, name := range pruned {
		if _, used := x.find(name); used {
			continue
		}
		if err := d.remove(name); err != nil {
			return nil, err
		}
	}
	return slices.Compact(pruned), nil
}

// newest are the newest versions of each package, by its line.
func (x Index) newest(keep int) map[string][]string {
	versions := map[string][]string{}
	for _, b := range x.Builds {
		for _, p := range b.Packages {
			if line := b.line(p); !slices.Contains(versions[line], b.version(p)) {
				versions[line] = append(versions[line], b.version(p))
			}
		}
	}
	for line, list := range versions {
		slices.SortFunc(list, func(a, b string) int { return -pkgfile.CompareEVR(a, b) })
		versions[line] = list[:min(keep, len(list))]
	}
	return versions
}

// line is what a package has in common with its other versions. Add-ons for several releases of rdma-core are there at the same time.
func (b Build) line(p Package) string {
	line := b.Repository + " " + p.Name + " " + p.Arch
	if b.Kind.Addon() {
		line += " " + b.Release
	}
	return line
}

// version is what orders a build's package among others of its name. The parts of a Debian source package are as old as their .dsc.
func (b Build) version(p Package) string {
	for _, of := range b.Packages {
		if p.Arch == archDSC && strings.HasSuffix(of.Path, ".dsc") {
			p = of
		}
	}
	return cmp.Or(p.Epoch, "0") + ":" + p.Version
}
