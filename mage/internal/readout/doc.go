// SPDX-License-Identifier: Apache-2.0

// Package readout reads a directory of outputs, a walk over releases or an error into what a page shows. It reads files and
// nothing else, so that a page can be made again for any directory.
package readout
