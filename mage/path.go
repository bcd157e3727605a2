// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
)

// namePath makes a flag of the argument after provider:adopt, which may be left out: mage knows no such arguments.
func namePath(args []string) []string {
	at := slices.IndexFunc(args, func(arg string) bool { return strings.EqualFold(arg, "provider:adopt") })
	if at < 0 || at+1 >= len(args) || strings.HasPrefix(args[at+1], "-") {
		return args
	}
	args = slices.Clone(args)
	args[at+1] = "-path=" + args[at+1]
	return args
}
