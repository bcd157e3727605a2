// SPDX-License-Identifier: Apache-2.0

// Command mage is mage's own command, which compiles magefile.go and runs a
// target, with two differences.
//
// Runs of one folder compile one after the other. Mage writes mage_output_file.go
// into the folder, compiles it and removes it;
// two that begin at once take it from each other, and one of them fails. Here a
// lock of the folder is held until the program is compiled; the targets
// themselves run side by side, and have locks of their own where they need them.
//
// And the program is run as it is if nothing of what it was compiled from has changed, which
// package compiled says. Mage asks the go command, which takes most of a second. With an option that
// changes what is compiled, such as -d or -f, it is compiled in any case.
//
// The program is ~/.magefile/verbsmith-HASH/mage, one for each folder, so that two
// clones do not replace each other's. With MAGEFILE_HASHFAST set, as with every
// option that runs no target, mage does what it does anywhere.
package main
