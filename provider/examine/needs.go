// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// needs finds dependencies of the provider's CMake files outside rdma-core: a compiler, a
// package, a library, a file. Those in an if() or a loop are optional and ignored.
type needs struct {
	p       *subject
	a       *Answer
	targets map[string]bool // that these files make
	cxx     bool            // enable_language(CXX)
	used    usage
	options []option
	told    map[string]bool // dependencies in lower case, once each
}

// checkNeeds fails for a dependency that neither rdma-core's own build nor the manifest's
// buildRequires provides. It warns if no name in buildRequires resembles it.
func (p *subject) checkNeeds(a *Answer) {
	files, err := p.BuildFiles()
	if err != nil {
		return // reported by checkBuild
	}
	n := &needs{p: p, a: a, targets: map[string]bool{p.Manifest.Name: true}, told: map[string]bool{}}
	for i := range files {
		n.used.learn(files[i].Commands)
		for _, c := range files[i].Commands {
			n.learn(&c)
		}
	}
	for i := range files {
		for k := range files[i].Commands {
			if c := &files[i].Commands[k]; len(c.Blocks) == 0 {
				n.look(files[i], c)
			}
		}
	}
	n.warnOptions()
}

// learn records the targets of a command.
func (n *needs) learn(c *cmake.Command) {
	if len(c.Args) == 0 {
		return
	}
	switch c.Name {
	case "add_library", "add_executable", "add_custom_target", provider.PluginCommand, provider.LibraryCommand, "rdma_library":
		n.targets[c.Args[0].Text] = true
	case "enable_language":
		n.cxx = n.cxx || slices.Contains(c.Texts(), languageCXX)
	case "project":
		n.cxx = n.cxx || len(projectLanguages(c.Args)) == 0 || slices.Contains(c.Texts(), languageCXX)
	}
}

// The commands by the kind of their arguments.
func isSourcesCommand(name string) bool {
	switch name {
	case "add_library", "add_executable", "target_sources", provider.PluginCommand, provider.LibraryCommand, "rdma_library":
		return true
	}
	return false
}

func isFoldersCommand(name string) bool {
	switch name {
	case "include_directories", "target_include_directories", "include", "link_directories", "target_link_directories":
		return true
	}
	return false
}

func (n *needs) look(b *cmake.File, c *cmake.Command) {
	switch c.Name {
	case "enable_language":
		n.languages(b, c, c.Args)
	case "project":
		n.project(b, c)
	case "find_package":
		if len(c.Args) > 0 {
			n.packages(b, c, c.Args[0].Text, c.Args[:1])
		}
	case "pkg_check_modules", "pkg_search_module":
		if len(c.Args) > 0 {
			n.packages(b, c, c.Args[0].Text, c.Args[1:])
		}
	case "find_library":
		n.found(b, c)
	case "target_link_libraries":
		n.linked(b, c, c.Args[min(1, len(c.Args)):])
	case "link_libraries":
		n.linked(b, c, c.Args)
	}
	if isSourcesCommand(c.Name) || isFoldersCommand(c.Name) {
		n.places(b, c)
	}
	if isFlagsCommand(c) {
		for _, a := range c.Args {
			n.flags(b, c, a)
		}
	}
}

// languages checks for languages other than C, rdma-core's only one.
func (n *needs) languages(b *cmake.File, c *cmake.Command, args []cmake.Arg) {
	for _, a := range args {
		switch a.Text {
		case "C", "ASM", "OPTIONAL", "NONE":
		case languageCXX:
			n.need(b, c, a, cxxCompiler)
		default:
			n.need(b, c, a, a.Text)
		}
	}
}

// isModuleOption recognises options of pkg_check_modules() and of rdma-core's version of it: no
// module's name is all capitals.
func isModuleOption(name string) bool {
	switch name {
	case wordRequired, "QUIET", "NO_CMAKE_PATH", "NO_CMAKE_ENVIRONMENT_PATH", "IMPORTED_TARGET", "GLOBAL":
		return true
	}
	return false
}

// ownPackage reports whether rdma-core's own build requirements provide it.
func ownPackage(name string) bool {
	switch strings.ToLower(name) {
	case "threads", "pkgconfig", "python", "python3", "pythoninterp", "pythonlibs", "udev", "systemd", "nl", "cython", "rst2man", "pandoc",
		"ldsymver", "libnl-3.0", "libnl-route-3.0", "libudev", "libsystemd":
		return true
	}
	return false
}

// isOption reports whether a word is in capitals, like CMake's keywords.
func isOption(word string) bool { return optionWord.MatchString(word) }

var optionWord = regexp.MustCompile(`^[A-Z][A-Z_]+$`)

func (n *needs) linked(b *cmake.File, c *cmake.Command, args []cmake.Arg) {
	for _, a := range args {
		switch a.Text {
		case "debug", "optimized", "general":
			continue
		}
		switch {
		case strings.HasPrefix(a.Text, "-"):
			n.flags(b, c, a)
		case !isOption(a.Text):
			n.library(b, c, a, false)
		}
	}
}

