// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// Flags are a target's optional flags; nil means not given.
type Flags struct {
	Distro, RDMA, Source, Provider, Base *string
	Cases, Module                        *string // of the kernel lab
	Depth                                *string // of a walk over releases
	Suite                                *string // of Debian's packages
	Suffix                               *string // of the packages' release
	Packages                             *string // what the kernel lab installs
	Beside                               *string // unpatched packages for an add-on
	Clones                               *string // of strangers' repositories
	Arch                                 *string // processor that packages are for
}

func value(flag *string, otherwise string) string {
	if flag == nil || *flag == "" {
		return otherwise
	}
	return *flag
}

// job checks the flags that all targets have and reports all mistakes in them at once.
func (a *App) job(ctx context.Context) (job.Job, error) {
	return a.jobWith(func() (*provider.Provider, error) { return a.chosenProvider(ctx) })
}

// providerFlag is the value of -provider, or its default.
func (a *App) providerFlag() (string, error) {
	if given := value(a.flags.Provider, ""); given != "" {
		return given, nil
	}
	return a.defaultProvider()
}

// chosenProvider loads the provider that -provider names, or the default.
func (a *App) chosenProvider(ctx context.Context) (*provider.Provider, error) {
	name, err := a.providerFlag()
	if err != nil {
		return nil, err
	}
	return a.provider(ctx, name)
}

// chosenDir is its directory; "" is none.
func (a *App) chosenDir() (string, error) {
	name, err := a.providerFlag()
	if err != nil {
		return "", err
	}
	return a.providerDir(name)
}

// jobWith is job with the provider that load gives.
func (a *App) jobWith(load func() (*provider.Provider, error)) (job.Job, error) {
	var j job.Job
	var errs [4]error
	j.Target, errs[0] = a.rpmTarget()
	errs[1] = a.release(&j)
	j.Provider, errs[2] = load()
	j.Base, errs[3] = a.baseMode()
	return j, errors.Join(errs[:]...)
}

// patchJob is the job for RPMs, whose release may get a suffix, as far as no engine is needed.
func (a *App) patchJob(ctx context.Context) (job.Job, error) {
	j, err := a.job(ctx)
	if j.Suffix = value(a.flags.Suffix, ""); j.Suffix != "" {
		err = errors.Join(err, rpmspec.CheckSuffix(j.Suffix))
	}
	return j, err
}

// rpmJob is the job for RPMs.
func (a *App) rpmJob(ctx context.Context) (job.Job, error) {
	j, err := a.patchJob(ctx)
	if err == nil {
		j.Cross, err = a.crossProcessor(ctx)
	}
	return j, err
}

// patchedRPMJob is the job for rdma-core's RPMs with the provider in them, which are made on their own processor alone.
func (a *App) patchedRPMJob(ctx context.Context) (job.Job, error) {
	j, err := a.rpmJob(ctx)
	if err == nil && j.Cross != "" {
		err = stage.NoCross(j.Cross, crossedWhole)
	}
	return j, err
}

// crossedWhole is why RPMs of rdma-core are not cross-compiled.
const crossedWhole = "no distro with RPMs has a compiler and the libraries to cross-compile all of rdma-core"

// crossProcessor is the processor that packages are cross-compiled for: that of -arch, if it is not the engine's.
func (a *App) crossProcessor(ctx context.Context) (specs.Processor, error) {
	name := value(a.flags.Arch, "")
	if name == "" {
		return "", nil
	}
	wanted, err := specs.FindProcessor(name)
	if err != nil {
		return "", err
	}
	engine, err := a.pipeline.Engine(ctx)
	if err != nil || specs.ProcessorOf(engine.Processor()) == wanted {
		return "", err
	}
	return wanted, nil
}

// release fills in the version. A version that specs/ does not know can still
// be built from a given source.
func (a *App) release(j *job.Job) error {
	j.Given = value(a.flags.Source, "")
	version := value(a.flags.RDMA, "")
	if number := strings.TrimPrefix(version, "v"); number != "" {
		version = number
	}
	if version == "" && j.Given == "" {
		version = a.releases.Default
	}
	j.Version = version
	if version == "" {
		return nil // the source says which
	}
	release, err := a.releases.Find(version)
	var unknown *specs.UnknownError
	if errors.As(err, &unknown) && j.Given != "" {
		return nil
	}
	if err != nil {
		return err
	}
	j.Release = &release
	return nil
}

