// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"path"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

// Installable returns dist's binary packages except the debug ones, as files below rpms/ or
// debs/, and their names.
func Installable(d artifact.Dist) (files []File, names []string, err error) {
	folder := PackagesDir(d) + "/"
	for _, f := range d.Manifest.Files {
		file := filepath.Join(d.Dir, filepath.FromSlash(f.Path))
		if pkgfile.IsDeb(f.Path) && !pkgfile.IsDebugDeb(f.Path) {
			name, _ := pkgfile.DebName(f.Path)
			names = append(names, name)
			files = append(files, File{Name: folder + path.Base(f.Path), Path: file})
		}
		if !pkgfile.IsRPM(f.Path) {
			continue
		}
		info, err := pkgfile.ReadRPM(file)
		if err != nil {
			return nil, nil, err
		}
		if !pkgfile.IsDebugRPM(info.Name) {
			names = append(names, info.Name)
			files = append(files, File{Name: folder + path.Base(f.Path), Path: file})
		}
	}
	return files, names, nil
}

// PackagesDir is the directory with the packages of dist in a container, relative to its root.
func PackagesDir(d artifact.Dist) string {
	if d.Debian() {
		return "debs"
	}
	return "rpms"
}
