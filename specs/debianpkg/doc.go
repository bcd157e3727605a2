// SPDX-License-Identifier: Apache-2.0

// Package debianpkg edits the files of rdma-core's debian/ by their structure, so
// that a provider is in Debian's packages as well: what upstream's own commits
// change there when it takes a provider in.
//
//	control                             "  - NAME: ..." in the description of ibverbs-providers,
//	                                    and libNAME1 in its Provides
//	copyright                           a paragraph "Files: providers/NAME/*"
//	ibverbs-providers.install           usr/lib/*/libNAME.so.*
//	ibverbs-providers.symbols           the block of libNAME.so.1
//	ibverbs-providers.lintian-overrides libNAME1 among the sonames
//	libibverbs-dev.install              header, .a, .so, .pc, man pages
//	rdma-core.install                   udev rules and modprobe files
//	rules                               what goes where there is no coherent DMA
//	changelog                           an entry, by [AddChangelog] alone
//
// A provider without a library of its own needs the first two: the plug-ins and
// their .driver files are taken by patterns. This was read in the commits for
// mana, erdma, ionic and the direct verbs of hns; where upstream forgot a file at
// first (ionic's lintian override and its line in rules, libhns1 in Provides),
// the later state is what is made here.
//
// A provider that replaces the release's own ([Provider].Replaced) has the lines
// taken out that are for what only the old one has.
//
// No file may be in two packages: the .install files of all packages in control
// are read, and a line that would take another's files, or by which another
// takes ours, is not written or an error.
//
// An edit finds its place by parsing. If the place is missing or there is more
// than one, it fails with a *[PlaceError] and changes nothing; if what it would
// add is there already, it adds nothing. Bytes that are not edited stay as they
// were, line ends included.
package debianpkg
