// SPDX-License-Identifier: Apache-2.0

package report

import "strings"

// Evidence is the last line that a script marks as evidence in its output, or else the output's last line.
func Evidence(output string) string {
	const mark = "evidence: "
	if i := strings.LastIndex(output, mark); i >= 0 {
		line, _, _ := strings.Cut(output[i+len(mark):], "\n")
		return strings.TrimSpace(line)
	}
	output = strings.TrimSpace(output)
	return strings.TrimSpace(output[strings.LastIndexByte(output, '\n')+1:])
}
