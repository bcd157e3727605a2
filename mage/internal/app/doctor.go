// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/image"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// finding is one row of doctor.
type finding struct {
	what, found, advice string
	install             string // the advice is to install this Debian package
	bad                 bool   // the main job cannot run without it
}

var errUnfit = errors.New("this machine lacks what the table marks MISSING")

// Doctor is the doctor target.
func (a *App) Doctor(ctx context.Context) error {
	// It asks about the machine: a provider may not be there yet.
	j, err := a.jobWith(func() (*provider.Provider, error) { return nil, nil }) //nolint:nilnil // none is no error
	if err != nil {
		return err
	}
	findings := []finding{goVersion(ctx), a.diskFinding()}
	findings = append(findings, a.engineFindings(ctx, j)...)
	findings = append(findings, programs()...)
	rows := make([][]string, 0, len(findings))
	for _, f := range findings {
		rows = append(rows, []string{f.what, f.state(), f.found})
	}
	a.ui.Table("doctor", []string{"what", "state", "found"}, rows)
	a.ui.List("next", nextSteps(findings))
	if slices.ContainsFunc(findings, func(f finding) bool { return f.bad }) {
		return errUnfit
	}
	return nil
}

// state is how the table shows the finding.
func (f finding) state() string {
	switch {
	case f.bad:
		return "MISSING"
	case f.advice != "" || f.install != "":
		return "note"
	default:
		return "ok"
	}
}

// nextSteps say what to do, each thing once with all that it is for: what is needed first, then what can be better, and
// last what works if nothing is missing.
func nextSteps(findings []finding) []ui.Field {
	var steps []ui.Field
	add := func(what, advice string) {
		for i := range steps {
			if steps[i].Text == advice {
				steps[i].Name += ", " + what
				return
			}
		}
		steps = append(steps, ui.Field{Name: what, Text: advice})
	}
	for _, bad := range []bool{true, false} {
		for _, f := range findings {
			if f.bad == bad && f.advice != "" {
				add(f.what, f.advice)
			}
		}
	}
	var packages []string
	for _, f := range findings {
		if f.install != "" {
			packages = append(packages, f.install)
		}
	}
	if len(packages) > 0 {
		add(strings.Join(packages, ", "), "apt-get install "+strings.Join(packages, " ")+" (automatic for root on Debian)")
	}
	if !slices.ContainsFunc(findings, func(f finding) bool { return f.bad }) {
		add("ready", "go tool mage rpm builds packages; go tool mage provider:adopt and provider:new NAME begin a provider, "+
			"provider:check finds mistakes in it, ci:github and ci:gitlab build it for each change")
	}
	return steps
}

func goVersion(ctx context.Context) finding {
	out, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
	if err != nil {
		return finding{what: "Go", found: err.Error(), advice: "install Go " + runtime.Version() + " or later", bad: true}
	}
	return finding{what: "Go", found: strings.TrimSpace(string(out)) + " " + runtime.GOARCH}
}

// diskFinding checks for the space that images, caches and one build take together.
func (a *App) diskFinding() finding {
	const needed = 10 << 30
	f := finding{what: "disk for the cache"}
	free, err := freeDisk(a.dirs.cache)
	if err != nil {
		f.found, f.bad = err.Error(), true
		return f
	}
	f.found = size(free) + " free at " + a.dirs.cache
	if free < needed {
		f.advice = "free some space, or set VERBSMITH_CACHE: images, caches and a build take " + size(needed)
	}
	return f
}

// freeDisk is the free space of the disk that a directory is on, in bytes.
func freeDisk(dir string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("free space of %s: %w", dir, err)
	}
	return int64(fs.Bavail) * fs.Bsize, nil
}

func (a *App) engineFindings(ctx context.Context, j job.Job) []finding {
	engine, err := a.connectEngine(ctx)
	if err != nil {
		return []finding{{what: "container engine", found: err.Error(), advice: adviceOf(err), bad: true}}
	}
	info := engine.Info
	found := []finding{{
		what:  "container engine",
		found: fmt.Sprintf("%s (API %s) at %s", info.Title(), info.API, info.Host),
	}}
	found = append(found, holeFindings(info)...)
	found = append(found, proxyFindings(engine.Proxies())...)
	found = append(found, repositoriesFindings(a.repositories)...)
	found = append(found, registryFinding(ctx, engine, a.pipeline.Mirror, j))
	standin, why, err := a.pipeline.Images().ChooseBase(ctx, j)
	base := finding{what: "base for " + j.Target.Name(), found: "real image: " + why}
	switch {
	case err != nil:
		base.found, base.advice, base.bad = err.Error(), adviceOf(err), true
	case standin:
		base.found = "stand-in: " + why
		base.advice, base.bad = standinAdvice()
	}
	found = append(found, base)
	found = append(found, a.pinFindings(ctx, j)...)
	return append(found, a.suiteFinding(ctx, j))
}

