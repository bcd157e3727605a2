// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/mage/internal/upstream"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/debianpkg"
)

// Choice is the release in which an add-on is built for one interface.
type Choice struct {
	Interface specs.Interface
	Job       job.Job // for that release; its Version is empty if none is available
	Err       error   // why none is available: of the last release that was tried
	Older     error   // why not an older one, whose add-on would also work: of the oldest
}

// Plan chooses for each interface between libibverbs and a provider a release to build in: the
// oldest of specs/ that is available, because an add-on works with newer releases but not with
// older ones. With a given clone, releases come from its tags.
//
// The error says why nothing could be tried; an interface without an available
// release is in the result.
func (p *Packer) Plan(ctx context.Context, j job.Job) ([]Choice, error) {
	s := p.Begin("releases")
	choices, err := p.plan(ctx, j, s)
	return choices, p.EndLook("releases", s, err)
}

func (p *Packer) plan(ctx context.Context, j job.Job, s *ui.Stage) ([]Choice, error) {
	sources, err := providerSources(j.Provider)
	if err != nil {
		return nil, err
	}
	interfaces := p.Interfaces.For(sources.calls)
	choices := make([]Choice, 0, len(interfaces))
	found := 0
	for n, i := range interfaces {
		s.Step(n, len(interfaces), i.From)
		choice := p.chooseRelease(ctx, j, i, s)
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if choice.Err == nil {
			found++
		}
		choices = append(choices, choice)
	}
	s.Note(fmt.Sprintf("a release for %d of %d interfaces", found, len(interfaces)))
	if newer := p.newer(ctx, j.Given, s.Log()); len(newer) > 0 {
		p.Log.WarnContext(ctx, "the clone has releases whose interface is not known: no add-on is made for them",
			"releases", strings.Join(newer, " "), "choose", "releases:add "+newer[0]+" -source=CLONE")
	}
	return choices, nil
}

// newer are the upstream releases of a clone that are newer than all known ones, the oldest first; none if source is no clone.
func (p *Packer) newer(ctx context.Context, source string, log io.Writer) []string {
	if source == "" {
		return nil
	}
	clone, err := upstream.OpenClone(source, log)
	if err != nil {
		return nil // a file or a tree
	}
	defer clone.Close()
	refs, err := clone.Refs(ctx)
	if err != nil {
		return nil // the releases that were found in it are there
	}
	known := p.Releases.Names()
	var found []string
	for _, ref := range refs {
		version := strings.TrimPrefix(ref.Name, "v")
		_, has := p.Interfaces.Of(version)
		if ref.Upstreams() && !has && specs.CompareVersions(version, known[len(known)-1]) > 0 {
			found = append(found, version)
		}
	}
	slices.SortFunc(found, specs.CompareVersions)
	return found
}

// For chooses the release to build in for the libibverbs of a release: the oldest one whose add-on works with it and that is
// available.
//
// Errors: *stage.AdviceError if none is.
func (p *Packer) For(ctx context.Context, j job.Job, release string) (job.Job, error) {
	s := p.Begin("releases")
	chosen, err := p.forRelease(ctx, j, release, s)
	if err == nil {
		s.Note(chosen.Version + ", for libibverbs " + release)
	}
	return chosen, p.EndLook("releases", s, err)
}

func (p *Packer) forRelease(ctx context.Context, j job.Job, release string, s *ui.Stage) (job.Job, error) {
	sources, err := providerSources(j.Provider)
	if err != nil {
		return j, err
	}
	history, err := driverapi.Known()
	if err != nil {
		return j, err
	}
	if name := j.Provider.Manifest.Name; history.Has(name, release, specs.CompareVersions) {
		return j, &InUpstreamError{Provider: name, Version: release}
	}
	interfaces := p.Interfaces.For(sources.calls)
	at := slices.IndexFunc(interfaces, func(i specs.Interface) bool { return i.Has(release) })
	if at < 0 { // unknown: it can only be built in itself
		j.Version, j.Release = release, nil
		if IsClone(j.Given) {
			j.Given += "@v" + release
		}
		return j, nil
	}
	choice := p.chooseRelease(ctx, j, interfaces[at], s)
	if choice.Err == nil && specs.CompareVersions(choice.Job.Version, release) > 0 {
		choice.Err = cmp.Or(choice.Older, errNoRelease)
	}
	if err := cmp.Or(context.Cause(ctx), choice.Err); err != nil {
		return j, &stage.AdviceError{
			Err: fmt.Errorf("no source of a release from %s to %s, one of which an add-on for libibverbs %s has to be built in: %w",
				interfaces[at].From, release, release, err),
			What: "pass a git clone of rdma-core as -source",
		}
	}
	return choice.Job, nil
}

