// SPDX-License-Identifier: Apache-2.0

package job

import (
	"fmt"
	"strconv"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// Macros are the macros by which specs tell distros apart, as rpm has them on the
// target's distro, an Enterprise Linux or a Fedora: what centos-release, fedora-release and similar packages
// define. docs/source-packages.md lists them. A macro that the real distro has and the
// stand-in does not, or the other way round, is in neither list.
func (j Job) Macros() rpmspec.Macros {
	d := j.Distro()
	m := rpmspec.Macros{
		Values: map[string]string{"dist": d.Dist, d.Tag(): "1", "_os": "linux", "_target_os": "linux"},
		Absent: []string{
			// builds of Fedora
			"flatpak", "eln",
			// SUSE
			"suse_version", "sle_version", "is_opensuse", "is_sle",
			// openEuler and its kin
			"openEuler", "oe", "euleros", "anolis", "alinux", "opencloudos", "tencentos", "kylin", "uos", "bclinux", "ctyunos",
			// others
			"amzn", "amazon_linux", "azl", "mariner", "photon", "mageia", "mgaversion", "mdvver", "omvver", "rosa", "altlinux", "xenserver",
		},
		RPM:  rpmspec.RPM(d.RPM),
		Arch: string(j.Processor()),
	}
	if d.Fedora > 0 {
		m.Values["fedora"] = strconv.Itoa(d.Fedora)
		m.Absent = append(m.Absent, "rhel", "centos")
	} else {
		m.Values["rhel"], m.Values["centos"] = strconv.Itoa(d.EL), strconv.Itoa(d.EL)
		m.Absent = append(m.Absent, "fedora")
	}
	for other := 5; other <= 12; other++ {
		if other != d.EL {
			m.Absent = append(m.Absent, fmt.Sprintf("el%d", other))
		}
	}
	return m
}
