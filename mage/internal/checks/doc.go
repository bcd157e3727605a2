// SPDX-License-Identifier: Apache-2.0

// Package checks runs everything that looks at the sources without building them: the formatters, the linters, the
// licence lines and the state of go.mod.
//
// A check ends in pass, fail or unavailable, with its evidence. Unavailable is for what this machine cannot know (the
// vulnerability database is out of reach) and is never shown as pass. A check that found nothing to look at fails: it
// would pass for ever otherwise.
package checks
