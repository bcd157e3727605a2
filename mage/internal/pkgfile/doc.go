// SPDX-License-Identifier: Apache-2.0

// Package pkgfile reads the metadata in the file name and header of an RPM or a
// Debian package.
package pkgfile
