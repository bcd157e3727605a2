// SPDX-License-Identifier: Apache-2.0

package stage

import "testing"

func TestJoinNames(t *testing.T) {
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{[]string{"a"}, "a"},
		{[]string{"a", "b", "c", "d"}, "a, b, c, d"},
		{[]string{"a", "b", "c", "d", "e", "f"}, "a, b, c, d, and 2 more"},
	} {
		if got := joinNames(tt.names); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
