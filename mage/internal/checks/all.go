// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"context"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// The versions of the tools that `go run` runs, without a change of go.mod or an installation.
const (
	golangciLint = "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0"
	govulncheck  = "golang.org/x/vuln/cmd/govulncheck@v1.9.0"
	actionlint   = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
)

// Options configures the checks.
type Options struct {
	// Install, if given, installs a distribution's package of that name. Without it a check whose tool is missing
	// fails and says how to get it.
	Install func(ctx context.Context, pkg string) error
	// VulnDB is the URL of a mirror of the vulnerability database; empty means https://vuln.go.dev.
	VulnDB string
}

// All returns every check of the repository at root, the quick ones first.
func All(root string, opts Options) []Check {
	return all(tree{root: root}, opts, machine{run: runCommand, look: lookPath, install: opts.Install})
}

func all(t tree, opts Options, m machine) []Check {
	goTool := func(argv ...string) func(context.Context) report.Result {
		return func(ctx context.Context) report.Result { return m.goCommand(ctx, t.root, argv...) }
	}
	return []Check{
		{"gofmt", t.gofmt},
		{"licence lines", t.licences},
		{"shellcheck", func(ctx context.Context) report.Result { return t.shellcheck(ctx, m) }},
		{"actionlint", func(ctx context.Context) report.Result { return t.workflows(ctx, m) }},
		{"clang-format", func(ctx context.Context) report.Result { return t.clangFormat(ctx, m) }},
		{"go mod verify", goTool("mod", "verify")},
		{"go mod tidy", goTool("mod", "tidy", "-diff")},
		{"go vet", goTool("vet", "-tags=mage", "./...")},
		{"golangci-lint", func(ctx context.Context) report.Result { return m.lint(ctx, t.root) }},
		{"govulncheck", func(ctx context.Context) report.Result { return m.vulnerabilities(ctx, t.root, opts.VulnDB) }},
	}
}
