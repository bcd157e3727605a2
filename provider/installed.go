// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// InstallDir is a directory for files that are neither code nor documentation. Each package
// decides its path.
type InstallDir string

const (
	// UdevRules is ${CMAKE_INSTALL_UDEV_RULESDIR}.
	UdevRules InstallDir = "udev/rules.d"
	// Modprobe is ${CMAKE_INSTALL_MODPROBEDIR}: /etc/modprobe.d unless the package sets it.
	Modprobe InstallDir = "modprobe.d"
	// EtcModprobe is ${CMAKE_INSTALL_SYSCONFDIR}/modprobe.d.
	EtcModprobe InstallDir = "etc/modprobe.d"
	// LibExec is ${CMAKE_INSTALL_LIBEXECDIR}, for helpers of udev or modprobe.
	LibExec InstallDir = "libexec"
)

// Installed is a file of the provider that is installed unchanged, or with CMake's variables
// substituted.
type Installed struct {
	Dir    InstallDir
	Name   string // installed name
	Source string // from the provider's directory
}

// Installed returns the provider's udev rules, modprobe files and their helpers, in the order
// of its CMakeLists.txt.
func (p *Provider) Installed() []Installed { return slices.Clone(p.installed) }

// installDir recognises a DESTINATION as upstream's own providers write it.
func installDir(destination string) (InstallDir, bool) {
	switch path.Clean(destination) {
	case "${" + UdevRules.variable() + "}":
		return UdevRules, true
	case "${" + Modprobe.variable() + "}":
		return Modprobe, true
	case "${CMAKE_INSTALL_SYSCONFDIR}/modprobe.d":
		return EtcModprobe, true
	case "${CMAKE_INSTALL_LIBEXECDIR}":
		return LibExec, true
	}
	return "", false
}

// variable is the directory's variable of rdma-core's CMakeLists.txt; "" for one of CMake's own
// directories.
func (d InstallDir) variable() string {
	switch d {
	case UdevRules:
		return "CMAKE_INSTALL_UDEV_RULESDIR"
	case Modprobe:
		return "CMAKE_INSTALL_MODPROBEDIR"
	case EtcModprobe, LibExec:
	}
	return ""
}

// cmakeInstall is install(FILES file… DESTINATION dir [RENAME name]), or
// rdma_subst_install(), which is the same for one file.
type cmakeInstall struct {
	files               []cmake.Arg
	destination, rename *cmake.Arg
	bare                *cmake.Arg // DESTINATION or RENAME without a value
}

func readInstall(c *cmake.Command) cmakeInstall {
	var in cmakeInstall
	if len(c.Args) == 0 || c.Args[0].Text != "FILES" && c.Args[0].Text != "PROGRAMS" {
		return in
	}
	isKey := func(text string) bool { return text == "DESTINATION" || text == "RENAME" }
	for i := 1; i < len(c.Args); i++ {
		a := &c.Args[i]
		switch {
		case isKey(a.Text) && i+1 == len(c.Args):
			in.bare = a
		case a.Text == "RENAME":
			i++
			in.rename = &c.Args[i]
		case a.Text == "DESTINATION":
			i++
			in.destination = &c.Args[i]
		case slices.Contains([]string{"PERMISSIONS", "CONFIGURATIONS", "COMPONENT", "OPTIONAL", "EXCLUDE_FROM_ALL", "TYPE"}, a.Text):
			for i+1 < len(c.Args) && !isKey(c.Args[i+1].Text) {
				i++ // its values name no file
			}
		default:
			in.files = append(in.files, *a)
		}
	}
	return in
}

