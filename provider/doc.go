// SPDX-License-Identifier: Apache-2.0

// Package provider adds an out-of-tree provider to an rdma-core source tree: it reads the
// provider's directory and manifest (provider.yaml) strictly, and makes the edits that upstream
// makes for a new provider. Each place is found by parsing, and each edit is verified.
//
// The edits follow upstream's own commits that added efa, siw, irdma, erdma,
// mana and ionic: the top CMakeLists.txt, two lists in
// kernel-headers/CMakeLists.txt, enum rdma_driver_id, libibverbs/verbs.h for
// static builds, MAINTAINERS and README.md. The RPM specs are not edited here.
package provider
