// SPDX-License-Identifier: Apache-2.0

// Package walk runs stages many times over and puts the answers into rows: the releases of a
// clone, upstream's providers transplanted into a host, and the checks of one provider.
package walk
