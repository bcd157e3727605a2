// SPDX-License-Identifier: Apache-2.0

// Package pkgfile reads what the name and the header of a package's file say, an RPM's
// or a Debian package's.
package pkgfile