// adviceOf is the first advice that an error has, "" for none.
func adviceOf(err error) string {
	var advisor ui.HasAdvice
	if errors.As(err, &advisor) {
		return advisor.Advice()
	}
	return ""
}

// registryFinding says whether the distro's image can be pulled.
func registryFinding(ctx context.Context, engine stage.Registry, mirror image.Mirror, j job.Job) finding {
	ref := mirror.Reference(j.Target.Reference())
	f := finding{what: "registry", found: ref + " can be pulled"}
	if _, err := engine.RegistryDigest(ctx, ref); err != nil {
		f.found = err.Error()
		f.advice = "without one the stand-in base is used: its packages are for testing, not for release"
		if mirror != "" {
			f.advice = "check " + image.MirrorVariable + "; " + f.advice
		}
		if said := adviceOf(err); said != "" {
			f.advice = said + "; " + f.advice
		}
	}
	return f
}

// pinFindings say what the distro's image is pinned to, and whether its tag has moved since.
func (a *App) pinFindings(ctx context.Context, j job.Job) []finding {
	d := j.Distro()
	if d.Digest == "" {
		return nil
	}
	f := finding{what: "pin of " + d.Name, found: d.Reference()}
	if d.Pinned != "" {
		f.found += " of " + d.Pinned
	}
	moved, err := a.pipeline.Images().Moved(ctx, d)
	switch {
	case err != nil:
		f.found, f.advice = err.Error(), adviceOf(err)
	case moved != "":
		f.found, f.advice = moved, image.PinAdvice(d)+" takes the new one"
	}
	return []finding{f}
}

// proxyFindings say which proxies builds and runs with a network use, if there are any.
func proxyFindings(proxies []string) []finding {
	if len(proxies) == 0 {
		return nil
	}
	f := finding{what: "proxy", found: strings.Join(proxies, ", ")}
	if slices.ContainsFunc(proxies, ownMachine) {
		f.advice = "a container cannot reach a proxy at this machine's loopback address: give the address that the engine's bridge has"
	}
	return []finding{f}
}

// repositoriesFindings say which files dnf reads, if they are a site's.
func repositoriesFindings(r containers.Repositories) []finding {
	files := r.Files()
	if len(files) == 0 {
		return nil
	}
	return []finding{{what: "repositories", found: containers.RepositoriesVariable + " has " + strings.Join(files, ", ")}}
}

// loopback matches a proxy at an address of this machine alone.
var loopback = regexp.MustCompile(`^(?:[a-z0-9]+://)?(?:[^@]*@)?(?:localhost|127\.[0-9.]+|\[::1\])(?:[:/]|$)`)

func ownMachine(proxy string) bool { return loopback.MatchString(strings.ToLower(proxy)) }

// suiteFinding says where Debian's packages would be built.
func (a *App) suiteFinding(ctx context.Context, j job.Job) finding {
	suite, err := a.suites.Find(a.machineSuite())
	j.Target = job.Deb{Suite: suite}
	f := finding{what: "base for " + j.Target.Folder()}
	if err == nil {
		base, here, why, errBase := a.pipeline.Images().BaseState(ctx, j)
		if err = errBase; err == nil && base.Ref == suite.Reference() {
			f.found = "image: " + why
			return f
		}
		f.found = "bootstrapped from Debian's archive: " + why
		if job.HasStandin(j.Target) {
			f.found = "stand-in, not for release, " + f.found
		}
		if err == nil && !here {
			f.advice, _ = standinAdvice() // only deb needs it
		}
	}
	if err != nil {
		f.found, f.advice = err.Error(), "deb and test:deb need it"
	}
	return f
}

// standinAdvice says whether this machine can make the stand-in.
func standinAdvice() (advice string, bad bool) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return "the stand-in can only be bootstrapped on Debian: use a Debian machine, or a registry", true
	}
	if os.Geteuid() != 0 {
		return "bootstrapping the stand-in needs root: run as root once, or use a registry", true
	}
	return "", false
}

// programs that some targets run on this machine.
func programs() []finding {
	list := []struct{ name, need string }{
		{"git", "patch, and a git checkout as -source"},
		{"patch", "patch"},
		{"gzip", "a git checkout as -source"},
		{"debootstrap", "the stand-in base"},
		{"shellcheck", "check"},
		{"clang-format", "check"},
	}
	found := make([]finding, 0, len(list))
	for _, p := range list {
		f := finding{what: p.name, found: "for " + p.need}
		path, err := exec.LookPath(p.name)
		if err != nil {
			f.found, f.install = "not found; for "+p.need, p.name
		} else {
			f.found = path + ", " + f.found
		}
		found = append(found, f)
	}
	return found
}
