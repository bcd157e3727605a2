// SPDX-License-Identifier: Apache-2.0

// Command server serves a directory on loopback, with and without TLS, for a package manager in the same container.
package main
