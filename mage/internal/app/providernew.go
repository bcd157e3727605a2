// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"path/filepath"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/kit"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/skeleton"
	"github.com/resnics/verbsmith/specs/edit"
)

// NewProvider holds the arguments of provider:new; nil means not given.
type NewProvider struct {
	Name            string
	Dir, Maintainer *string
	Shared          *bool
}

// ProviderNew is the provider:new target: the directory of a new provider, which
// compiles and is discovered as it is.
func (a *App) ProviderNew(ctx context.Context, want NewProvider) error {
	err := errors.Join(notEmpty("dir", want.Dir, "the directory to create"), notEmpty("maintainer", want.Maintainer, `"NAME <ADDRESS>"`))
	if err != nil {
		return err
	}
	opts := skeleton.Options{
		Name: want.Name, Place: want.Name, Shared: want.Shared != nil && *want.Shared, Templates: a.pipeline.Kit.Dir(kit.Skeleton),
	}
	dir, place := a.newPlace(want)
	if place != want.Name {
		opts.Place = "PATH" // the directory may move, and others may read it
	}
	var errMaintainer error
	if text := value(want.Maintainer, ""); text != "" {
		opts.Maintainer, errMaintainer = maintainer(text)
	}
	files, err := skeleton.New(opts)
	if err := errors.Join(err, errMaintainer); err != nil {
		return err
	}
	p, err := skeleton.Write(ctx, dir, files)
	if exists, ok := errors.AsType[*skeleton.ExistsError](err); ok {
		return &stage.AdviceError{Err: exists, What: "choose another directory with -dir=DIRECTORY"}
	}
	if err != nil {
		return err
	}
	a.showNew(p, files, place)
	return nil
}

// newPlace is the directory to create, and its name on a command line.
func (a *App) newPlace(want NewProvider) (dir, place string) {
	if given := value(want.Dir, ""); given != "" {
		dir = filepath.Clean(given)
		place = dir
		if !strings.ContainsRune(place, filepath.Separator) {
			place = "." + string(filepath.Separator) + place // else it would be a name in provider/
		}
		return dir, place
	}
	return filepath.Join(a.dirs.providers(), want.Name), want.Name
}

// shellWord is text as a shell takes it for one word.
func shellWord(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,:=@%"
	if strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// maintainer reads NAME <ADDRESS>.
func maintainer(text string) (provider.Maintainer, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Name == "" {
		return provider.Maintainer{}, fmt.Errorf("-maintainer: want NAME <ADDRESS>, got %s", edit.Quote(text))
	}
	return provider.Maintainer{Name: a.Name, Email: a.Address}, nil
}

func (a *App) showNew(p *provider.Provider, files []skeleton.File, place string) {
	out, m := a.ui.Out(), p.Manifest
	rows := make([][]string, 0, len(files))
	for _, f := range files {
		rows = append(rows, []string{f.Name, size(int64(len(f.Data)))})
	}
	a.ui.Table("created "+a.relative(p.Dir), []string{"file", "size"}, rows)
	fmt.Fprintf(out, "it matches devices such as %s, by %s or by name; README.md explains the rest\n", m.Device.Name, m.DriverID.Constant)
	if provider.UpstreamHas(m.Name) {
		fmt.Fprintf(out, "warning: rdma-core has a provider %s: this one cannot be added to a release that contains it\n", m.Name)
	}
	a.showNext(place)
}

// showNext prints the commands that follow for the provider at a place.
func (a *App) showNext(place string) {
	fmt.Fprintln(a.ui.Out(), "next:")
	for _, target := range []string{"provider:check", "build", "rpm"} {
		a.showCommand(target, place)
	}
}

// showCommand prints a command on the provider at a place, which it need not name if it is the repository's only one.
func (a *App) showCommand(target, place string) {
	if only, err := a.defaultProvider(); err != nil || only != place {
		target += " -provider=" + shellWord(place)
	}
	fmt.Fprintln(a.ui.Out(), "  go tool mage "+target)
}