// installs reads the files that a command installs. Only directories that all packages know are
// supported.
func (r *buildReader) installs(b *cmake.File, c *cmake.Command) error {
	const lookedFor = "install(FILES … DESTINATION of udev rules, modprobe files or libexec"
	in := readInstall(c)
	switch {
	case in.bare != nil:
		return b.Fail(*in.bare, "a value after "+in.bare.Text, "none")
	case len(in.files) == 0 || in.destination == nil:
		return b.FailAt(c, lookedFor, "a different form of "+c.Name+"()")
	}
	if isDriverDir(in.destination.Text) {
		return r.installsDriver(b, in)
	}
	dir, ok := installDir(in.destination.Text)
	switch {
	case !ok:
		return b.Fail(*in.destination, lookedFor, fmt.Sprintf("%q", in.destination.Text))
	case in.rename != nil && len(in.files) != 1:
		return b.Fail(*in.rename, "one file with RENAME", strconv.Itoa(len(in.files)))
	}
	for _, f := range in.files {
		if err := r.install(b, dir, f, in.rename); err != nil {
			return err
		}
	}
	return nil
}

func (r *buildReader) install(b *cmake.File, dir InstallDir, f cmake.Arg, rename *cmake.Arg) error {
	source := strings.TrimPrefix(f.Text, "${CMAKE_CURRENT_SOURCE_DIR}/")
	in := Installed{Dir: dir, Name: path.Base(source), Source: b.Path(source)}
	if rename != nil {
		in.Name, f = rename.Text, *rename
	}
	switch {
	case !installForm.MatchString(in.Name):
		return b.Fail(f, "the name of a file, or a variable set() here", fmt.Sprintf("%q", in.Name))
	case !r.p.hasBuilt(in.Source):
		return b.Fail(f, "the file "+in.Source, "no such file to install in "+r.p.Manifest.Folder())
	case dir == UdevRules && !strings.HasSuffix(in.Name, ".rules"):
		return b.Fail(f, "a name ending in .rules, so that udev reads it", in.Name)
	case (dir == Modprobe || dir == EtcModprobe) && !strings.HasSuffix(in.Name, ".conf"):
		return b.Fail(f, "a name ending in .conf, so that modprobe reads it", in.Name)
	}
	same := func(o Installed) bool { return o.Dir == in.Dir && o.Name == in.Name }
	if !slices.ContainsFunc(r.p.installed, same) { // it may be in both branches of an if()
		r.p.installed = append(r.p.installed, in)
	}
	return nil
}

// isDriverDir recognises /etc/libibverbs.d, where libibverbs finds the names of the providers
// to load.
func isDriverDir(destination string) bool {
	switch path.Clean(destination) {
	case "${CONFIG_DIR}", "${CMAKE_INSTALL_FULL_SYSCONFDIR}/libibverbs.d", "${CMAKE_INSTALL_SYSCONFDIR}/libibverbs.d", "/etc/libibverbs.d":
		return true
	}
	return false
}

// installsDriver reads an install() of NAME.driver. rdma_provider() and rdma_shared_provider()
// already write and install one with "driver NAME": a second, equal one does no harm. Any other
// file there would name another provider, or would be overwritten.
func (r *buildReader) installsDriver(b *cmake.File, in cmakeInstall) error {
	const binary = "${CMAKE_CURRENT_BINARY_DIR}/"
	own := r.p.Manifest.Name + ".driver"
	for _, f := range in.files {
		name, at := path.Base(f.Text), f
		if in.rename != nil {
			name, at = in.rename.Text, *in.rename
		}
		source := b.Path(strings.TrimPrefix(f.Text, "${CMAKE_CURRENT_SOURCE_DIR}/"))
		content, ok := r.p.Content(source)
		s := strings.TrimSpace(string(content))
		switch {
		case name != own:
			return b.Fail(at, own+" as the only file in libibverbs.d, where each file names a provider to load", edit.Quote(name))
		case !ok && !strings.HasPrefix(f.Text, binary):
			return b.Fail(f, "the file "+source, "no such file to install in "+r.p.Manifest.Folder())
		case ok && s != "driver "+r.p.Manifest.Name:
			lookedFor := `"driver ` + r.p.Manifest.Name + `" in ` + source + ", as in the file that " + PluginCommand + "() installs"
			return b.Fail(f, lookedFor, edit.Quote(s))
		}
		warning := &text.SourceError{
			File: b.Name, Line: text.LineNumber(b.Data, f.Start), Want: "no install() of " + own,
			Got: "one: " + PluginCommand + "() and " + LibraryCommand + "() already install it",
		}
		r.warnings = append(r.warnings, warning)
	}
	return nil
}
