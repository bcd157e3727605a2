// SPDX-License-Identifier: Apache-2.0

// Package stagecache keeps the outputs of build stages under the SHA-256 of all their inputs,
// and the locks that let several builds share one cache.
//
// A cache is a directory:
//
//	DIR/v1/STAGE/KEY/out/        the stage's output
//	DIR/v1/STAGE/KEY/entry.json  the stage's inputs, and size and sum of each file of out/
//	DIR/v1/tmp/PID-RANDOM/       an entry in progress; its process holds a flock on it
//	DIR/v1/locks/                lock files, one per key and one per named lock
//
// out/ is a separate directory so that it contains only the stage's files: two such trees can
// be compared directly.
//
// A hit compares its files' sizes, times and inodes with the record, which costs next
// to nothing. Code that passes on their bytes verifies these too, with Verify, ReadFile or a
// Verifier.
//
// An entry is created in tmp/ and renamed when it is complete, so every visible entry is
// complete. Locks are flocks: the kernel releases them when their holder dies, however it dies.
// The next process finds the leftovers in tmp/ without a lock and removes them.
package stagecache
