// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/pipeline"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// Flags are a target's optional flags; nil is not given.
type Flags struct {
	Distro, RDMA, Source, Provider, Base *string
	Cases, Module                        *string // of the kernel lab
	Depth                                *string // of a walk over releases
	Suite, Suffix                        *string // of Debian's packages
}

const defaultProvider = "rib"

// noProvider asks for the release as upstream ships it.
const noProvider = "none"

func value(flag *string, otherwise string) string {
	if flag == nil || *flag == "" {
		return otherwise
	}
	return *flag
}

// job checks all flags and says everything that is wrong with them at once.
func (a *App) job() (pipeline.Job, error) {
	var job pipeline.Job
	var errs [4]error
	job.Distro, errs[0] = a.distros.Find(value(a.flags.Distro, a.distros.Default().Name))
	errs[1] = a.release(&job)
	job.Provider, errs[2] = a.provider(value(a.flags.Provider, defaultProvider))
	job.Base, errs[3] = baseMode(value(a.flags.Base, string(pipeline.BaseAuto)))
	return job, errors.Join(errs[:]...)
}

// release fills in the version. A version that specs/ does not know can still
// be built from a source that is given.
func (a *App) release(job *pipeline.Job) error {
	job.Given = value(a.flags.Source, "")
	version := strings.TrimPrefix(value(a.flags.RDMA, ""), "v")
	if version == "" && job.Given == "" {
		version = a.releases.Default
	}
	job.Version = version
	if version == "" {
		return nil // the source says which
	}
	release, err := a.releases.Find(version)
	var unknown *specs.UnknownError
	if errors.As(err, &unknown) && job.Given != "" {
		return nil
	}
	if err != nil {
		return err
	}
	job.Release = &release
	return nil
}

func baseMode(name string) (pipeline.BaseMode, error) {
	if !slices.Contains(pipeline.BaseModes(), name) {
		return "", &specs.UnknownError{Kind: "base", Name: name, Known: pipeline.BaseModes()}
	}
	return pipeline.BaseMode(name), nil
}

// provider loads a provider by its name in provider/, or by its folder.
func (a *App) provider(name string) (*provider.Provider, error) {
	if name == noProvider {
		return nil, nil //nolint:nilnil // no provider is what was asked for
	}
	if strings.ContainsRune(name, filepath.Separator) {
		return provider.Load(name)
	}
	known, err := a.providerNames()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(known, name) {
		return nil, &specs.UnknownError{Kind: "provider", Name: name, Known: append(known, noProvider)}
	}
	return provider.Load(filepath.Join(a.dirs.providers(), name))
}

func (a *App) providerNames() ([]string, error) {
	manifests, err := filepath.Glob(filepath.Join(a.dirs.providers(), "*", "provider.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list the providers: %w", err)
	}
	names := make([]string, 0, len(manifests))
	for _, m := range manifests {
		names = append(names, filepath.Base(filepath.Dir(m)))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("list the providers: %w in %s", os.ErrNotExist, a.dirs.providers())
	}
	return names, nil
}
