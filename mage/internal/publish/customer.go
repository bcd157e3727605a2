// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/specs"
)

const (
	serverProgram = "github.com/resnics/verbsmith/mage/internal/publish/server"
	serverFolder  = "/verbsmith-release"
	shortKey      = 16 // digits of a fingerprint that rpm shows
)

// schemes are the ways to a repository.
func schemes() []string { return []string{"file", "http", "https"} }

// Customer installs the newest packages of a repository from a directory that Check has passed, in clean containers: over each scheme a
// result.
//
// Errors: those of the engine; what a package manager refuses is a result.
func (p *Publisher) Customer(ctx context.Context, dir string, x Index, repository string, base artifact.Base) ([]report.Result, error) {
	s := p.Begin("customer")
	results, err := p.customer(ctx, s, dir, x, repository, base)
	return results, p.EndLook("customer", s, err)
}

func (p *Publisher) customer(
	ctx context.Context, s *ui.Stage, dir string, x Index, repository string, base artifact.Base,
) ([]report.Result, error) {
	work, err := os.MkdirTemp("", "verbsmith-server-")
	if err != nil {
		return nil, fmt.Errorf("create a directory for the server: %w", err)
	}
	defer os.RemoveAll(work)
	server := filepath.Join(work, "server")
	if err := p.EngineProgram(ctx, p.Module, serverProgram, server); err != nil {
		return nil, err
	}
	files, err := stage.Files(dir)
	if err != nil {
		return nil, err
	}
	engine, err := p.Engine(ctx)
	if err != nil {
		return nil, err
	}
	packages, why := newest(x, repository, base, engine.Processor())
	manager := "dnf"
	if strings.HasPrefix(repository, debFolder+"/") {
		manager = "apt"
	}
	key := strings.ToLower(x.Key[max(0, len(x.Key)-shortKey):])
	var results []report.Result
	for _, scheme := range schemes() {
		spec := containers.RunSpec{
			Argv: append([]string{"customer-" + manager + ".sh", packagesIn, x.URL, x.clientFile(repository), scheme, key}, packages...),
			Name: "customer", Image: base.Minimal, Root: true, User: "root", Network: base.Network(), Repositories: manager == "dnf",
			Inputs: []containers.Input{
				{Path: packagesIn, Write: stage.Tar(files)},
				{Path: serverFolder, Write: stage.Tar([]stage.File{{Name: "server", Path: server, Mode: 0o755}})},
			},
		}
		v := report.Result{Name: scheme, Title: fmt.Sprintf("%s: %s over %s", repository, manager, scheme)}
		if _, err := p.Verdict(ctx, s, &v, spec); err != nil {
			return nil, err
		}
		if v.Passed() && why != "" {
			v.Evidence = why
		}
		results = append(results, v)
	}
	return results, nil
}

// newest are the packages of a repository's newest build that a customer would install whose processor is the one that Go calls arch.
// why says in place of what nothing is installed.
func newest(x Index, repository string, base artifact.Base, arch string) (names []string, why string) {
	builds := slices.DeleteFunc(x.of(repository), func(b Build) bool { return !b.runsOn(arch) })
	if len(builds) == 0 {
		return nil, "the list is accepted; nothing was installed, because its packages are for another processor"
	}
	slices.SortStableFunc(builds, func(a, b Build) int { return -pkgfile.CompareEVR(a.newestVersion(), b.newestVersion()) })
	for _, b := range builds {
		if !b.Kind.Addon() {
			return installed(b), ""
		}
	}
	if base.Standin || builds[0].Kind.Debian() {
		return nil, "the list is accepted; nothing was installed, because this base has no libibverbs of the add-on's release"
	}
	return installed(builds[0]), ""
}

// runsOn says whether a build has packages for the processor that Go calls arch.
func (b Build) runsOn(arch string) bool {
	return slices.ContainsFunc(b.Packages, func(p Package) bool {
		known, err := specs.FindProcessor(p.Arch)
		return err == nil && known.Debian() == arch
	})
}

// newestVersion is the version of its packages, which are all of one.
func (b Build) newestVersion() string {
	if len(b.Packages) == 0 {
		return ""
	}
	return b.version(b.Packages[0])
}
