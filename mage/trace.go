// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"slices"
	"strings"
)

// takeTrace takes -trace=FILE, which every target has, out of the arguments, since mage gives a
// target only its own parameters: the program finds it in the environment.
func takeTrace(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		flag, file, _ := strings.Cut(arg, "=")
		if flag != "-trace" && flag != "--trace" || flag == arg {
			return false
		}
		_ = os.Setenv("VERBSMITH_TRACE", file) // only a file with a zero byte fails, which no argument has
		return true
	})
}
