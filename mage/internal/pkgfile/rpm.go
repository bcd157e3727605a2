// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// RPM holds the header fields of a binary or source package.
type RPM struct {
	Name, Version, Release, Arch string
	Epoch                        string // "" is none
	NEVRA                        string // name-[epoch:]version-release.arch
	License                      string
	Source                       bool   // a source package
	From                         string // file name of the source package
	Files                        []File
	Provides                     []string          // names
	Requires                     []string          // NAME, or NAME >= VERSION
	Size                         int64             // of the package file, bytes
	Installed                    int64             // what its files take, bytes; 0 if it does not say
	Scripts                      map[string]string // text and interpreter by section, such as post
}

// File is one entry of a package's file list.
type File struct {
	Path string
	Link string // target of a symbolic link
	Dir  bool
}

// ReadRPM reads a package's header; the payload stays compressed.
func ReadRPM(path string) (RPM, error) {
	info, err := readRPM(path)
	if err != nil {
		return info, fmt.Errorf("read package %s: %w", path, err)
	}
	return info, nil
}

func readRPM(path string) (RPM, error) {
	f, err := os.Open(path)
	if err != nil {
		return RPM{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return RPM{}, err
	}
	header, err := unpack.ReadRPMHeader(f)
	if err != nil {
		return RPM{}, err
	}
	n, err := header.GetNEVRA()
	if err != nil {
		return RPM{}, err
	}
	info := RPM{Name: n.Name, Version: n.Version, Release: n.Release, Arch: n.Arch, Size: st.Size()}
	info.Source = !header.HasTag(rpmutils.SOURCERPM)
	if !info.Source {
		if info.From, err = header.GetString(rpmutils.SOURCERPM); err != nil {
			return info, err
		}
	}
	if n.Epoch != "0" {
		info.Epoch = n.Epoch
	}
	if header.HasTag(rpmutils.LICENSE) {
		if info.License, err = header.GetString(rpmutils.LICENSE); err != nil {
			return info, err
		}
	}
	info.NEVRA = nevra(n)
	if info.Installed, err = installedSize(header); err != nil {
		return info, err
	}
	if info.Files, err = rpmFiles(header); err != nil {
		return info, err
	}
	if info.Provides, err = rpmStrings(header, rpmutils.PROVIDENAME); err != nil {
		return info, err
	}
	if info.Requires, err = rpmRequires(header); err != nil {
		return info, err
	}
	info.Scripts, err = rpmScripts(header)
	return info, err
}

func installedSize(header *rpmutils.RpmHeader) (int64, error) {
	if !header.HasTag(rpmutils.SIZE) && !header.HasTag(rpmutils.LONGSIZE) {
		return 0, nil
	}
	return header.InstalledSize()
}

// rpmRequires are what a package requires, with the versions.
func rpmRequires(header *rpmutils.RpmHeader) ([]string, error) {
	if !header.HasTag(rpmutils.REQUIRENAME) {
		return nil, nil
	}
	all, err := header.GetStrings(rpmutils.REQUIRENAME)
	if err == nil && header.HasTag(rpmutils.REQUIREVERSION) && header.HasTag(rpmutils.REQUIREFLAGS) {
		var versions []string
		var flags []uint32
		versions, err = header.GetStrings(rpmutils.REQUIREVERSION)
		if err == nil {
			flags, err = header.GetUint32s(rpmutils.REQUIREFLAGS)
		}
		if err == nil && (len(versions) != len(all) || len(flags) != len(all)) {
			err = errRequires
		}
		for i := range all {
			if err == nil && versions[i] != "" {
				all[i] += " " + comparison(flags[i]) + " " + versions[i]
			}
		}
	}
	sort.Strings(all)
	return all, err
}

var errRequires = errors.New("its header has not a version for each package that it requires")

// comparison is the sign of a requirement's flags.
func comparison(flags uint32) string {
	const less, greater, equal = 2, 4, 8
	sign := ""
	if flags&less != 0 {
		sign += "<"
	}
	if flags&greater != 0 {
		sign += ">"
	}
	if flags&equal != 0 {
		sign += "="
	}
	return sign
}

// rpmScripts are the scriptlets of a package, triggers among them.
func rpmScripts(header *rpmutils.RpmHeader) (map[string]string, error) {
	sections := map[string][]int{
		"pre": {rpmutils.PREIN, rpmutils.PREINPROG}, "post": {rpmutils.POSTIN, rpmutils.POSTINPROG},
		"preun": {rpmutils.PREUN, rpmutils.PREUNPROG}, "postun": {rpmutils.POSTUN, rpmutils.POSTUNPROG},
		"verify": {rpmutils.VERIFYSCRIPT, rpmutils.VERIFYSCRIPTPROG}, "triggers": {rpmutils.TRIGGERNAME, rpmutils.TRIGGERSCRIPTS},
	}
	scripts := map[string]string{}
	for name, tags := range sections {
		for _, tag := range tags {
			if !header.HasTag(tag) {
				continue
			}
			text, err := header.GetStrings(tag)
			if err != nil {
				return nil, err
			}
			scripts[name] += strings.Join(text, "\n") + "\n"
		}
	}
	return scripts, nil
}

// nevra leaves out an epoch of 0, as rpm -q does.
func nevra(n *rpmutils.NEVRA) string {
	version := n.Version
	if n.Epoch != "" && n.Epoch != "0" {
		version = n.Epoch + ":" + version
	}
	return fmt.Sprintf("%s-%s-%s.%s", n.Name, version, n.Release, n.Arch)
}

func rpmFiles(header *rpmutils.RpmHeader) ([]File, error) {
	infos, err := header.GetFiles()
	if err != nil {
		if _, ok := errors.AsType[rpmutils.NoSuchTagError](err); ok {
			return nil, nil // a package without files, such as a meta package
		}
		return nil, err
	}
	const typeMask, typeDir = 0o170000, 0o040000
	files := make([]File, 0, len(infos))
	for _, fi := range infos {
		files = append(files, File{
			Path: fi.Name(), Link: fi.Linkname(), Dir: fi.Mode()&typeMask == typeDir,
		})
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
	return files, nil
}

func rpmStrings(header *rpmutils.RpmHeader, tag int) ([]string, error) {
	if !header.HasTag(tag) {
		return nil, nil
	}
	values, err := header.GetStrings(tag)
	if err != nil {
		return nil, err
	}
	sort.Strings(values)
	return values, nil
}