// library is one linked item: a target, a name, or a file. The build works without an optional
// one.
func (n *needs) library(b *cmake.File, c *cmake.Command, a cmake.Arg, optional bool) {
	name := a.Text
	if strings.HasPrefix(name, "-") || strings.ContainsAny(name, "$<") || n.targets[name] {
		return
	}
	if strings.Contains(name, "/") {
		if path.IsAbs(name) || strings.HasPrefix(n.place(b, name), "..") {
			n.outside(b, a)
		}
		return
	}
	name, _, _ = strings.Cut(name, "::")
	if base, ext := strings.TrimPrefix(name, "lib"), path.Ext(name); ext == ".a" || ext == ".so" {
		name = strings.TrimSuffix(base, ext)
	}
	if name == "stdc++" {
		name = cxxCompiler
	}
	switch {
	case name == "" || ownLibrary(name) || ownPackage(name):
	case optional:
		n.option(b, c, a, name)
	default:
		n.need(b, c, a, name)
	}
}

// ownLibrary reports whether a library is part of rdma-core, libc or the C compiler, or linked
// by rdma-core itself.
func ownLibrary(name string) bool {
	switch name = strings.TrimSuffix(name, "-static"); name {
	case "ibverbs", "rdmacm", "ibumad", "ibmad", "ibnetdisc", "rdma_util", "rdma_util_pic", "ccan", "ccan_pic", "kern-abi",
		"c", "m", "pthread", "dl", "rt", "util", "resolv", "anl", "crypt", "gcc", "gcc_s",
		"nl-3", "nl-genl-3", "nl-route-3":
		return true
	}
	return provider.UpstreamHas(name)
}

const (
	cxxCompiler = "C++"
	languageCXX = "CXX" // CMake's name for it
)

// need fails once for a dependency that buildRequires does not provide. If buildRequires has a
// mistake, nothing is reported.
func (n *needs) need(b *cmake.File, c *cmake.Command, a cmake.Arg, name string) {
	r, key := n.p.Manifest.BuildRequires, strings.ToLower(name)
	if n.p.doubts(fieldRequires) || n.told[key] {
		return
	}
	n.told[key] = true
	got := fmt.Sprintf("%s(… %s), which rdma-core is built without", c.Name, a.Text)
	switch {
	case len(r.RPM) == 0 && len(r.Debian) > 0:
		want := fmt.Sprintf("buildRequires.rpm in %s with the packages that provide %s", provider.ManifestName, name)
		n.a.fail(n.problem(b, a, want, "only buildRequires.debian"))
	case len(r.RPM) == 0:
		n.a.fail(n.problem(b, a, fmt.Sprintf("buildRequires in %s with the packages that provide %s", provider.ManifestName, name), got))
	case !brings(r.RPM, name):
		n.a.warn(n.problem(b, a, "a package in buildRequires.rpm that provides "+name, strings.Join(r.RPM, ", ")))
	case len(r.Debian) == 0:
		n.a.warn(n.problem(b, a, "buildRequires.debian as well, for the deb target", "only buildRequires.rpm"))
	}
}

// brings reports whether the name of a package resembles the dependency.
func brings(packages []string, name string) bool {
	words := []string{strings.TrimPrefix(strings.ToLower(name), "lib")}
	switch name {
	case cxxCompiler:
		words = []string{"c++", "g++", "clang"}
	case "crypto":
		words = append(words, "openssl", "ssl")
	case "Fortran":
		words = append(words, "gfortran")
	}
	return slices.ContainsFunc(packages, func(pkg string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(pkg), w) })
	})
}

// places checks the files and directories of a command.
func (n *needs) places(b *cmake.File, c *cmake.Command) {
	for _, a := range c.Args {
		if isSourcesCommand(c.Name) && isCXX(a.Text) {
			if !n.cxx {
				n.a.fail(n.problem(b, a, wantCXX, a.Text))
			} else {
				n.need(b, c, a, cxxCompiler)
			}
		}
		if n.isOutside(b, a.Text) || isSourcesCommand(c.Name) && path.IsAbs(a.Text) {
			n.outside(b, a)
		}
	}
}

func isCXX(name string) bool {
	switch path.Ext(name) {
	case ".cpp", ".cc", ".cxx", ".C", ".c++":
		return true
	}
	return false
}

// place is the path of a file or directory in a command, from the top of rdma-core; "" if a
// variable makes it unknown.
func (n *needs) place(b *cmake.File, name string) string {
	base := path.Join(n.p.Manifest.Folder(), b.Dir)
	for variable, dir := range map[string]string{
		"CMAKE_CURRENT_SOURCE_DIR": base, "CMAKE_CURRENT_LIST_DIR": base, "CMAKE_SOURCE_DIR": ".", "PROJECT_SOURCE_DIR": ".",
	} {
		if rest, ok := strings.CutPrefix(name, "${"+variable+"}"); ok && (rest == "" || rest[0] == '/') {
			base, name = dir, strings.TrimPrefix(rest, "/")
			break
		}
	}
	if strings.ContainsAny(name, "$<") || path.IsAbs(name) {
		return ""
	}
	return path.Join(base, name)
}

const (
	wantInside = "a file of this directory or of rdma-core: nothing else is copied with the provider"
	wantCXX    = "enable_language(CXX) in " + cmake.FileName + " for a C++ source: rdma-core's own project enables only C"
)

func (n *needs) outside(b *cmake.File, a cmake.Arg) {
	n.a.fail(n.problem(b, a, wantInside, a.Text))
}

func (n *needs) problem(b *cmake.File, a cmake.Arg, want, got string) error {
	return text.ErrorAt(b.Name, b.Data, a.Start, want, text.Excerpt(got))
}

// cutAny returns what is before the first of some characters.
func cutAny(s, chars string) string {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i]
	}
	return s
}
