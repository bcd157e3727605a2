// SPDX-License-Identifier: Apache-2.0

// Package timing tells where the time of a stage went: it divides the time from the stage's
// begin to its end among phases, by the steps of the stage's containers and by the lines that
// rpmbuild, dpkg-buildpackage, CMake and ninja print.
package timing
