// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/containers"
)

// engineHole is a known vulnerability of a part of the engine that matters here: a provider's
// code is compiled in a container and must not get out of it.
type engineHole struct {
	part  string // as the engine names it in its version
	names string // CVE ids
	what  string
	// fixed are the first versions without it, one for each release line that got the fix,
	// in ascending order. Later lines never had the hole; other lines never got the fix.
	fixed []string
}

// engineHoles are from the projects' own security advisories: github.com/opencontainers/runc and
// github.com/moby/moby.
func engineHoles() []engineHole {
	return []engineHole{
		{"runc", "CVE-2024-21626", "a container can reach the host's files", []string{"1.1.12"}},
		{
			"runc", "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881", "a container can write to the host's /proc and break out",
			[]string{"1.2.8", "1.3.3", "1.4.0-rc.3"},
		},
		{
			"Engine", "CVE-2024-41110", "requests can get past an authorization plugin",
			[]string{"19.03.16", "20.10.28", "23.0.15", "24.0.10", "25.0.6", "26.0.3", "26.1.5", "27.1.1"},
		},
		{"Engine", "CVE-2026-34040", "requests can get past an authorization plugin", []string{"29.3.1"}},
	}
}

// holeFindings are notes about the engine's known holes, one for each part that has some.
func holeFindings(info containers.Info) []finding {
	var found []finding
	for _, part := range info.Parts {
		var holes []string
		upTo := ""
		for _, h := range engineHoles() {
			if h.part == part.Name && h.in(part.Version) {
				holes = append(holes, h.names+" ("+h.what+")")
				upTo = h.fixed[len(h.fixed)-1]
			}
		}
		if len(holes) > 0 {
			found = append(found, finding{
				what:  "security of " + part.Name,
				found: fmt.Sprintf("version %s has known vulnerabilities: %s", part.Version, strings.Join(holes, "; ")),
				advice: fmt.Sprintf("update to %s or later, unless your distribution has fixed this version "+
					"(see its changelog): providers' own code runs there", upTo),
			})
		}
	}
	return found
}

// in says whether a version has the hole. It is false for text that is not a version.
func (h engineHole) in(text string) bool {
	v, ok := parseVersion(text)
	if !ok {
		return false
	}
	last, _ := parseVersion(h.fixed[len(h.fixed)-1])
	if slices.Compare(v[:], last[:]) >= 0 {
		return false
	}
	for _, f := range h.fixed {
		fixed, _ := parseVersion(f)
		if v[0] == fixed[0] && v[1] == fixed[1] && slices.Compare(v[:], fixed[:]) >= 0 {
			return false
		}
	}
	return true
}

var versionForm = regexp.MustCompile(`^v?([0-9]{1,6})\.([0-9]{1,6})(?:\.([0-9]{1,6}))?(?:[-~]rc\.?([0-9]{1,6}))?`)

// parseVersion reads three numbers, and that of a release candidate, which comes before its
// release. A distribution's suffix ("+dfsg1", "~ds1") is ignored.
func parseVersion(text string) (v [4]int, ok bool) {
	m := versionForm.FindStringSubmatch(text)
	if m == nil {
		return v, false
	}
	v[3] = math.MaxInt
	for i, digits := range m[1:] {
		if digits != "" {
			v[i], _ = strconv.Atoi(digits) // the pattern allows only digits
		}
	}
	return v, true
}
