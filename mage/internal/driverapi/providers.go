// SPDX-License-Identifier: Apache-2.0

package driverapi

import "github.com/resnics/verbsmith/specs"

// Has says whether a release has a provider of that name. One older than the history is taken for its oldest, one newer than it
// for its newest; a distro's version, such as 61.1^20260812gitabc, for that of the release.
func (h *History) Has(provider, version string) bool {
	for _, p := range h.Providers {
		if p.Name == provider && !h.before(version, p.From) && (p.Below == "" || h.before(version, p.Below)) {
			return true
		}
	}
	return false
}

// Since is the first release after version, which has no provider of that name, that has one; "" if there is none.
func (h *History) Since(provider, version string) string {
	for _, p := range h.Providers {
		if p.Name == provider && h.before(version, p.From) {
			return p.From
		}
	}
	return ""
}

// before says whether a version is older than a first release of something. Nothing is known to be older than the oldest release.
func (h *History) before(version, from string) bool {
	return from != h.Oldest && specs.CompareVersions(version, from) < 0
}

// First is the first release with a provider of that name, and whether there is one.
func (h *History) First(provider string) (version string, in bool) {
	for _, p := range h.Providers {
		if p.Name == provider {
			return p.From, true
		}
	}
	return "", false
}

// NumbersOfIDs are the numbers of the newest release's constants of enum rdma_driver_id.
func (h *History) NumbersOfIDs() map[string]int {
	numbers := make(map[string]int, len(h.DriverIDs))
	for number, name := range h.DriverIDs {
		numbers[name] = number
	}
	return numbers
}
