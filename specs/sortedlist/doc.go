// SPDX-License-Identifier: Apache-2.0

// Package sortedlist finds the place of a new entry in a list that rdma-core keeps
// sorted by hand: lists of CMake, of headers, of README.md and MAINTAINERS, of debian/.
package sortedlist
