// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// InstallDir is a folder for files that are neither code nor documentation.
// Where it is, each package decides.
type InstallDir string

const (
	// UdevRules is ${CMAKE_INSTALL_UDEV_RULESDIR}.
	UdevRules InstallDir = "udev/rules.d"
	// Modprobe is ${CMAKE_INSTALL_MODPROBEDIR}: /etc/modprobe.d, where the
	// package does not set it.
	Modprobe InstallDir = "modprobe.d"
	// EtcModprobe is ${CMAKE_INSTALL_SYSCONFDIR}/modprobe.d.
	EtcModprobe InstallDir = "etc/modprobe.d"
	// LibExec is ${CMAKE_INSTALL_LIBEXECDIR}, for what udev or modprobe run.
	LibExec InstallDir = "libexec"
)

// Installed is a file of the provider that is installed as it is, or with CMake's
// variables written into it.
type Installed struct {
	Dir    InstallDir
	Name   string // as it is installed
	Source string // from the provider's folder
}

// Installed gives the provider's udev rules, modprobe files and what they run,
// in the order of its CMakeLists.txt.
func (p *Provider) Installed() []Installed { return slices.Clone(p.installed) }

// installDir knows a DESTINATION as upstream's own providers write it.
func installDir(destination string) (InstallDir, bool) {
	switch path.Clean(destination) {
	case "${CMAKE_INSTALL_UDEV_RULESDIR}":
		return UdevRules, true
	case "${CMAKE_INSTALL_MODPROBEDIR}":
		return Modprobe, true
	case "${CMAKE_INSTALL_SYSCONFDIR}/modprobe.d":
		return EtcModprobe, true
	case "${CMAKE_INSTALL_LIBEXECDIR}":
		return LibExec, true
	}
	return "", false
}

// installs reads install(FILES file… DESTINATION dir [RENAME name]) and
// rdma_subst_install(), which is the same for one file.
func (r *buildReader) installs(b *buildFile, c *cmakeCommand) error {
	const lookedFor = "install(FILES … DESTINATION of udev rules, modprobe files or libexec"
	if len(c.Args) == 0 || c.Args[0].Text != "FILES" && c.Args[0].Text != "PROGRAMS" {
		return b.failAt(c, lookedFor, "another form of "+c.Name+"()")
	}
	var files []cmakeArg
	var destination, rename *cmakeArg
	for i := 1; i < len(c.Args); i++ {
		switch c.Args[i].Text {
		case "DESTINATION", "RENAME":
			if i+1 == len(c.Args) {
				return b.fail(c.Args[i], "a value behind "+c.Args[i].Text, "none")
			}
			if c.Args[i].Text == "RENAME" {
				rename = &c.Args[i+1]
			} else {
				destination = &c.Args[i+1]
			}
			i++
		case "PERMISSIONS", "CONFIGURATIONS", "COMPONENT", "OPTIONAL", "EXCLUDE_FROM_ALL", "TYPE":
			// Their values name no file.
			for i+1 < len(c.Args) && c.Args[i+1].Text != "DESTINATION" && c.Args[i+1].Text != "RENAME" {
				i++
			}
		default:
			files = append(files, c.Args[i])
		}
	}
	if destination == nil {
		return b.failAt(c, lookedFor, "no DESTINATION")
	}
	dir, ok := installDir(destination.Text)
	switch {
	case !ok:
		return b.fail(*destination, lookedFor, fmt.Sprintf("%q", destination.Text))
	case rename != nil && len(files) != 1:
		return b.fail(*rename, "one file where there is a RENAME", fmt.Sprintf("%d", len(files)))
	}
	for _, f := range files {
		if err := r.install(b, dir, f, rename); err != nil {
			return err
		}
	}
	return nil
}

func (r *buildReader) install(b *buildFile, dir InstallDir, f cmakeArg, rename *cmakeArg) error {
	source := strings.TrimPrefix(f.Text, "${CMAKE_CURRENT_SOURCE_DIR}/")
	in := Installed{Dir: dir, Name: path.Base(source), Source: b.path(source)}
	if rename != nil {
		in.Name, f = rename.Text, *rename
	}
	switch {
	case !installForm.MatchString(in.Name):
		return b.fail(f, "the name of a file, or a variable that set() gives here", fmt.Sprintf("%q", in.Name))
	case !r.p.hasBuilt(in.Source):
		return b.fail(f, "the file "+in.Source, "none of that name that goes into providers/"+r.p.Manifest.Name)
	case dir == UdevRules && !strings.HasSuffix(in.Name, ".rules"):
		return b.fail(f, "a name that ends in .rules, for udev to read it", in.Name)
	case (dir == Modprobe || dir == EtcModprobe) && !strings.HasSuffix(in.Name, ".conf"):
		return b.fail(f, "a name that ends in .conf, for modprobe to read it", in.Name)
	}
	same := func(o Installed) bool { return o.Dir == in.Dir && o.Name == in.Name }
	if !slices.ContainsFunc(r.p.installed, same) { // both branches of an if() may have it
		r.p.installed = append(r.p.installed, in)
	}
	return nil
}
