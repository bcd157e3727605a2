// SPDX-License-Identifier: Apache-2.0

// Package prove has the stages that give verdicts: about packages that are installed in a
// clean container, about an add-on next to a distro's own packages, about a build.
package prove
