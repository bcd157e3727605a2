// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/ci"
	"github.com/resnics/verbsmith/mage/internal/gomod"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// The targets that write files, which have their names in them.
const (
	targetGitHub = "ci:github"
	targetGitLab = "ci:gitlab"
)

// CIGitHub is the ci:github target: the workflow for GitHub Actions. kernel asks for the kernel lab; nil is where the provider has a
// fixture for it.
func (a *App) CIGitHub(ctx context.Context, kernel *bool) error {
	plan, err := a.ciPlan(ctx, kernel)
	if err != nil {
		return err
	}
	text, err := plan.GitHub()
	if err != nil {
		return err
	}
	return a.writeCI(ci.GitHubFile, text, plan)
}

// CIGitLab is the ci:gitlab target. Where the repository has a .gitlab-ci.yml of its own, it writes a file to include there.
func (a *App) CIGitLab(ctx context.Context, kernel *bool) error {
	plan, err := a.ciPlan(ctx, kernel)
	if err != nil {
		return err
	}
	there, err := ci.Read(a.dirs.root, ci.GitLabFile)
	if err != nil {
		return err
	}
	file, include := ci.GitLabFile, there != nil && !ci.IsOurs(there, targetGitLab)
	if include {
		file = ci.GitLabInclude
	}
	text, err := plan.GitLab(include)
	if err != nil {
		return err
	}
	if err := a.writeCI(file, text, plan); err != nil {
		return err
	}
	if include && !strings.Contains(string(there), ci.GitLabInclude) {
		fmt.Fprintf(a.ui.Out(), "%s is not verbsmith's: add this to it\n  include:\n    - local: %s\n", ci.GitLabFile, ci.GitLabInclude)
		if ci.LacksStage(there) {
			fmt.Fprintf(a.ui.Out(), "and the stage of its jobs to stages:\n  - %s\n", ci.Stage)
		}
	}
	return nil
}

// CIMatrix is the ci:matrix target: the cells of the matrix as the rows of a service's own.
func (a *App) CIMatrix(ctx context.Context, format *string, f MatrixFlags) error {
	plan, err := a.matrixPlan(ctx, f)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(plan.cells))
	for _, c := range plan.cells {
		ids = append(ids, c.ID())
	}
	text, err := ci.Rows(value(format, ""), ids)
	if err != nil {
		return &stage.AdviceError{Err: err, What: "pass -format=github or -format=gitlab"}
	}
	_, err = a.ui.Out().Write(text)
	return err
}

// writeCI writes a file and says what it runs.
func (a *App) writeCI(file string, text []byte, plan *ci.Plan) error {
	wrote, err := ci.Write(a.dirs.root, file, text)
	if differs, ok := errors.AsType[*ci.DiffersError](err); ok {
		return &stage.AdviceError{Err: differs, What: "move it away to have it written anew, then compare the two and keep your changes"}
	}
	if err != nil {
		return err
	}
	jobs := []string{"provider:check"}
	for _, d := range plan.Distros {
		jobs = append(jobs, "RPMs for "+d)
	}
	for _, s := range plan.Suites {
		jobs = append(jobs, "Debian packages for "+s)
	}
	if plan.Kernel != "" {
		jobs = append(jobs, "kernel lab on "+plan.Kernel)
	}
	state := "up to date"
	if wrote {
		state = "written; commit it"
	}
	fmt.Fprintf(a.ui.Out(), "%s: %s (%s)\n", file, state, strings.Join(jobs, ", "))
	return nil
}

