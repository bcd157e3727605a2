// SPDX-License-Identifier: Apache-2.0

// Package build holds the targets that make something of a release and a
// provider: build, rpm, patch, spec, and inspect, which reads what rpm made.
package build