// errNoRelease: releases.yaml has none between the ends of an interface.
var errNoRelease = errors.New("no release in specs/releases.yaml")

// chooseRelease tries the releases of the interface in turn, and downloads the
// first that is available. One that is known to have the provider is not asked for.
func (p *Packer) chooseRelease(ctx context.Context, j job.Job, i specs.Interface, s *ui.Stage) Choice {
	choice := Choice{Interface: i, Err: errNoRelease}
	history, err := driverapi.Known()
	if err != nil {
		choice.Err = err
		return choice
	}
	for _, release := range p.Releases.Releases {
		if !i.Has(release.Version) || ctx.Err() != nil {
			continue
		}
		if name := j.Provider.Manifest.Name; history.Has(name, release.Version, specs.CompareVersions) {
			if choice.Older == nil {
				choice.Err = &InUpstreamError{Provider: name, Version: release.Version}
			}
			continue
		}
		try := j
		try.Version, try.Release = release.Version, &release
		if j.Given != "" {
			try.Given = j.Given + "@" + release.Tag
		}
		err := p.Resolve(ctx, try, s)
		if err == nil {
			choice.Job, choice.Err = try, nil
			return choice
		}
		if choice.Older == nil {
			choice.Older = err
		}
		_, _ = fmt.Fprintf(s.Log(), "%s: %v\n", release.Version, err)
		choice.Err = err
	}
	return choice
}

const toolsFile = "addon-tools.spec"

// Tools is the spec with the BuildRequires, or the control file with the Build-Depends, of the toolchain for add-ons. It is the
// add-on's own, with all optional parts. All releases, and all providers without additional
// requirements, share it and so its image.
func (p *Packer) Tools(ctx context.Context, j job.Job) (artifact.Spec, error) {
	needs := j.Stock().Needs
	in := toolsInput{File: toolsFile}
	if _, debian := j.Target.(job.Deb); debian {
		tools := debianpkg.Addon{
			Package: debianpkg.AddonPackage("any"), Name: "any", Email: "any@localhost", Pages: true, BuildDepends: needs,
		}
		in = toolsInput{File: artifact.ControlFile, Text: tools.Control()}
	} else {
		rules, err := p.rules(specFile)
		if err != nil {
			return artifact.Spec{}, err
		}
		t := addonText{addon: artifact.Addon{From: "0", Below: "1"}}
		in.Text = t.specText(specValues{
			provider: "any", folders: "any", version: "0", licence: "any", library: true, pages: true, requires: needs,
		}, rules)
	}
	entry, err := p.MakePart(ctx, nil, "addon-tools", in)
	return artifact.Spec{File: filepath.Join(entry.Dir, in.File), Digest: entry.Digest}, err
}

// toolsInput is the file for toolchains.
type toolsInput struct {
	File string
	Text []byte
}

// Make implements stage.Input.
func (in toolsInput) Make(_ context.Context, w *stage.Work) error {
	return stage.WriteFile(w.Dir, in.File, in.Text)
}

// Unserved names, in one line, the releases of the interface without an add-on and the reason;
// "" if there are none. built is the add-on's first release, empty if there is none.
func (c Choice) Unserved(built string) string {
	below, err := built, c.Older
	switch {
	case built == "":
		below, err = c.Interface.Below, c.Err
	case specs.CompareVersions(built, c.Interface.From) <= 0:
		return ""
	}
	return fmt.Sprintf("%s to below %s, private ABI %d: %s", c.Interface.From, below, c.Interface.PrivateABI, inOneLine(err))
}

// inOneLine shortens an error to its first line, that of an unavailable release to the error of the last origin, and that of a build,
// which has been shown in full, to a few words.
func inOneLine(err error) string {
	if err == nil {
		return "not tried"
	}
	if failed, ok := errors.AsType[*upstream.ResolveError](err); ok && len(failed.Tried) > 0 {
		last := failed.Tried[len(failed.Tried)-1]
		return fmt.Sprintf("%s: %s: %v", failed.Version, last.Origin, last.Err)
	}
	if _, ok := errors.AsType[*containers.RunError](err); ok {
		return "it does not build there, see above"
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// IsClone says whether a source is a whole git clone, not a ref or a file of it.
func IsClone(source string) bool {
	st, err := os.Stat(source)
	if err != nil || !st.IsDir() {
		return false
	}
	clone, err := upstream.OpenClone(source, io.Discard)
	if err != nil {
		return false
	}
	clone.Close()
	return true
}
