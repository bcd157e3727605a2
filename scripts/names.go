// SPDX-License-Identifier: Apache-2.0

package scripts

// The scripts that several families of stages run.
const (
	DNFInstall = "dnf-install.sh" // has dnf install the RPMs of a directory
	RPMBuild   = "rpm-build.sh"   // runs rpmbuild
	Verdict    = "verdict.sh"     // gives one verdict about installed packages
)
