// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/edit"
)

// Plan is what the jobs of a repository are to do.
type Plan struct {
	Version  string   // of verbsmith, for a repository whose go.mod does not have it; "": its go.mod has it
	Module   string   // directory with that go.mod, below the repository, slash separated; "" or "." is the repository itself
	Provider string   // value of -provider, as seen from Module; "": the repository's only one
	Distros  []string // to build RPMs for
	Suites   []string // to build Debian packages for
	Release  string   // value of -rdma; "": the default
	Base     string   // value of -base; "": the default
	Patched  bool     // rdma-core's packages with the provider inside
	Addon    bool     // the provider's own package
	Kernel   string   // distro that the kernel lab runs for; "": it does not
}

// Distros and releases are names of files and values of closed lists; a provider's path is the user's. In a path with these
// letters alone nothing is a variable to a shell or to GitLab, or an expression to GitHub.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9 _./@%+,:=-]+$`)

// PathError is a path that the files of a CI service cannot hold, or in which they cannot be.
type PathError struct{ Path, Want, Got string }

// Error names the path.
func (e *PathError) Error() string {
	return fmt.Sprintf("%s: want %s, got %s", edit.Quote(e.Path), e.Want, e.Got)
}

// check refuses what cannot be written as it is.
func (p *Plan) check() error {
	for _, path := range []string{p.Module, p.Provider} {
		if path != "" && !plainPath.MatchString(path) {
			return &PathError{Path: path, Want: "letters, digits, spaces and _./@%+,:=- in the files of CI", Got: "others"}
		}
	}
	return nil
}

// The variables of the jobs.
const (
	distroVariable   = "DISTRO"
	suiteVariable    = "SUITE"
	providerVariable = "PROVIDER"
	versionVariable  = "VERBSMITH_VERSION" // of verbsmith, in a repository whose go.mod does not have it
)

// goVersion is the first release of Go that verbsmith compiles with.
const goVersion = "1.26"

// Minutes that a job may take. A cold run compiles all of rdma-core, and the kernel lab runs without KVM where it is missing.
const (
	checkMinutes  = 30
	buildMinutes  = 60
	kernelMinutes = 60
)

// inModule says whether a go.mod of the repository has verbsmith.
func (p *Plan) inModule() bool { return p.Version == "" }

// directory is where the commands run, below the repository; "" is the repository itself.
func (p *Plan) directory() string {
	if p.Module == "." {
		return ""
	}
	return p.Module
}

// command is one run of a target with the flags that it has in every job, and others.
func (p *Plan) command(target string, flags ...string) string {
	text := "go tool mage "
	if !p.inModule() {
		text = `go run "github.com/resnics/verbsmith/mage@$` + versionVariable + `" `
	}
	if p.Provider != "" {
		flags = append(flags, `-provider="$`+providerVariable+`"`)
	}
	if p.Release != "" {
		flags = append(flags, "-rdma="+p.Release)
	}
	if p.Base != "" {
		flags = append(flags, "-base="+p.Base)
	}
	return text + strings.Join(append([]string{target}, flags...), " ")
}

// summary writes what is in dist/ as Markdown. It has none of the flags: it reads what is there.
func (p *Plan) summary() string {
	bare := Plan{Version: p.Version}
	return bare.command("ci:summary")
}

// named is a command with what it is called.
type named struct{ name, command string }

// kinds are the commands for the kinds of packages that are asked for.
func (p *Plan) kinds(patched, addon []named) []named {
	var all []named
	if p.Patched {
		all = append(all, patched...)
	}
	if p.Addon {
		all = append(all, addon...)
	}
	return all
}

// checks are the commands of the first job. Without the depth, a check that needs an engine would be skipped where none answers.
func (p *Plan) checks() []named {
	return []named{{"Check the provider", p.command("provider:check", "-depth=compile")}}
}

// rpm are the commands for $DISTRO.
func (p *Plan) rpm() []named {
	const of = `-distro="$` + distroVariable + `"`
	return p.kinds(
		[]named{{"Build the packages", p.command("rpm", of)}, {"Install and test them", p.command("test:integration", of)}},
		[]named{{"Build the add-ons", p.command("rpm:addon", of)}, {"Install and test one", p.command("test:addon", of)}},
	)
}

// deb are the commands for $SUITE.
func (p *Plan) deb() []named {
	const of = `-suite="$` + suiteVariable + `"`
	return p.kinds(
		[]named{{"Build the packages", p.command("deb", of)}, {"Install and test them", p.command("test:deb", of)}},
		[]named{{"Build the add-ons", p.command("deb:addon", of)}, {"Install and test one", p.command("test:debaddon", of)}},
	)
}

// kernel are the commands of the kernel lab for $DISTRO. It has the packages with the provider inside if there are any.
func (p *Plan) kernel() []named {
	flags := []string{`-distro="$` + distroVariable + `"`}
	if !p.Patched {
		flags = append(flags, "-packages=addon")
	}
	return []named{{"Boot a kernel with the packages", p.command("test:kernel", flags...)}}
}

// reports are the files of dist/ that describe packages and tests.
func reports() []string {
	return []string{"dist/**/manifest.json", "dist/**/timing.json", "dist/**/junit*.xml", "dist/**/lintian.txt", "dist/**/report*.html"}
}

// keyed are the files that name a cache's content: the sums of modules, those of archives, and where these come from.
func (p *Plan) keyed() []string {
	files := []string{"rdma-core.sum", "verbsmith/specs/**"}
	if p.inModule() {
		files = slices.Insert(files, 0, under(p.directory(), "go.sum"))
	}
	return files
}

func under(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}
