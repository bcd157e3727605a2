// SPDX-License-Identifier: Apache-2.0

package prove

import (
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/scripts"
)

// packaging has the commands of one kind of packages in the proof; the assertions are the same.
type packaging struct {
	manager   string        // verdict.sh's MANAGER
	installer string        // dnf or apt-get
	script    string        // script that installs a directory of packages
	owner     string        // the package that has the providers
	verify    report.Result // the check that installed files are unchanged
	remove    string        // the command that removes packages
	library   string        // the package of libibverbs
}

func rpmPackaging() packaging {
	return packaging{
		manager: "rpm", installer: "dnf", script: scripts.DNFInstall, owner: "libibverbs", remove: "dnf remove", library: "libibverbs",
		verify: report.Result{Name: "rpm-verify", Title: "rpm -V is clean"},
	}
}

func debPackaging() packaging {
	return packaging{
		manager: "dpkg", installer: "apt-get", script: "apt-install.sh", owner: "ibverbs-providers",
		remove: "apt-get purge", library: distroLibrary,
		verify: report.Result{Name: "dpkg-verify", Title: "dpkg --verify is clean"},
	}
}

// packagingOf returns the kind of the packages.
func packagingOf(d artifact.Dist) packaging {
	if d.Debian() {
		return debPackaging()
	}
	return rpmPackaging()
}
