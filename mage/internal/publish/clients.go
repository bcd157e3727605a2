// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// clients are the files that customers give to dnf or apt, by their paths.
func (x Index) clients() map[string][]byte {
	all := map[string][]byte{}
	for _, repository := range x.Repositories() {
		b := x.of(repository)[0]
		if b.Kind.Debian() {
			all[x.clientFile(repository)] = []byte(x.aptSource(b))
			continue
		}
		all[x.clientFile(repository)] = []byte(x.dnfRepository(b))
	}
	return all
}

// clientFile is the path of a repository's file for customers.
func (x Index) clientFile(repository string) string {
	if strings.HasPrefix(repository, debFolder+"/") {
		return debFolder + "/" + x.Name + "-" + path.Base(repository) + ".sources"
	}
	return repository + "/" + x.Name + ".repo"
}

// preferred lets dnf take a package from here although the distribution's is newer, which has no provider (dnf.conf(5): the usual
// priority is 99).
const preferred = "priority=50\n"

// dnfRepository is a file of /etc/yum.repos.d. Packages and metadata have to be signed.
func (x Index) dnfRepository(b Build) string {
	section := func(name, title, folder string, enabled int) string {
		return fmt.Sprintf("[%s]\nname=%s\nbaseurl=%s/%s/%s/\nenabled=%d\ngpgcheck=1\nrepo_gpgcheck=1\ngpgkey=%s/%s\n",
			name, title, x.URL, b.Repository, folder, enabled, x.URL, KeyFile)
	}
	title := fmt.Sprintf("%s for %s", x.Name, b.Title)
	binary := section(x.Name, title, "$basearch", 1)
	if slices.ContainsFunc(x.of(b.Repository), func(b Build) bool { return !b.Kind.Addon() }) {
		binary += preferred
	}
	return binary + "\n" + section(x.Name+"-source", title+", source packages", "source", 0)
}

// keyringFolder is where apt's users keep keys (sources.list(5)).
const keyringFolder = "/etc/apt/keyrings"

// aptSource is a file of /etc/apt/sources.list.d.
func (x Index) aptSource(b Build) string {
	return fmt.Sprintf("Types: deb deb-src\nURIs: %s/%s\nSuites: %s\nComponents: main\nSigned-By: %s/%s.asc\n",
		x.URL, debFolder, path.Base(b.Repository), keyringFolder, x.Name)
}
