// SPDX-License-Identifier: Apache-2.0

package app

import (
	"regexp"
	"strings"
)

// cacheFiles are the paths of files that verbsmith writes into a cache, besides those
// of the stages, which the stage cache removes itself: downloads (upstream), locks
// of runs (containers), logs, and what is remembered of machines and registries
// (pipeline). A new kind of file in the cache needs a line here.
//
//nolint:gochecknoglobals // compiled once
var cacheFiles = anyOf(
	download+`/.+`,
	`downloads/\.?rdma-core\.sum[0-9]*`,
	`runs/home(\.guard)?`,
	`runs/[0-9a-f]{16}\.lock`,
	logsOfRun+`/[^/]+\.log`,
	logsOfRun+`/`+passedFile,
	`verbsmith-(unreachable|no-kvm)-[^/]+`,
)

// cacheDirs are their directories.
//
//nolint:gochecknoglobals // compiled once
var cacheDirs = anyOf(
	`downloads`, download+`(/.+)?`, `runs`, `logs`, logsOfRun, `tmp`,
	`stages(/.+)?`, // the stage cache leaves empty ones, or what is not its own
)

const (
	// download is named by a sum, an origin's sum, or a commit.
	download  = `downloads/([0-9a-f]{64}|origin-[0-9a-f]{32}|git-[0-9a-f]{40,64})`
	logsOfRun = `logs/[0-9]{8}T[0-9]{6}\.[0-9]{3}-[0-9]+`
)

func anyOf(patterns ...string) *regexp.Regexp {
	return regexp.MustCompile(`^(?:` + strings.Join(patterns, "|") + `)$`)
}

// cacheOwns says whether a path below the cache is one that verbsmith writes.
func cacheOwns(name string, dir bool) bool {
	if dir {
		return cacheDirs.MatchString(name)
	}
	return cacheFiles.MatchString(name)
}
