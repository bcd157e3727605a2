// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What mage takes for flags and arguments of a target is left to it; a word behind them has to be a target.
func TestCheckArguments(t *testing.T) {
	t.Parallel()
	all := targets{"doctor": 0, "rpm": 0, "rpm:addon": 0, "provider:new": 1}
	for line, want := range map[string]string{
		"":                                "",
		"Doctor":                          "",
		"rpm -rdma=64.0 --base=x doctor":  "",
		"rpm:Addon RPM -x":                "",
		"provider:new fly -dir=x":         "",
		"provider:new rpm doctor":         "",
		"provider:new":                    "",
		"foo":                             `no target "foo"`,
		"doctor foo":                      `"foo" after doctor is neither`,
		"rpm -rdma=64.0 64.1 -base=x":     `"64.1" after rpm`,
		"provider:new fly moth":           `"moth" after provider:new`,
		"doctor rpm -base=registry ./dir": `"./dir" after rpm`,
	} {
		err := all.check(strings.Fields(line))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// What is not written is not checked.
func TestTargetsAreKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "targets.json")
	if got := readTargets(file); got != nil {
		t.Errorf("of no file: %v", got)
	}
	if err := (targets{"provider:new": 1}).write(file); err != nil {
		t.Fatal(err)
	}
	if got := readTargets(file); len(got) != 1 || got["provider:new"] != 1 {
		t.Errorf("got %v", got)
	}
}
