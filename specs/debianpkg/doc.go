// SPDX-License-Identifier: Apache-2.0

// Package debianpkg edits the files of rdma-core's debian/ by their structure, so
// that Debian's packages contain the provider. The edits are those of upstream's own
// commits for a new provider.
//
//	control                             "  - NAME: ..." in the description of ibverbs-providers,
//	                                    and libNAME1 in its Provides
//	copyright                           a paragraph "Files: providers/NAME/*"
//	ibverbs-providers.install           usr/lib/*/libNAME.so.*
//	ibverbs-providers.symbols           the block of libNAME.so.1
//	ibverbs-providers.lintian-overrides libNAME1 among the sonames
//	libibverbs-dev.install              header, .a, .so, .pc, man pages
//	rdma-core.install                   udev rules and modprobe files
//	rules                               what to omit without coherent DMA
//	changelog                           an entry, by [AddChangelog] alone
//
// A provider without a library needs only the first two: existing patterns match plug-ins and
// their .driver files. The edits follow the commits for mana, erdma, ionic and the direct verbs
// of hns. Where upstream forgot a file at first (ionic's lintian override and its line in
// rules, libhns1 in Provides), they follow the later fix.
//
// For a provider that replaces the release's own ([Provider].Replaced), the lines
// for files that only the old one has are removed.
//
// No file may be in two packages: the .install files of all packages in control are read. A
// line that would match another package's files, or the reverse, is omitted or an error.
//
// An edit finds its place by parsing. If the place is missing or ambiguous, it
// fails with a *[PlaceError] and changes nothing. If its lines already exist, it
// adds nothing. Bytes that are not edited stay as they were, line ends included.
package debianpkg
