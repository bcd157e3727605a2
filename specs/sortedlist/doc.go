// SPDX-License-Identifier: Apache-2.0

// Package sortedlist says where a new entry goes in a list of rdma-core's that people
// keep sorted: lists of CMake, of headers, of README.md and MAINTAINERS, of debian/.
package sortedlist
