// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stagecache"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/adopt"
	"github.com/resnics/verbsmith/provider/skeleton"
)

// AdoptProvider holds the arguments of provider:adopt; nil means not given.
type AdoptProvider struct{ Path, Dir, Maintainer *string }

// ProviderAdopt is the provider:adopt target: the manifest of a driver that exists.
// It ends with what provider:check says of it, which does not make it fail: the manifest is there.
func (a *App) ProviderAdopt(ctx context.Context, want AdoptProvider) error {
	err := errors.Join(notEmpty("path", want.Path, "a driver's directory, or a tree that has one"),
		notEmpty("dir", want.Dir, "the directory to create"), notEmpty("maintainer", want.Maintainer, `"NAME <ADDRESS>"`))
	if err != nil {
		return err
	}
	d := adopt.Driver{Copies: want.Dir != nil}
	if text := value(want.Maintainer, ""); text != "" {
		if d.Maintainer, err = maintainer(text); err != nil {
			return err
		}
	}
	if d.Place, err = adopt.Find(value(want.Path, fromHere(a.dirs.root))); err != nil {
		return adoptAdvice(err)
	}
	upstream, err := a.upstreamOf(ctx, d.Place)
	if err != nil {
		return err
	}
	if upstream.Tree != nil {
		defer upstream.Tree.Close()
	}
	d.Release = upstream
	if err := d.Choose(upstream); err != nil {
		return adoptAdvice(err)
	}
	found, err := readDriver(ctx, d)
	if err != nil {
		return adoptAdvice(err)
	}
	p, place, err := a.writeAdopted(ctx, want, d.Driver, found)
	if err != nil {
		return adoptAdvice(err)
	}
	a.showAdopted(p, found)
	a.flags.Provider = &place
	err = a.ProviderCheck(ctx)
	a.showNext(place)
	a.showNextCI(p, place)
	if failed, ok := errors.AsType[*FailedChecksError](err); ok && ctx.Err() == nil {
		fmt.Fprintf(a.ui.Out(), "the manifest is written; provider:check says: %v\n", failed)
		return nil
	}
	return err
}

// readDriver reads a driver, in its place if all of its files are in the repository.
func readDriver(ctx context.Context, d adopt.Driver) (*adopt.Adoption, error) {
	found, err := adopt.Read(ctx, d)
	if err == nil && !found.InPlace() && !d.Copies {
		d.Copies = true // a kernel header that the repository does not have: all go to the new directory
		return adopt.Read(ctx, d)
	}
	return found, err
}

// adoptAdvice says what to name instead.
func adoptAdvice(err error) error {
	if _, ok := errors.AsType[*adopt.SeveralError](err); ok {
		return &stage.AdviceError{Err: err, What: "name the directory of one: provider:adopt DIRECTORY"}
	}
	if exists, ok := errors.AsType[*adopt.ExistsError](err); ok {
		place := shellWord(asPath(filepath.Dir(exists.File)))
		return &stage.AdviceError{
			Err: err, What: "provider:check -provider=" + place + " says what is wrong with it; or remove it to have it written anew",
		}
	}
	if _, ok := errors.AsType[*adopt.NoDifferenceError](err); ok {
		return &stage.AdviceError{Err: err, What: "name the directory of the driver in it: provider:adopt DIRECTORY"}
	}
	return err
}

// upstreamOf is the release that a driver is compared with: the asked one, or that of its tree's version. If none was asked for and
// it cannot be had, the names of upstream's providers are known without it.
func (a *App) upstreamOf(ctx context.Context, place adopt.Place) (*adopt.Release, error) {
	history, err := driverapi.Known()
	if err != nil {
		return nil, err
	}
	known := adopt.Release{Newest: history.Newest, DriverIDs: history.NumbersOfIDs()}
	asked := a.flags.RDMA != nil || a.flags.Source != nil
	if !asked && place.Version != "" {
		a.flags.RDMA = &place.Version
	}
	var j job.Job
	err = a.release(&j)
	s := pipeline.NewState(j)
	if err == nil {
		var run *pipeline.Run
		if run, err = a.pipeline.Start(ctx, pipeline.ForProviderAdopt, s); err == nil {
			err = run.ToEnd(ctx)
		}
	}
	if err == nil {
		err = stagecache.Verify(s.Source.Tree)
	}
	if err != nil {
		if asked || ctx.Err() != nil {
			return nil, err
		}
		a.flags.RDMA = nil
		a.pipeline.Log.WarnContext(ctx, "the driver is compared with the names of upstream's providers only", "because", err,
			"choose", "-source=CLONE, -source=TARBALL or -rdma=VERSION")
		return &known, nil
	}
	tree, err := provider.OpenTree(s.Source.Tree)
	if err != nil {
		return nil, err
	}
	known.Version, known.Tree = s.Source.Version, tree
	return &known, nil
}

// writeAdopted writes the manifest, and a new directory if one is asked for or kernel headers are elsewhere.
func (a *App) writeAdopted(
	ctx context.Context, want AdoptProvider, driver string, found *adopt.Adoption,
) (p *provider.Provider, place string, err error) {
	if want.Dir == nil && found.InPlace() {
		place = asPath(fromHere(driver))
		p, err = found.WriteInPlace(ctx, shellWord(place))
		return p, place, err
	}
	dir := filepath.Clean(value(want.Dir, fromHere(filepath.Join(a.dirs.providers(), found.Manifest.Name))))
	place = asPath(dir)
	p, err = found.WriteNew(ctx, dir, shellWord(place))
	if exists, ok := errors.AsType[*skeleton.ExistsError](err); ok {
		return nil, "", &stage.AdviceError{Err: exists, What: "choose another directory with -dir=DIRECTORY"}
	}
	return p, place, err
}

func (a *App) showAdopted(p *provider.Provider, found *adopt.Adoption) {
	rows := make([][]string, 0, len(found.Facts))
	for _, f := range found.Facts {
		rows = append(rows, []string{f.Field, f.Value, f.From})
	}
	a.ui.Table("adopted "+a.relative(p.Dir), []string{"field", "value", "from"}, rows)
	file := a.relative(filepath.Join(p.Dir, provider.ManifestName))
	fmt.Fprintf(a.ui.Out(), "%s: %s, %s\n", file, kindOf(p), count(len(p.Questions), "open question"))
	history, err := driverapi.Known()
	if err != nil {
		return // it was read before
	}
	switch releases, in := history.In(found.Manifest.Name); {
	case in && releases.Below == "":
		const form = "%s is in rdma-core from %s on: no add-on can be installed beside those (see docs/addon.md)\n"
		fmt.Fprintf(a.ui.Out(), form, releases.Name, releases.From)
	case in:
		const form = "%s is in rdma-core up to below %s: no add-on can be installed beside those (see docs/addon.md)\n"
		fmt.Fprintf(a.ui.Out(), form, releases.Name, releases.Below)
	}
}

// kindOf says what the provider's directory builds.
func kindOf(p *provider.Provider) string {
	text := "a plug-in"
	if lib := p.Library(); lib != nil {
		text = fmt.Sprintf("a plug-in and lib%s.so.%s with %s and %s",
			lib.Name, lib.SoMajor, count(len(lib.Symbols), "function"), count(len(lib.Headers), "header"))
	}
	if n := len(p.ManPages()); n > 0 {
		text += ", " + count(n, "manual page")
	}
	if n := len(p.Installed()); n > 0 {
		text += ", " + count(n, "other installed file")
	}
	return text
}
