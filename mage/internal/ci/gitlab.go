// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"maps"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// The paths of the file in a repository: GitLab's own, or another to include where that one exists.
const (
	GitLabFile    = ".gitlab-ci.yml"
	GitLabInclude = ".gitlab/verbsmith.yml"
)

const (
	gitlabImage  = "golang:" + goVersion + "-bookworm"
	gitlabEngine = "docker:28-dind"
	gitlabBase   = ".verbsmith"
	gitlabCheck  = "verbsmith:check"
	gitlabCache  = ".cache/verbsmith"
	summaryFile  = "verbsmith-summary.md"
	qualityFile  = "verbsmith-code-quality.json"
)

// gitlabFile has nothing that would change other jobs, so that it can be included; the whole file has rules besides.
type gitlabFile struct {
	Workflow *gitlabWorkflow `yaml:"workflow,omitempty"`
	Base     gitlabJob       `yaml:".verbsmith"`
	Check    gitlabJob       `yaml:"verbsmith:check"`
	RPM      *gitlabJob      `yaml:"verbsmith:rpm,omitempty"`
	Deb      *gitlabJob      `yaml:"verbsmith:deb,omitempty"`
	Kernel   *gitlabJob      `yaml:"verbsmith:kernel,omitempty"`
}

type gitlabWorkflow struct {
	AutoCancel map[string]string `yaml:"auto_cancel"`
	Rules      []gitlabRule      `yaml:"rules"`
}

type gitlabRule struct {
	If   string `yaml:"if"`
	When string `yaml:"when,omitempty"`
}

type gitlabJob struct {
	Extends       string            `yaml:"extends,omitempty"`
	Stage         string            `yaml:"stage,omitempty"`
	Image         string            `yaml:"image,omitempty"`
	Services      []gitlabService   `yaml:"services,omitempty"`
	Needs         []gitlabNeed      `yaml:"needs,omitempty"`
	Parallel      *gitlabParallel   `yaml:"parallel,omitempty"`
	Variables     map[string]string `yaml:"variables,omitempty"`
	Cache         []gitlabCaches    `yaml:"cache,omitempty"`
	Timeout       string            `yaml:"timeout,omitempty"`
	Interruptible bool              `yaml:"interruptible,omitempty"`
	Before        []string          `yaml:"before_script,omitempty"`
	Script        []string          `yaml:"script,omitempty"`
	After         []string          `yaml:"after_script,omitempty"`
	Artifacts     *gitlabArtifacts  `yaml:"artifacts,omitempty"`
}

type gitlabService struct {
	Name  string `yaml:"name"`
	Alias string `yaml:"alias"`
}

type gitlabNeed struct {
	Job       string `yaml:"job"`
	Artifacts bool   `yaml:"artifacts"`
}

type gitlabParallel struct {
	Matrix []map[string][]string `yaml:"matrix"`
}

type gitlabCaches struct {
	Key   gitlabKey `yaml:"key"`
	Paths []string  `yaml:"paths"`
}

type gitlabKey struct {
	Files  []string `yaml:"files"`
	Prefix string   `yaml:"prefix"`
}

type gitlabArtifacts struct {
	Name    string            `yaml:"name,omitempty"`
	When    string            `yaml:"when"`
	Expires string            `yaml:"expire_in"`
	Paths   []string          `yaml:"paths,omitempty"`
	Reports map[string]string `yaml:"reports"`
}

// GitLab is the file for GitLab CI, as a whole or to be included in another.
//
// Errors: *PathError.
func (p *Plan) GitLab(include bool) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	f := gitlabFile{
		Base: p.gitlabBase(),
		Check: gitlabJob{
			Extends: gitlabBase, Timeout: minutes(checkMinutes), Script: scripts(p.checks()),
			Artifacts: &gitlabArtifacts{When: "always", Expires: "30 days", Reports: map[string]string{"codequality": qualityFile}},
		},
	}
	if !include {
		f.Workflow = oncePerPush()
	}
	if len(p.Distros) > 0 {
		f.RPM = p.gitlabBuild(distroVariable, buildMinutes, p.rpm())
		f.RPM.Parallel = &gitlabParallel{Matrix: []map[string][]string{{distroVariable: p.Distros}}}
	}
	if len(p.Suites) > 0 {
		f.Deb = p.gitlabBuild(suiteVariable, buildMinutes, p.deb())
		f.Deb.Parallel = &gitlabParallel{Matrix: []map[string][]string{{suiteVariable: p.Suites}}}
	}
	if p.Kernel != "" {
		f.Kernel = p.gitlabBuild(distroVariable, kernelMinutes, p.kernel())
		f.Kernel.Variables = map[string]string{distroVariable: p.Kernel}
		f.Kernel.Artifacts.Name = "verbsmith-kernel"
	}
	return write(header("ci:gitlab", "docs/ci.md"), f)
}

