// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// shebang is the first line of a script for a shell that shellcheck knows.
var shebang = regexp.MustCompile(`^#!.*\b(?:ba|da|k)?sh\b`)

// shellcheck checks every *.sh file, and every other script with a shell's shebang.
func (t tree) shellcheck(ctx context.Context, m machine) report.Result {
	scripts, err := t.scripts()
	if err != nil {
		return unable(err)
	}
	return m.inspect(ctx, t.root, scripts, "scripts", "shellcheck", "--external-sources", "--format=gcc")
}

func (t tree) scripts() ([]string, error) {
	wanted := func(name string) bool {
		return strings.HasSuffix(name, ".sh") || path.Ext(name) == "" && isUnder(name, "scripts", "containers", ".ci")
	}
	scripts, _, err := t.filter(wanted, func(name string, data []byte) bool {
		return strings.HasSuffix(name, ".sh") || shebang.Match(data)
	})
	return scripts, err
}

// workflowFolders have the workflows of this repository, and those that ci:github writes.
func workflowFolders() []string {
	return []string{".github/workflows/*.yml", "mage/internal/ci/testdata/*.github.yml"}
}

// workflows checks the files for GitHub Actions, and with shellcheck the commands in them.
func (t tree) workflows(ctx context.Context, m machine) report.Result {
	var files []string
	for _, pattern := range workflowFolders() {
		found, err := fs.Glob(t.fs(), pattern)
		if err != nil {
			return unable(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return places(nil, 0, "workflows")
	}
	if err := m.need(ctx, "shellcheck"); err != nil {
		return unable(err)
	}
	out, err := m.run(ctx, t.root, append([]string{"go", "run", actionlint, "-no-color", "-oneline", "-pyflakes="}, files...)...)
	switch {
	case err != nil:
		return unable(err)
	case out.code != 0:
		return failed(out.text, "%s", firstLine(out, "exit status "+strconv.Itoa(out.code)))
	default:
		return passed("%d workflows", len(files))
	}
}

// clangFormat compares all C files with clang-format's output, with the .clang-format of their
// directory.
func (t tree) clangFormat(ctx context.Context, m machine) report.Result {
	sources, err := t.files(hasSuffix(".c", ".h"))
	if err != nil {
		return unable(err)
	}
	for _, name := range sources {
		if !t.hasStyle(path.Dir(name)) {
			// Without a style file, clang-format would use its default or none.
			return failed("", "%s: no .clang-format in its directory or above", name)
		}
	}
	return m.inspect(ctx, t.root, sources, "C files",
		"clang-format", "--style=file", "--fallback-style=none", "--dry-run", "-Werror")
}

func (t tree) hasStyle(dir string) bool {
	for ; ; dir = path.Dir(dir) {
		if _, err := t.read(path.Join(dir, ".clang-format")); err == nil {
			return true
		}
		if dir == "." {
			return false
		}
	}
}

// inspect runs a tool over files. The files come after "--", or as ./name, so that none is taken for an option.
func (m machine) inspect(ctx context.Context, root string, files []string, what string, argv ...string) report.Result {
	if len(files) == 0 {
		return places(nil, 0, what)
	}
	if err := m.need(ctx, argv[0]); err != nil {
		return unable(err)
	}
	for _, name := range files {
		argv = append(argv, "./"+name)
	}
	out, err := m.run(ctx, root, argv...)
	if err != nil {
		return unable(err)
	}
	if out.code != 0 {
		return failed(out.text, "%s", firstLine(out, fmt.Sprintf("%s ended with %d", argv[0], out.code)))
	}
	return passed("%d %s", len(files), what)
}

// firstLine is the first relevant line of the command's output, or otherwise if there is none. go's lines about
// downloads and packages (# package) are not relevant.
func firstLine(out output, otherwise string) string {
	for line := range strings.SplitSeq(out.text, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "go: downloading ") && !strings.HasPrefix(line, "# ") {
			return line
		}
	}
	return otherwise
}
