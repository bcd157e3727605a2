// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"cmp"
	"strings"
)

// ChangedLines are the lines that a patch of git's adds and removes, each behind its + or -, by the file.
//
// Errors: *FormatError.
func ChangedLines(patch []byte) (map[string]string, error) {
	changes, err := parseGit(patch)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(changes))
	for _, c := range changes {
		_, name, _ := strings.Cut(cmp.Or(c.newName, c.oldName), "/")
		var lines strings.Builder
		for _, h := range c.hunks {
			for _, l := range h.lines {
				if l.op != ' ' {
					lines.WriteByte(l.op)
					lines.WriteString(l.text)
				}
			}
		}
		out[name] += lines.String()
	}
	return out, nil
}
