// SPDX-License-Identifier: Apache-2.0

// Package walk runs the same stages for each row of a table: the releases of a clone,
// upstream's providers transplanted into a host, strangers' providers, and the checks of one provider.
package walk
