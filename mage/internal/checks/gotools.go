// SPDX-License-Identifier: Apache-2.0

package checks

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/report"
)

// goCommand is a check by the go command itself, which prints nothing or "all modules verified" on success.
func (m machine) goCommand(ctx context.Context, root string, argv ...string) report.Result {
	command := append([]string{"go"}, argv...)
	out, err := m.run(ctx, root, command...)
	switch {
	case err != nil:
		return unable(err)
	case out.code != 0:
		return failed(out.text, "%s", firstLine(out, "exit status "+strconv.Itoa(out.code)))
	default:
		return passed("%s", firstLine(out, strings.Join(command, " ")+": no output"))
	}
}

// lint runs golangci-lint with the repository's .golangci.yml.
func (m machine) lint(ctx context.Context, root string) report.Result {
	out, err := m.run(ctx, root, "go", "run", golangciLint, "version")
	if err == nil && out.code != 0 {
		return failed(out.text, "golangci-lint is not available: %s", lastLine(out.text))
	}
	if err == nil {
		out, err = m.run(ctx, root, "go", "run", golangciLint, "run", "--color=never",
			"--allow-parallel-runners", "./...")
	}
	switch {
	case err != nil:
		return unable(err)
	case out.code != 0:
		return failed(out.text, "%s", lintEvidence(out))
	default:
		return passed("%s", lastLine(out.text))
	}
}

// issueCount matches the first line of golangci-lint's statistics.
var issueCount = regexp.MustCompile(`(?m)^\d+ issues?:?$`)

func lintEvidence(out output) string {
	if m := issueCount.FindString(out.text); m != "" {
		return strings.TrimSuffix(m, ":") + ", first: " + firstLine(out, "")
	}
	return lastLine(out.text)
}

// unreachable matches the errors of Go's network code for an unreachable server.
var unreachable = regexp.MustCompile(`dial tcp|no such host|connection refused|connection reset|i/o timeout|` +
	`TLS handshake|proxyconnect|network is unreachable|Client\.Timeout|unexpected status code|HTTP GET .* returned`)

// foundExit is govulncheck's exit status for a finding. Behind `go run` it is left only in go's last line.
const foundExit = 3

// vulnerabilities runs govulncheck. If the database cannot be reached, the result is
// unavailable.
func (m machine) vulnerabilities(ctx context.Context, root, db string) report.Result {
	argv := []string{"go", "run", govulncheck, "-tags=mage"}
	if db != "" {
		argv = append(argv, "-db", db)
	}
	out, err := m.run(ctx, root, append(argv, "./...")...)
	if err != nil {
		return unable(err)
	}
	if out.code == 0 {
		return passed("%s", firstLine(out, "no vulnerabilities found"))
	}
	if toolExit(out) == foundExit {
		return failed(out.text, "%s", vulnEvidence(out))
	}
	if reason := unreachableLine(out.text); reason != "" {
		return report.Result{State: report.Unavailable, Evidence: reason, Output: out.text}
	}
	return failed(out.text, "%s", firstLine(out, "exit status "+strconv.Itoa(out.code)))
}

var goRunExit = regexp.MustCompile(`^exit status (\d+)$`)

// toolExit is the exit status of the tool behind `go run`, which itself ends with 1 and prints the tool's.
func toolExit(out output) int {
	lines := strings.Split(strings.TrimSpace(out.text), "\n")
	m := goRunExit.FindStringSubmatch(strings.TrimSpace(lines[len(lines)-1]))
	if m == nil {
		return out.code
	}
	code, err := strconv.Atoi(m[1])
	if err != nil {
		return out.code
	}
	return code
}

func unreachableLine(text string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if unreachable.MatchString(line) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// vulnEvidence is govulncheck's summary.
func vulnEvidence(out output) string {
	for line := range strings.SplitSeq(out.text, "\n") {
		if strings.HasPrefix(line, "Your code is affected by") {
			return line
		}
	}
	return firstLine(out, "vulnerabilities found")
}

// lastLine is the last line of a tool's output, without go's own line about the exit status.
func lastLine(text string) string {
	last := ""
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && !goRunExit.MatchString(line) {
			last = line
		}
	}
	return last
}
