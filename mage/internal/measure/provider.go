// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// changedLine is how the line begins that an edit adds or replaces.
const changedLine = "static const char verbsmith_bench[]"

// ErrNoSource says that a provider has no C file to edit.
var ErrNoSource = errors.New("the provider has no C file")

// copyProvider copies a provider's directory into a new one of the same name below dir.
func copyProvider(from, dir string) (string, error) {
	to := filepath.Join(dir, filepath.Base(from))
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return "", fmt.Errorf("copy the provider: %w", err)
	}
	return to, nil
}

// edit changes one line of a provider's C file, so that its object differs from that of every other
// number.
func edit(dir string, number int) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.c"))
	if err != nil || len(files) == 0 {
		return errors.Join(ErrNoSource, err)
	}
	file := files[0]
	if own := filepath.Join(dir, filepath.Base(dir)+".c"); slices.Contains(files, own) {
		file = own
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("edit the provider: %w", err)
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, changedLine) {
			out.WriteString(line)
		}
	}
	fmt.Fprintf(&out, "%s __attribute__((used)) = \"%d\";\n", changedLine, number)
	if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
		return fmt.Errorf("edit the provider: %w", err)
	}
	return nil
}

// overrides says whether one of the flags has the name of f.
func overrides(flags []string, f string) bool {
	name, _, _ := strings.Cut(f, "=")
	return slices.ContainsFunc(flags, func(other string) bool { return strings.HasPrefix(other, name+"=") })
}
