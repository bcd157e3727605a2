// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/report"
)

func TestEvidence(t *testing.T) {
	for _, tt := range []struct{ output, want string }{
		{"noise\nevidence: rib0 0123\n", "rib0 0123"},
		{"evidence: first\nevidence: last\n", "last"},
		{"evidence: said\nsh: and then gone\n", "said"},
		{"only noise\nsh: gone\n", "sh: gone"},
		{"", ""},
	} {
		if got := report.Evidence(tt.output); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.output, got, tt.want)
		}
	}
}
