// SPDX-License-Identifier: Apache-2.0

package job

import (
	"fmt"
	"runtime"
	"strconv"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// Macros are the macros by which specs tell distros apart, as rpm has them on the
// target's distro, which is compatible with Enterprise Linux: what centos-release and similar packages
// define. docs/source-packages.md lists them. A macro that the real distro has and the
// stand-in does not, or the other way round, is in neither list.
func (j Job) Macros() rpmspec.Macros {
	d := j.Distro()
	el := strconv.Itoa(d.EL)
	m := rpmspec.Macros{
		Values: map[string]string{
			"rhel": el, "centos": el, "el" + el: "1", "dist": d.Dist, "_os": "linux", "_target_os": "linux",
		},
		Absent: []string{
			// Fedora and its builds
			"fedora", "flatpak", "eln",
			// SUSE
			"suse_version", "sle_version", "is_opensuse", "is_sle",
			// openEuler and its kin
			"openEuler", "oe", "euleros", "anolis", "alinux", "opencloudos", "tencentos", "kylin", "uos", "bclinux", "ctyunos",
			// others
			"amzn", "amazon_linux", "azl", "mariner", "photon", "mageia", "mgaversion", "mdvver", "omvver", "rosa", "altlinux", "xenserver",
		},
		RPM:  rpmspec.RPM(d.RPM),
		Arch: rpmArch(),
	}
	for other := 5; other <= 12; other++ {
		if other != d.EL {
			m.Absent = append(m.Absent, fmt.Sprintf("el%d", other))
		}
	}
	return m
}

// rpmArch is rpm's name of this machine, which is what the engine's containers have.
func rpmArch() string {
	names := map[string]string{
		"amd64": "x86_64", "arm64": "aarch64", "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64", "loong64": "loongarch64",
	}
	return names[runtime.GOARCH]
}
