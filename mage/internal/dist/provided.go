// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
)

// Provided are the files with the provider's name in the packages, by the name of the package, without debugging data.
func Provided(ctx context.Context, dist artifact.Dist) (map[string][]string, error) {
	all := map[string][]string{}
	for _, f := range dist.Manifest.Files {
		name, files, err := installs(ctx, filepath.Join(dist.Dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if ofProvider(file, dist.Manifest.Provider) && !strings.Contains(file, buildID) {
				all[name] = append(all[name], file)
			}
		}
	}
	for name := range all {
		slices.Sort(all[name])
	}
	return all, nil
}

// installs are the name and the files of a binary package; of all else nothing.
func installs(ctx context.Context, file string) (name string, files []string, err error) {
	switch {
	case pkgfile.IsRPM(file):
		info, err := pkgfile.ReadRPM(file)
		if err != nil || pkgfile.IsDebugRPM(info.Name) {
			return info.Name, nil, err
		}
		for _, f := range info.Files {
			files = append(files, f.Path)
		}
		return info.Name, files, nil
	case pkgfile.IsDeb(file) && !pkgfile.IsDebugDeb(file):
		d, err := pkgfile.ReadDeb(ctx, file)
		for _, f := range d.Files {
			files = append(files, f.Path)
		}
		return d.Name, files, err
	}
	return "", nil, nil
}
