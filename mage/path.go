// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
)

// namePath makes flags of arguments that mage does not know: the path of provider:adopt and the directories of report, which may
// be left out and stand before or after flags, those of matrix:merge, and diagnose's packages.
func namePath(args []string) []string {
	args = nameDirectories(nameDriver(args), "report", "-dist=")
	return namePackages(nameDirectories(args, "matrix:merge", "-dirs="))
}

// nameDriver makes a flag of provider:adopt's argument.
func nameDriver(args []string) []string {
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

// nameDirectories makes one flag of a target's arguments: the first in any case, the others if they are paths.
func nameDirectories(args []string, target, flag string) []string {
	at := slices.IndexFunc(args, func(arg string) bool { return strings.EqualFold(arg, target) })
	if at < 0 {
		return args
	}
	kept, dirs := slices.Clone(args[:at+1]), []string(nil)
	for i, arg := range args[at+1:] {
		if !strings.HasPrefix(arg, "-") && (i == 0 || isPath(arg)) {
			dirs = append(dirs, arg)
			continue
		}
		kept = append(kept, arg)
	}
	if len(dirs) == 0 {
		return args
	}
	return slices.Insert(kept, at+1, flag+strings.Join(dirs, ","))
}

// namePackages makes one flag of diagnose's packages, and gives -dist without a value an empty one.
func namePackages(args []string) []string {
	at := slices.IndexFunc(args, func(arg string) bool { return strings.EqualFold(arg, "diagnose") })
	if at < 0 {
		return args
	}
	kept, packages := slices.Clone(args[:at+1]), -1
	for _, arg := range args[at+1:] {
		name := strings.TrimLeft(arg, "-")
		switch {
		case name == "dist" && name != arg:
			arg += "="
		case strings.HasPrefix(name, "packages=") && name != arg:
			packages = len(kept)
		case name == arg && isPackage(arg) && packages < 0:
			arg, packages = "-packages="+arg, len(kept)
		case name == arg && packages >= 0 && (isPath(arg) || isPackage(arg)):
			kept[packages] += "," + arg
			continue
		}
		kept = append(kept, arg)
	}
	return kept
}

func isPackage(arg string) bool {
	return strings.HasSuffix(arg, ".rpm") || strings.HasSuffix(arg, ".deb")
}

// isPath says whether an argument behind flags is a path, and not the next target.
func isPath(arg string) bool { return strings.ContainsRune(arg, '/') || strings.HasPrefix(arg, ".") }