// rpmTarget is RPMs for the distro that -distro names.
func (a *App) rpmTarget() (job.RPM, error) {
	distro, err := a.distros.Find(value(a.flags.Distro, a.distros.Default().Name))
	return job.RPM{Distro: distro}, err
}

// base is -base, or its default.
func (a *App) base() string { return value(a.flags.Base, string(job.BaseAuto)) }

// baseMode is the one that -base names.
func (a *App) baseMode() (job.BaseMode, error) {
	name := a.base()
	if !slices.Contains(job.BaseModes(), name) {
		return "", &specs.UnknownError{Kind: "base", Name: name, Known: job.BaseModes()}
	}
	return job.BaseMode(name), nil
}

// provider loads a provider by its name in provider/, or by its directory.
func (a *App) provider(ctx context.Context, name string) (*provider.Provider, error) {
	dir, err := a.providerDir(name)
	if err != nil || dir == "" {
		return nil, err
	}
	p, err := provider.Load(ctx, dir)
	if err != nil {
		return nil, err
	}
	// A provider that was selected by name must have that name.
	if !isPath(name) && p.Manifest.Name != name {
		return nil, &provider.FileError{
			File: filepath.Join(dir, provider.ManifestName), Want: "name: " + name + ", the name of its directory",
			Got: "name: " + p.Manifest.Name,
		}
	}
	for _, q := range p.Questions {
		a.pipeline.Log.WarnContext(ctx, q.Error()) //nolint:sloglint // a sentence with its place
	}
	a.place.set(p)
	return p, nil
}

// EmptyFlagError is a flag that was given without a value. It does not count as omitted:
// whoever writes -distro=$X means the value of X.
type EmptyFlagError struct {
	Flag string
	// Want describes its valid values.
	Want string
}

// Error names the flag and its valid values.
func (e *EmptyFlagError) Error() string {
	return fmt.Sprintf("-%s= is empty: want %s, or omit -%s", e.Flag, e.Want, e.Flag)
}

// notEmpty rejects a flag that is given but empty or blank.
func notEmpty(name string, flag *string, want string) error {
	if flag == nil || strings.TrimSpace(*flag) != "" {
		return nil
	}
	return &EmptyFlagError{Flag: name, Want: want}
}

// checkFlags reports all empty flags at once.
func (a *App) checkFlags() error {
	oneOf := func(names ...string) string { return "one of " + strings.Join(names, ", ") }
	f := a.flags
	return errors.Join(
		notEmpty("distro", f.Distro, oneOf(a.distros.Names()...)),
		notEmpty("suite", f.Suite, oneOf(a.suites.Names()...)),
		notEmpty("rdma", f.RDMA, "a release such as "+a.releases.Default),
		notEmpty("source", f.Source, "a tarball, a source RPM, or a git clone as PATH@REF"),
		notEmpty("provider", f.Provider, "a name in provider/, the path of a directory, or "+noProvider),
		notEmpty("base", f.Base, oneOf(job.BaseModes()...)),
		notEmpty("depth", f.Depth, depthEdit+" or "+depthCompile+", for releases:check also "+depthSpec),
		notEmpty("cases", f.Cases, "fast, all, or names separated by commas"),
		notEmpty("module", f.Module, oneOf(modulePackaged, moduleTree)),
		notEmpty("packages", f.Packages, oneOf(packagesPatched, packagesAddon)),
		notEmpty("beside", f.Beside, "a directory in dist/ with unpatched packages"),
		notEmpty("clones", f.Clones, "a directory with git clones of strangers' repositories"),
		notEmpty("arch", f.Arch, oneOf(specs.ProcessorNames()...)),
		notEmpty("suffix", f.Suffix, "a suffix for the release, such as .acme2"),
	)
}
