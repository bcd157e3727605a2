// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// GitHubFile is the path of the workflow in a repository.
const GitHubFile = ".github/workflows/verbsmith.yml"

// runner is an image with Docker, on x86-64.
const runner = "ubuntu-24.04"

type workflow struct {
	Name        string            `yaml:"name"`
	On          triggers          `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency concurrency       `yaml:"concurrency"`
	Env         map[string]string `yaml:"env,omitempty"`
	Defaults    *defaults         `yaml:"defaults,omitempty"`
	Jobs        githubJobs        `yaml:"jobs"`
}

type triggers struct {
	Push        branches `yaml:"push"`
	PullRequest empty    `yaml:"pull_request"`
	Dispatch    empty    `yaml:"workflow_dispatch"`
}

type branches struct {
	Branches []string `yaml:"branches,flow"`
}

// empty is a key without a value.
type empty struct{}

// MarshalYAML implements yaml.Marshaler.
func (empty) MarshalYAML() (any, error) { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, nil }

type concurrency struct {
	Group  string `yaml:"group"`
	Cancel string `yaml:"cancel-in-progress"`
}

type defaults struct {
	Run struct {
		Directory string `yaml:"working-directory"`
	} `yaml:"run"`
}

type githubJobs struct {
	Check  *githubJob `yaml:"check"`
	RPM    *githubJob `yaml:"rpm,omitempty"`
	Deb    *githubJob `yaml:"deb,omitempty"`
	Kernel *githubJob `yaml:"kernel,omitempty"`
}

type githubJob struct {
	Name     string            `yaml:"name"`
	Needs    string            `yaml:"needs,omitempty"`
	RunsOn   string            `yaml:"runs-on"`
	Timeout  int               `yaml:"timeout-minutes"`
	Strategy *strategy         `yaml:"strategy,omitempty"`
	Env      map[string]string `yaml:"env,omitempty"`
	Steps    []githubStep      `yaml:"steps"`
}

type strategy struct {
	FailFast bool                `yaml:"fail-fast"`
	Matrix   map[string][]string `yaml:"matrix"`
}

type githubStep struct {
	Name string `yaml:"name,omitempty"`
	If   string `yaml:"if,omitempty"`
	Uses action `yaml:"uses,omitempty"`
	With any    `yaml:"with,omitempty"`
	Run  string `yaml:"run,omitempty"`
}

type withCheckout struct {
	Credentials bool `yaml:"persist-credentials"`
}

type withGo struct {
	File    string `yaml:"go-version-file,omitempty"`
	Version string `yaml:"go-version,omitempty"`
	Cache   bool   `yaml:"cache"`
	Sums    string `yaml:"cache-dependency-path,omitempty"`
}

type withCache struct {
	Path string `yaml:"path"`
	Key  string `yaml:"key"`
	Else string `yaml:"restore-keys"`
}

type withUpload struct {
	Name    string `yaml:"name"`
	Path    string `yaml:"path"`
	Without string `yaml:"if-no-files-found"`
}

// GitHub is the workflow for GitHub Actions.
//
// Errors: *PathError.
func (p *Plan) GitHub() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	w := workflow{
		Name: "verbsmith", On: triggers{Push: branches{Branches: []string{"main", "master"}}},
		Permissions: map[string]string{"contents": "read"},
		// A newer push to a pull request ends the run of the older one. Runs of a branch end by themselves.
		Concurrency: concurrency{
			Group: "${{ github.workflow }}-${{ github.ref }}", Cancel: "${{ github.event_name == 'pull_request' }}",
		},
		Env: p.variables(),
		Jobs: githubJobs{
			Check: &githubJob{
				Name: "check", RunsOn: runner, Timeout: checkMinutes,
				Steps: append(p.setup(), runs(p.checks())...),
			},
		},
	}
	if dir := p.directory(); dir != "" {
		w.Defaults = &defaults{}
		w.Defaults.Run.Directory = dir
	}
	if len(p.Distros) > 0 {
		w.Jobs.RPM = p.matrixJob("rpm", "distro", distroVariable, p.Distros, p.rpm())
	}
	if len(p.Suites) > 0 {
		w.Jobs.Deb = p.matrixJob("deb", "suite", suiteVariable, p.Suites, p.deb())
	}
	if p.Kernel != "" {
		w.Jobs.Kernel = &githubJob{
			Name: "kernel lab", Needs: "check", RunsOn: runner, Timeout: kernelMinutes,
			Env:   map[string]string{distroVariable: p.Kernel},
			Steps: append(append(p.setup(), runs(p.kernel())...), p.keepsReports("kernel")...),
		}
	}
	return write(header("ci:github", "docs/ci.md"), w)
}

// variables are those of all jobs.
func (p *Plan) variables() map[string]string {
	env := map[string]string{}
	if p.Provider != "" {
		env[providerVariable] = p.Provider
	}
	if !p.inModule() {
		env[versionVariable] = p.Version
	}
	return env
}

// matrixJob runs the same commands for each of a list.
func (p *Plan) matrixJob(kind, axis, variable string, values []string, commands []named) *githubJob {
	value := "${{ matrix." + axis + " }}"
	return &githubJob{
		Name: kind + " " + value, Needs: "check", RunsOn: runner, Timeout: buildMinutes,
		Strategy: &strategy{Matrix: map[string][]string{axis: values}},
		Env:      map[string]string{variable: value},
		Steps:    p.builds(value, commands),
	}
}

// setup gets the repository, Go, and the archives that an earlier run downloaded.
func (p *Plan) setup() []githubStep {
	golang := withGo{Version: goVersion, Cache: false}
	if p.inModule() {
		golang = withGo{File: under(p.directory(), "go.mod"), Cache: true, Sums: under(p.directory(), "go.sum")}
	}
	prefix := "verbsmith-${{ runner.os }}-${{ runner.arch }}-${{ github.job }}-"
	paths := []string{"~/.cache/verbsmith/downloads"}
	if !p.inModule() {
		prefix += "${{ env." + versionVariable + " }}-"
		paths = append(paths, "~/go/pkg/mod", "~/.cache/go-build")
	}
	return []githubStep{
		{Uses: checkout(), With: withCheckout{}},
		{Uses: setupGo(), With: golang},
		{Uses: cache(), With: withCache{
			Path: strings.Join(paths, "\n"),
			Key:  prefix + "${{ hashFiles('" + strings.Join(p.keyed(), "', '") + "') }}", Else: prefix,
		}},
	}
}

// runs are the steps of commands.
func runs(commands []named) []githubStep {
	steps := make([]githubStep, 0, len(commands))
	for _, c := range commands {
		steps = append(steps, githubStep{Name: c.name, Run: c.command})
	}
	return steps
}

// builds are all steps of a job that makes packages.
func (p *Plan) builds(name string, commands []named) []githubStep {
	steps := append(p.setup(), runs(commands)...)
	steps = append(steps, githubStep{
		Name: "Keep the packages", Uses: upload(), With: withUpload{Name: "packages-" + name, Path: "dist/", Without: "error"},
	})
	return append(steps, p.keepsReports(name)...)
}

// keepsReports are the steps after those of a job, however these ended.
func (p *Plan) keepsReports(name string) []githubStep {
	const always, failed = "${{ always() }}", "${{ failure() || cancelled() }}" // a job that takes too long is cancelled
	return []githubStep{
		{Name: "Summary", If: always, Run: p.summary() + ` >> "$GITHUB_STEP_SUMMARY"`},
		{
			Name: "Keep the reports", If: always, Uses: upload(),
			With: withUpload{Name: "reports-" + name, Path: strings.Join(reports(), "\n"), Without: "ignore"},
		},
		{
			Name: "Keep the logs", If: failed, Uses: upload(),
			With: withUpload{Name: "logs-" + name, Path: "~/.cache/verbsmith/logs/", Without: "ignore"},
		},
	}
}

// header begins a file.
func header(target, page string) string {
	return fmt.Sprintf("# Written by `go tool mage %s` of verbsmith, and yours to change: it is never overwritten.\n"+
		"# What it does and what a runner needs: https://github.com/resnics/verbsmith/blob/main/%s\n", target, page)
}
