// SPDX-License-Identifier: Apache-2.0

// Package pack has the stages that compile an integrated tree and build packages from it:
// build in a volume, rpmbuild, dpkg-buildpackage and lintian, a rebuild of the source
// package.
package pack
