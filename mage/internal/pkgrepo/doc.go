// SPDX-License-Identifier: Apache-2.0

// Package pkgrepo reads repositories of packages: it fetches their files from
// a URL, and reads the lists of packages of dnf's and of apt's.
package pkgrepo
