// SPDX-License-Identifier: Apache-2.0

// Package versionmap reads the version scripts of libraries as ld(1) does.
package versionmap
