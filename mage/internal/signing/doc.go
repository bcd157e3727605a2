// SPDX-License-Identifier: Apache-2.0

// Package signing signs what is released, with an OpenPGP key from a file or of gpg, and checks such signatures. The
// formats are those of RFC 9580 and of RPM's headers.
package signing