// oncePerPush are rules with which a push to a merge request's branch makes one pipeline, and ends that of an older push.
func oncePerPush() *gitlabWorkflow {
	return &gitlabWorkflow{
		AutoCancel: map[string]string{"on_new_commit": "interruptible"},
		Rules: []gitlabRule{
			{If: `$CI_PIPELINE_SOURCE == "merge_request_event"`},
			{If: "$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS", When: "never"},
			{If: "$CI_COMMIT_BRANCH || $CI_COMMIT_TAG"},
		},
	}
}

// gitlabBase is what all jobs have: Go, an engine beside it, and the caches. What is cached has to be below the repository.
func (p *Plan) gitlabBase() gitlabJob {
	prefix := "verbsmith-$CI_JOB_NAME_SLUG"
	if !p.inModule() {
		prefix += "-$" + versionVariable
	}
	files := []string{"rdma-core.sum"}
	if p.inModule() {
		files = []string{under(p.directory(), "go.sum"), "rdma-core.sum"}
	}
	variables := map[string]string{
		"DOCKER_HOST": "tcp://docker:2376", "DOCKER_TLS_VERIFY": "1",
		"DOCKER_TLS_CERTDIR": "/certs", "DOCKER_CERT_PATH": "/certs/client",
		"VERBSMITH_CACHE": "$CI_PROJECT_DIR/" + gitlabCache,
		"GOMODCACHE":      "$CI_PROJECT_DIR/.cache/go/mod", "GOCACHE": "$CI_PROJECT_DIR/.cache/go/build",
		"GOFLAGS": "-modcacherw", "VERBSMITH_CODE_QUALITY": "$CI_PROJECT_DIR/" + qualityFile,
	}
	maps.Copy(variables, p.variables())
	before := []string{"apt-get update && apt-get install -y --no-install-recommends patch"}
	if dir := p.directory(); dir != "" {
		before = append(before, `cd "`+dir+`"`)
	}
	return gitlabJob{
		Stage: Stage, Image: gitlabImage, Services: []gitlabService{{Name: gitlabEngine, Alias: "docker"}},
		Variables: variables,
		Cache: []gitlabCaches{{
			Key:   gitlabKey{Files: files, Prefix: prefix},
			Paths: []string{gitlabCache + "/downloads", ".cache/go"},
		}},
		Interruptible: true, Before: before,
	}
}

// gitlabBuild is a job that leaves something in dist/, even if it fails.
func (p *Plan) gitlabBuild(variable string, limit int, commands []named) *gitlabJob {
	var after []string
	if dir := p.directory(); dir != "" {
		after = append(after, `cd "`+dir+`"`)
	}
	return &gitlabJob{
		Extends: gitlabBase, Needs: []gitlabNeed{{Job: gitlabCheck}}, Timeout: minutes(limit),
		Script: scripts(commands), After: append(after, p.summary()+` > "$CI_PROJECT_DIR/`+summaryFile+`"`),
		Artifacts: &gitlabArtifacts{
			Name: "verbsmith-$" + variable, When: "always", Expires: "30 days",
			Paths:   []string{"dist/", summaryFile, gitlabCache + "/logs/"},
			Reports: map[string]string{"junit": "dist/**/junit*.xml", "codequality": qualityFile},
		},
	}
}

func scripts(commands []named) []string {
	lines := make([]string, 0, len(commands))
	for _, c := range commands {
		lines = append(lines, c.command)
	}
	return lines
}

func minutes(n int) string { return strconv.Itoa(n) + "m" }

// Stage is the stage of the jobs in GitLab's file.
const Stage = "test"

// LacksStage says whether a .gitlab-ci.yml has stages, and not that of the jobs: GitLab refuses jobs without a stage.
func LacksStage(text []byte) bool {
	var file struct {
		Stages []string `yaml:"stages"`
	}
	err := yaml.Unmarshal(text, &file)
	return err == nil && len(file.Stages) > 0 && !slices.Contains(file.Stages, Stage)
}
