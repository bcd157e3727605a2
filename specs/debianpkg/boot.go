// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"path"
	"regexp"
	"strings"
)

// cmakeFolder matches the options in rules that set CMake's install directories.
var cmakeFolder = regexp.MustCompile(`-D(CMAKE_INSTALL_[A-Z_]+)(?::PATH)?=([^"\s]+)`)

// bootFiles returns a provider's files in rdma-core: udev rules, modprobe files and their
// helpers. rules sets their directories, as in
// -DCMAKE_INSTALL_UDEV_RULESDIR:PATH=/lib/udev/rules.d. unplaced are the files without one.
func bootFiles(rules []byte, p *Provider) (list []installed, unplaced []Installed) {
	folders := map[Folder]string{}
	for _, m := range cmakeFolder.FindAllStringSubmatch(string(rules), -1) {
		folder := m[2]
		if !strings.HasPrefix(folder, "/") {
			folder = "/usr/" + folder
		}
		folders[Folder(m[1])] = folder[1:]
	}
	for _, f := range p.Installed {
		folder, ok := folders[f.Folder]
		if f.Folder == EtcModprobe || f.Folder == Modprobe && !ok {
			folder, ok = folders[EtcModprobe]
			folder += "/modprobe.d"
		}
		if !ok {
			unplaced = append(unplaced, f)
			continue
		}
		name := path.Join(folder, f.Name)
		list = append(list, installed{pattern: name, files: []string{name}})
	}
	return list, unplaced
}
