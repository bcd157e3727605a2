// SPDX-License-Identifier: Apache-2.0

package scripts

// The scripts that several families of stages run, and the name of Netlink.
const (
	CommonInstall = "common-install.sh" // saves and restores what %install made of a build's files
	CommonObjects = "common-objects.sh" // saves and restores what a build made of a tree
	DebBuild      = "deb-build.sh"      // runs dpkg-buildpackage
	DNFInstall    = "dnf-install.sh"    // has dnf install the RPMs of a directory
	DistroProbe   = "distro-probe.sh"   // writes facts about an image
	Preload       = "preload.sh"        // compiles a library for LD_PRELOAD, such as NetlinkSource or VarySource
	NetlinkSource = "rdma-netlink.c"    // plays the kernel's RDMA netlink to a program
	RPMBuild      = "rpm-build.sh"      // runs rpmbuild
	SlurmCell     = "slurm-cell.sh"     // a task of Slurm's, on a node: one cell of a matrix
	Vary          = "vary.sh"           // runs a script with what a build should not notice changed
	VarySource    = "vary.c"            // the name of VaryText
	Verdict       = "verdict.sh"        // gives one verdict about installed packages
)
