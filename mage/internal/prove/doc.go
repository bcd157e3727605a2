// SPDX-License-Identifier: Apache-2.0

// Package prove has the stages that produce verdicts: on packages installed in a clean
// container, on an add-on next to a distro's own packages, on a build.
package prove
