// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"
	"testing"
)

func TestParseFuzzTargets(t *testing.T) {
	list := "FuzzA\nFuzzB\nok  \texample.org/x/a\t0.004s\n" +
		"?   \texample.org/x/none\t[no test files]\n" +
		"ok  \texample.org/x/plain\t0.003s\n" +
		"FuzzC\nok  \texample.org/x/c\t(cached)\n"
	want := []fuzzTarget{{"example.org/x/a", "FuzzA"}, {"example.org/x/a", "FuzzB"}, {"example.org/x/c", "FuzzC"}}
	if got := parseFuzzTargets([]byte(list)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
