// SPDX-License-Identifier: Apache-2.0

// Package provider puts a provider that lives outside rdma-core into an
// rdma-core source tree: it reads the provider's folder and manifest
// (provider.yaml) strictly, and makes the edits that upstream itself makes
// when it takes a provider in, each found by parsing and each asserted.
//
// What upstream edits was read from its own commits that added efa, siw,
// irdma, erdma, mana and ionic: the top CMakeLists.txt, two lists in
// kernel-headers/CMakeLists.txt, enum rdma_driver_id, libibverbs/verbs.h for
// static builds, MAINTAINERS and README.md. The RPM specs are not edited here.
package provider
