// SPDX-License-Identifier: Apache-2.0

// Package stagecache keeps the outputs of build stages under the SHA-256 of
// everything that went into them, and the locks that let several builds share
// one cache.
//
// A cache is a directory:
//
//	DIR/v1/STAGE/KEY/out/        what the stage made
//	DIR/v1/STAGE/KEY/entry.json  the stage's inputs, and size and sum of each file of out/
//	DIR/v1/tmp/PID-RANDOM/       an entry being made; its maker holds a flock on it
//	DIR/v1/locks/                lock files, one per key and one per named lock
//
// out/ is a directory of its own so that a tree kept in the cache holds nothing
// but what the stage wrote: two such trees can be compared as they are.
//
// A hit compares its files' sizes, times and inodes with the record, which costs next
// to nothing. Whoever delivers their bytes compares these too, with Verify, ReadFile or
// a Verifier.
//
// An entry is made in tmp/ and renamed into place when it is complete, so an
// entry that can be seen is whole. Locks are flocks: the kernel drops them when
// their holder dies, whichever way it dies, and the next maker finds what it
// left in tmp/ without a lock and removes it.
package stagecache
