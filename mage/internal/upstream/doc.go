// SPDX-License-Identifier: Apache-2.0

// Package upstream brings a released rdma-core here: it finds the source
// archive, proves what it is, and unpacks it.
//
// The three steps are three types, so that none can be left out:
//
//	Resolve(ctx, Request) -> *Archive    a file on this machine, not yet trusted
//	(*Archive).Verify()   -> *Verified   its SHA-256 agrees with what is known
//	(*Verified).Unpack    -> *Source     the tree, and what is known about it
//	(*Verified).WriteTarball             the rdma-core-VERSION.tar.gz for rpmbuild
//
// The origins are asked in a fixed order: the file or git repository that the
// user gave; the cache; the release's URLs; the Debian source package. A given
// source is never replaced by another one when it fails.
//
// All input is treated as hostile until its checksum is verified, and the
// archive's structure even then: see [ArchiveError] for what is refused.
package upstream
