// SPDX-License-Identifier: Apache-2.0

// Package artifact holds the values that flow from stage to stage: what one stage
// gives and others take. They are paths, digests and names; only stages make or read
// what they stand for.
package artifact
