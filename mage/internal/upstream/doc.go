// SPDX-License-Identifier: Apache-2.0

// Package upstream fetches a release of rdma-core: it finds the source archive, verifies it,
// and unpacks it.
//
// The three steps have three types, so that none can be skipped:
//
//	Resolve(ctx, Request) -> *Archive    a file on this machine, not yet trusted
//	(*Archive).Verify()   -> *Verified   its SHA-256 agrees with what is known
//	(*Verified).Unpack    -> *Source     the tree, and what is known about it
//	(*Verified).WriteTarball             the rdma-core-VERSION.tar.gz for rpmbuild
//
// The order of the origins is fixed: the file or git repository that the user gave; the cache;
// the release's URLs; the Debian source package. If a given source fails, no other is tried.
//
// All input is treated as hostile until its checksum is verified, and the
// archive's structure even then: see [ArchiveError] for what is refused.
package upstream
