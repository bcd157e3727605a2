// SPDX-License-Identifier: Apache-2.0

// Package stage is how any stage runs: its key and its output in the stage cache, its
// line on the display, its log, its script in a container or on this machine, and the
// files that go into a container.
package stage
