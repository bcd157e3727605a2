// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// urlError is a -url that customers could not use.
type urlError struct{ url, got string }

func (e *urlError) Error() string {
	return fmt.Sprintf("-url=%s: want http:// or https:// with a host, without a password or a question mark, got %s", e.url, e.got)
}

// checkURL refuses what dnf and apt could not use, or what would publish a password.
func checkURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return &urlError{"…", "something else"}
	case u.User != nil:
		return &urlError{u.Redacted(), "a user"}
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "file", u.Scheme != "file" && u.Host == "":
		return &urlError{text, "neither"}
	case u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(text, " \t\n"):
		return &urlError{text, "more than a path"}
	}
	return nil
}

// nameError is a -name that is no name of a repository.
type nameError struct{ name string }

func (e *nameError) Error() string {
	return fmt.Sprintf("-name=%s: want letters, digits and -._ after a letter or digit", e.name)
}

func checkName(name string) error {
	if name == "" || regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`).MatchString(name) {
		return nil
	}
	return &nameError{name}
}

// uncommitted are the files of a directory that are not as a commit has them, "" if all are.
func uncommitted(ctx context.Context, dir string) (string, error) {
	const patience, shown = 30 * time.Second, 3
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "git", "-C", dir, "status", "--porcelain", "--", ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git status: %w: %s", err, strings.TrimSpace(string(out)))
	}
	lines := strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
	if len(lines) > shown {
		lines = append(lines[:shown], fmt.Sprintf("and %d more", len(lines)-shown))
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, ", "), nil
}
