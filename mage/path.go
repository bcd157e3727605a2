// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
)

// namePath makes a flag of provider:adopt's argument, which may be left out and stand before or after its flags: mage knows no
// such arguments.
func namePath(args []string) []string {
	at := slices.IndexFunc(args, func(arg string) bool { return strings.EqualFold(arg, "provider:adopt") })
	if at < 0 {
		return args
	}
	n := slices.IndexFunc(args[at+1:], func(arg string) bool { return !strings.HasPrefix(arg, "-") })
	if n < 0 || n > 0 && !isPath(args[at+1+n]) {
		return args
	}
	args = slices.Clone(args)
	args[at+1+n] = "-path=" + args[at+1+n]
	return args
}

// isPath says whether an argument behind flags is a path, and not the next target.
func isPath(arg string) bool { return strings.ContainsRune(arg, '/') || strings.HasPrefix(arg, ".") }
