// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"strings"
	"testing"
)

const stockSays = `E: rdma-core source: bad-thing [debian/control:12]
W: libibverbs-dev: groff-message 3: warning: odd [usr/share/man/man3/a.3.gz:1]
W: libibverbs-dev: groff-message 3: warning: odd [usr/share/man/man3/a.3.gz:1]
N: 0 hints overridden; 2 unused overrides
`

func TestParseLintian(t *testing.T) {
	hints := parseLintian(stockSays + "noise\nE: short\nE: ibverbs-providers: no-context\n")
	if len(hints) != 4 || hints[0] != (Hint{"E", "rdma-core source", "bad-thing", "[debian/control:12]"}) ||
		hints[3] != (Hint{"E", "ibverbs-providers", "no-context", ""}) || hints[3].String() != "E: ibverbs-providers: no-context" {
		t.Errorf("got %+v", hints)
	}
}

// TestLintianWithout tells the provider's own from upstream's: the same line
// elsewhere in its file is upstream's, one more of the same is not.
func TestLintianWithout(t *testing.T) {
	stock := Lintian{Hints: parseLintian(stockSays)}
	for _, tt := range []struct {
		name, says string
		own        int
	}{
		{"the same", stockSays, 0},
		{"a line further down", strings.Replace(stockSays, ":12]", ":13]", 1), 0},
		{"another package", strings.Replace(stockSays, "rdma-core source", "rdma-core", 1), 1},
		{"another tag", strings.Replace(stockSays, "bad-thing", "worse-thing", 1), 1},
		{"another file", strings.Replace(stockSays, "debian/control", "debian/rules", 1), 1},
		{"worse than a warning", strings.Replace(stockSays, "W: libibverbs-dev", "E: libibverbs-dev", 1), 1},
		{"once more", stockSays + "E: rdma-core source: bad-thing [debian/control:44]\n", 1},
	} {
		own := Lintian{Hints: parseLintian(tt.says)}.Without(stock)
		if len(own) != tt.own {
			t.Errorf("%s: got %v, want %d", tt.name, own, tt.own)
		}
	}
	if n := len(stock.Errors()); n != 1 {
		t.Errorf("%d errors, want 1", n)
	}
}
