// SPDX-License-Identifier: Apache-2.0

// Package attest writes what is known of released packages in the formats that others read: bills of materials as CycloneDX 1.6 and
// SPDX 2.3, and provenance as an in-toto statement of SLSA v1. All of it comes from the record of the build and from the packages.
// Nothing has a clock in it: the same packages give the same bytes.
package attest