// ciPlan reads the flags, and reports all mistakes in them at once.
func (a *App) ciPlan(ctx context.Context, kernel *bool) (*ci.Plan, error) {
	plan := &ci.Plan{Release: value(a.flags.RDMA, ""), Base: value(a.flags.Base, "")}
	var errs [6]error
	plan.Distros, plan.Suites, errs[0] = a.ciTargets()
	plan.Patched, plan.Addon, errs[1] = a.ciPackages()
	_, errs[2] = a.baseMode()
	if plan.Release != "" {
		plan.Release = strings.TrimPrefix(plan.Release, "v")
		_, errs[3] = a.releases.Find(plan.Release)
	}
	errs[4] = a.ciModule(plan)
	p, err := a.chosenProvider(ctx)
	if errs[5] = err; p == nil && err == nil {
		errs[5] = needsProvider()
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if plan.Provider, err = a.ciProvider(p, plan.Module); err != nil {
		return nil, err
	}
	plan.Kernel, err = ciKernel(p, plan.Distros, kernel)
	return plan, err
}

// ciTargets are the distros and suites that are asked for. Debian's alone are asked for with -suite alone.
func (a *App) ciTargets() (distros, suites []string, err error) {
	find := func(list string, all []string, known func(string) error) (names []string, err error) {
		for name := range strings.SplitSeq(list, ",") {
			switch name = strings.TrimSpace(name); {
			case name == allDistros:
				names = append(names, all...)
			case known(name) != nil:
				err = errors.Join(err, known(name))
			default:
				names = append(names, name)
			}
		}
		return unique(names), err
	}
	var errDistros, errSuites error
	if list := value(a.flags.Suite, ""); list != "" {
		suites, errSuites = find(list, a.suites.Names(), func(name string) error {
			_, err := a.suites.Find(name)
			return err
		})
	}
	otherwise := a.distros.Default().Name
	if a.flags.Suite != nil {
		otherwise = ""
	}
	if list := value(a.flags.Distro, otherwise); list != "" {
		distros, errDistros = find(list, a.distros.Names(), func(name string) error {
			_, err := a.distros.Find(name)
			return err
		})
	}
	return distros, suites, errors.Join(errDistros, errSuites)
}

// unique drops names that were named before.
func unique(names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// ciPackages are the kinds of packages that are asked for.
func (a *App) ciPackages() (patched, addon bool, err error) {
	known := []string{packagesPatched, packagesAddon}
	for name := range strings.SplitSeq(value(a.flags.Packages, packagesPatched), ",") {
		switch strings.TrimSpace(name) {
		case packagesPatched:
			patched = true
		case packagesAddon:
			addon = true
		default:
			return false, false, &specs.UnknownError{Kind: "packages", Name: name, Known: known}
		}
	}
	return patched, addon, nil
}

// ciModule finds how the commands run: from the repository's go.mod if that has verbsmith as a tool, otherwise by the version of
// this program.
func (a *App) ciModule(plan *ci.Plan) error {
	const mostMod = 1 << 20
	module, err := filepath.Rel(owned.Real(a.dirs.root), owned.Real(a.dirs.module()))
	if err == nil && filepath.IsLocal(module) {
		text, err := owned.ReadFile(filepath.Join(a.dirs.root, module, "go.mod"), mostMod)
		if err == nil && gomod.HasTool(text) {
			plan.Module = filepath.ToSlash(module)
			return a.replacedOutside(filepath.Join(a.dirs.root, module), text)
		}
	}
	if plan.Version = ownVersion(); plan.Version == "" {
		return &stage.AdviceError{
			Err:  errors.New("no go.mod of the repository has verbsmith as a tool, and this verbsmith has no version that CI could get"),
			What: "run `go get -tool " + gomod.Tool + "` in the repository, after `go mod init NAME` if it has no go.mod",
		}
	}
	return nil
}

// replacedOutside is an error if a go.mod takes verbsmith from a directory that CI does not have.
func (a *App) replacedOutside(dir string, mod []byte) error {
	to := gomod.ReplacedBy(mod)
	if to == "" {
		return nil
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(dir, filepath.FromSlash(to))
	}
	if below, err := filepath.Rel(owned.Real(a.dirs.root), owned.Real(to)); err != nil || !filepath.IsLocal(below) {
		return &stage.AdviceError{
			Err:  fmt.Errorf("go.mod takes verbsmith from %s, which is outside of the repository: CI does not have it", to),
			What: "remove the replace line, and run `go get -tool " + gomod.Tool + "`",
		}
	}
	return nil
}

// ownVersion is the version of verbsmith that this program was compiled from, "" for a directory on this machine.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == gomod.Module && m.Replace == nil && strings.HasPrefix(m.Version, "v") && !strings.Contains(m.Version, "+") {
			return m.Version
		}
	}
	return ""
}

// ciProvider is -provider as the commands of CI have it, "" if there is none to give.
func (a *App) ciProvider(p *provider.Provider, module string) (string, error) {
	given := value(a.flags.Provider, "")
	if !a.inRepository(p) {
		return "", &stage.AdviceError{
			Err:  fmt.Errorf("%s is outside of the repository %s, which is all that CI has", p.Dir, a.dirs.root),
			What: "run this in the repository of the provider",
		}
	}
	if given == "" || !isPath(given) {
		return given, nil
	}
	from := filepath.Join(owned.Real(a.dirs.root), filepath.FromSlash(module))
	rel, err := filepath.Rel(from, owned.Real(absolute(p.Dir)))
	if err != nil {
		return "", fmt.Errorf("find the provider from the directory of go.mod: %w", err)
	}
	return filepath.ToSlash(asPath(rel)), nil
}

// inRepository says whether a checkout of the repository has the provider.
func (a *App) inRepository(p *provider.Provider) bool {
	below, err := filepath.Rel(owned.Real(a.dirs.root), owned.Real(absolute(p.Dir)))
	return err == nil && filepath.IsLocal(below)
}

// showNextCI prints the commands that write the files of CI, which run in the repository alone.
func (a *App) showNextCI(p *provider.Provider, place string) {
	if !a.inRepository(p) {
		return
	}
	for _, target := range []string{targetGitHub, targetGitLab} {
		a.showCommand(target, place)
	}
}

// ciKernel is the distro of the kernel lab, "" without one.
func ciKernel(p *provider.Provider, distros []string, asked *bool) (string, error) {
	_, missing := os.Stat(filepath.Join(p.Dir, "lab", "Kbuild"))
	if asked == nil {
		asked = new(missing == nil && len(distros) > 0)
	}
	if !*asked {
		return "", nil
	}
	if missing != nil {
		return "", &stage.AdviceError{
			Err:  fmt.Errorf("-kernel: the provider has no kernel fixture: %w", missing),
			What: "add a directory lab/ with a Kbuild next to provider.yaml (docs/kernel-lab.md), or omit -kernel",
		}
	}
	if len(distros) == 0 {
		return "", errors.New("-kernel boots the RPMs of a distro, so it needs a -distro")
	}
	return distros[0], nil
}
