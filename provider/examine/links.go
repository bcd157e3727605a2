// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
)

// usage records how the CMake files use their search results.
type usage struct {
	linked  []string // arguments of commands outside any block that link or name directories
	refused []string // words of the if() around a message(FATAL_ERROR)
}

// learn reads the commands of one file.
func (u *usage) learn(cmds []cmake.Command) {
	var open []string
	var starts []int
	for i := range cmds {
		c := &cmds[i]
		switch c.Name {
		case cmake.If:
			starts = append(starts, len(open))
			open = append(open, c.Texts()...)
		case "endif":
			if n := len(starts); n > 0 {
				open, starts = open[:starts[n-1]], starts[:n-1]
			}
		case "message":
			if len(c.Args) > 0 && (c.Args[0].Text == "FATAL_ERROR" || c.Args[0].Text == "SEND_ERROR") {
				u.refused = append(u.refused, open...)
			}
		case "target_link_libraries", "link_libraries", "target_include_directories", "include_directories":
			if len(c.Blocks) == 0 {
				u.linked = append(u.linked, c.Texts()...)
			}
		}
	}
}

// needs reports whether the build fails without the value that a command has stored in a
// variable, or in those that begin with prefix and "_". Case does not matter in prefixes.
func (u *usage) needs(variable, prefix string) bool {
	is := func(name string) bool {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "${"), "}")
		start := prefix + "_"
		return variable != "" && name == variable ||
			prefix != "" && len(name) >= len(start) && strings.EqualFold(name[:len(start)], start)
	}
	return slices.ContainsFunc(u.refused, is) || slices.ContainsFunc(u.linked, func(text string) bool {
		return strings.HasPrefix(text, "${") && is(text) ||
			prefix != "" && (text == "PkgConfig::"+prefix || strings.HasPrefix(text, prefix+"::"))
	})
}

// packages handles find_package() and pkg_check_modules(): args are those after the prefix of
// their variables.
func (n *needs) packages(b *cmake.File, c *cmake.Command, prefix string, args []cmake.Arg) {
	required := slices.Contains(c.Texts(), wordRequired) || n.used.needs("", prefix)
	for _, a := range args {
		name := strings.TrimRight(cutAny(a.Text, "<>="), " ")
		switch {
		case name == "" || strings.Contains(name, "$") || isModuleOption(name) || ownPackage(name):
		case required:
			n.need(b, c, a, name)
		case !ownModule(name):
			n.option(b, c, a, name)
		}
	}
}

// ownModule reports whether rdma-core itself searches for a package, which is optional.
func ownModule(name string) bool {
	switch strings.ToLower(name) {
	case "lttngust", "lttng-ust":
		return true
	}
	return false
}

// found is find_library(VAR name …) or find_library(VAR NAMES a b PATHS …).
func (n *needs) found(b *cmake.File, c *cmake.Command) {
	if len(c.Args) == 0 {
		return
	}
	required := slices.Contains(c.Texts(), wordRequired) || n.used.needs(c.Args[0].Text, "")
	for _, a := range c.Args[1:] {
		switch {
		case a.Text == "NAMES":
		case isOption(a.Text):
			return
		default:
			n.library(b, c, a, !required)
		}
	}
}

const wordRequired = "REQUIRED"

// option records an optional dependency for warnOptions.
func (n *needs) option(b *cmake.File, c *cmake.Command, a cmake.Arg, name string) {
	n.options = append(n.options, option{b, c, a, name})
}

type option struct {
	b    *cmake.File
	c    *cmake.Command
	a    cmake.Arg
	name string
}

// warnOptions warns of optional dependencies that buildRequires does not provide and that
// nothing else needs.
func (n *needs) warnOptions() {
	for _, o := range n.options {
		key := strings.ToLower(o.name)
		if n.p.doubts(fieldRequires) || n.told[key] || brings(n.p.Manifest.BuildRequires.RPM, o.name) {
			continue
		}
		n.told[key] = true
		want := "buildRequires in " + provider.ManifestName + " with the packages that provide " + o.name + ", if it is to be used"
		n.a.warn(n.problem(o.b, o.a, want, o.c.Name+"(… "+o.a.Text+"), which is optional: the packages are built without it"))
	}
}

// project is project(NAME [LANGUAGES] language …); without a language it means C and C++.
func (n *needs) project(b *cmake.File, c *cmake.Command) {
	if languages := projectLanguages(c.Args); len(languages) > 0 {
		n.languages(b, c, languages)
	} else if len(c.Args) > 0 {
		a := c.Args[0]
		a.Text += " without a language, which means C and CXX"
		n.need(b, c, a, cxxCompiler)
	}
}

// projectLanguages returns the languages that a project() names.
func projectLanguages(args []cmake.Arg) []cmake.Arg {
	var languages []cmake.Arg
	for i := 1; i < len(args); i++ {
		switch args[i].Text {
		case "LANGUAGES":
		case "VERSION", "DESCRIPTION", "HOMEPAGE_URL", "COMPAT_VERSION", "SPDX_LICENSE":
			i++
		default:
			languages = append(languages, args[i])
		}
	}
	return languages
}

// isFlagsCommand reports whether arguments of a command are options of the compiler or
// of the linker.
func isFlagsCommand(c *cmake.Command) bool {
	switch c.Name {
	case "target_link_options", "add_link_options", "set_target_properties", "set_property",
		"target_compile_options", "add_compile_options":
		return true
	case "set":
		return len(c.Args) > 0 && (strings.Contains(c.Args[0].Text, "_FLAGS") || strings.HasSuffix(c.Args[0].Text, "_STANDARD_LIBRARIES"))
	}
	return false
}

// flags checks the -l, -L and -I in an argument, which may have several.
func (n *needs) flags(b *cmake.File, c *cmake.Command, a cmake.Arg) {
	for _, flag := range strings.FieldsFunc(a.Text, func(r rune) bool { return strings.ContainsRune(" \t\n;,", r) }) {
		flag = strings.TrimPrefix(strings.TrimPrefix(flag, "SHELL:"), "LINKER:")
		one := a
		if name, ok := strings.CutPrefix(flag, "-l"); ok && name != "" {
			one.Text = strings.TrimPrefix(name, ":")
			n.library(b, c, one, false)
			continue
		}
		for _, option := range []string{"-L", "-I"} {
			if dir, ok := strings.CutPrefix(flag, option); ok && n.isOutside(b, dir) {
				one.Text = dir
				n.outside(b, one)
			}
		}
	}
}

// isOutside reports whether a directory is neither in rdma-core nor one of a distribution's
// packages.
func (n *needs) isOutside(b *cmake.File, dir string) bool {
	if !path.IsAbs(dir) {
		return strings.HasPrefix(n.place(b, dir), "..")
	}
	dir = path.Clean(dir) + "/"
	return !slices.ContainsFunc([]string{"/usr/include/", "/usr/lib/", "/usr/lib64/", "/usr/share/"}, func(system string) bool {
		return strings.HasPrefix(dir, system)
	})
}
