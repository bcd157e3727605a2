// SPDX-License-Identifier: Apache-2.0

package ci

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden files")

func plans() map[string]Plan {
	return map[string]Plan{
		"default": {Distros: []string{"rocky9"}, Patched: true},
		"all": {
			Provider: "user/fly", Distros: []string{"rocky9", "rocky10", "fedora44"}, Suites: []string{"bookworm", "noble"},
			Patched: true, Addon: true, Kernel: "rocky9",
		},
		"no-module": {
			Version: "v1.2.3", Provider: "user space/fly", Distros: []string{"rocky9"}, Suites: []string{"trixie"},
			Addon: true, Kernel: "rocky9", Release: "57.0", Base: "registry",
		},
		"below": {Module: "tools/ci", Provider: "../../fly", Suites: []string{"trixie"}, Patched: true},
	}
}

// files renders all files of all plans, by their names in testdata.
func files(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for name, plan := range plans() {
		for ending, render := range map[string]func() ([]byte, error){
			".github.yml":         plan.GitHub,
			".gitlab.yml":         func() ([]byte, error) { return plan.GitLab(false) },
			".gitlab-include.yml": func() ([]byte, error) { return plan.GitLab(true) },
		} {
			data, err := render()
			if err != nil {
				t.Fatal(err)
			}
			all[name+ending] = data
		}
	}
	return all
}

// The files are read by services that are not here, so every letter of them is looked at: run with -update, and read the
// difference. `go tool mage check` has actionlint read the workflows.
func TestFiles(t *testing.T) {
	for name, got := range files(t) {
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; with -update it is\n%s", golden, got)
		}
	}
}

// GitLab's published schema is app/assets/javascripts/editor/schema/ci.json of its repository.
func TestGitLabSchema(t *testing.T) {
	file := os.Getenv("VERBSMITH_GITLAB_SCHEMA")
	if file == "" {
		t.Skip("VERBSMITH_GITLAB_SCHEMA does not name a copy of GitLab's schema for .gitlab-ci.yml")
	}
	schema, err := jsonschema.NewCompiler().Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text []byte) error {
		var content any
		if err := yaml.Unmarshal(text, &content); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(content)
	}
	for name, text := range files(t) {
		if !strings.Contains(name, ".gitlab") {
			continue
		}
		if err := validate(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		wrong := bytes.Replace(text, []byte("    when: always\n"), []byte("    when: sometimes\n"), 1)
		if err := validate(wrong); err == nil {
			t.Errorf("%s: a wrong value passes", name)
		}
	}
}

// An action is pinned to a commit, and the comment has the tag for a reader and for tools that renew both.
func TestActionsArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^ *(?:- )?uses: actions/[a-z-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)
	for name, text := range files(t) {
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "uses:") && !pinned.MatchString(strings.TrimRight(line, "\n")) {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// Go's version is that of verbsmith's own go.mod.
func TestGoVersion(t *testing.T) {
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(mod, []byte("\ngo "+goVersion+".")) {
		t.Errorf("go.mod does not have go %s", goVersion)
	}
}

// A path is text of the user's. What a shell, GitHub or GitLab would read as more than a path is refused.
func TestHostilePaths(t *testing.T) {
	for _, path := range []string{`a"b`, "a$b", "a`b`", "${{ secrets.X }}", "a\nb", "a'b", "a;b", `a\b`, "é"} {
		for _, plan := range []Plan{{Provider: path}, {Module: path}} {
			var wrong *PathError
			if _, err := plan.GitHub(); !errors.As(err, &wrong) {
				t.Errorf("GitHub with %q: %v", path, err)
			}
			if _, err := plan.GitLab(false); !errors.As(err, &wrong) {
				t.Errorf("GitLab with %q: %v", path, err)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	root := t.TempDir()
	one, two := []byte("one\n"), []byte("two\n")
	if wrote, err := Write(root, GitHubFile, one); err != nil || !wrote {
		t.Fatal(wrote, err)
	}
	if wrote, err := Write(root, GitHubFile, one); err != nil || wrote {
		t.Errorf("again: %v, %v", wrote, err)
	}
	var differs *DiffersError
	if _, err := Write(root, GitHubFile, two); !errors.As(err, &differs) || differs.File != GitHubFile {
		t.Errorf("another content: %v", err)
	}
	if there, err := Read(root, GitHubFile); err != nil || !bytes.Equal(there, one) {
		t.Errorf("it has %q, %v", there, err)
	}
	// Whatever is in the place is not replaced, an empty file and a link without a target among it.
	for name, put := range map[string]func(file string) error{
		"empty": func(file string) error { return os.WriteFile(file, nil, 0o600) },
		"link":  func(file string) error { return os.Symlink("nowhere", file) },
		"dir":   func(file string) error { return os.Mkdir(file, 0o700) },
	} {
		if err := put(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := Write(root, name, one); !errors.As(err, &differs) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(root, ".github/workflows/*")); err != nil || len(left) != 1 {
		t.Errorf("files: %q, %v", left, err)
	}
}

func TestIsOurs(t *testing.T) {
	plan := plans()["default"]
	text, err := plan.GitLab(false)
	if err != nil {
		t.Fatal(err)
	}
	if !IsOurs(append(text, "# more\n"...), "ci:gitlab") || IsOurs(text, "ci:github") || IsOurs([]byte("test: {}\n"), "ci:gitlab") {
		t.Error("a file is not known by its first line")
	}
}
