// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"regexp"
	"slices"
	"strings"
)

// ranByBuilds are requirements that a build runs although their packages do not say so (Multi-Arch: foreign).
var ranByBuilds = regexp.MustCompile(`(^|[\s,|])((?:python3(?:-all)?(?:-dev)?)|cython3?)([\s,|(\[<]|$)`)

// CrossControl is the source paragraph of a control file for a build on one processor for another: what the build runs is
// required for its own processor, and Python's headers for the other one too.
func CrossControl(control []byte) []byte {
	lines := strings.Split(string(control), "\n")
	requires := false
	for i, line := range lines {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "#") {
			requires = strings.HasPrefix(strings.ToLower(line), "build-depends")
		}
		if requires && !strings.HasPrefix(line, "#") {
			lines[i] = crossLine(line)
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// crossLine is a line of a list of requirements.
func crossLine(line string) string {
	items := strings.Split(line, ",")
	for i, item := range items {
		found := ranByBuilds.FindStringSubmatch(item)
		if found == nil {
			continue
		}
		items[i] = ranByBuilds.ReplaceAllString(item, "$1$2:native$3")
		headers := "lib" + found[2]
		if strings.HasSuffix(headers, "-dev") && !slices.Contains(items, " "+headers) {
			items[i] += ", " + headers
		}
	}
	return strings.Join(items, ",")
}
