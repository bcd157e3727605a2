// SPDX-License-Identifier: Apache-2.0

package driverapi

// Compare orders the numbers of releases, as specs.CompareVersions does.
type Compare func(a, b string) int

// Has says whether a release has a provider of that name. One older than the history is taken for its oldest, one newer than it
// for its newest; a distro's version, such as 61.1^20260812gitabc, for that of the release.
func (h *History) Has(provider, version string, compare Compare) bool {
	for _, p := range h.Providers {
		if p.Name == provider && !h.before(version, p.From, compare) && (p.Below == "" || h.before(version, p.Below, compare)) {
			return true
		}
	}
	return false
}

// Since is the first release after version, which has no provider of that name, that has one; "" if there is none.
func (h *History) Since(provider, version string, compare Compare) string {
	for _, p := range h.Providers {
		if p.Name == provider && h.before(version, p.From, compare) {
			return p.From
		}
	}
	return ""
}

// before says whether a version is older than a first release of something. Nothing is known to be older than the oldest release.
func (h *History) before(version, from string, compare Compare) bool {
	return from != h.Oldest && compare(version, from) < 0
}

// In returns the releases with a provider of that name: the newest ones if it has come and gone. in is false if there is none.
func (h *History) In(provider string) (releases Presence, in bool) {
	for _, p := range h.Providers {
		if p.Name == provider {
			releases, in = p, true
		}
	}
	return releases, in
}

// NumbersOfIDs are the numbers of the newest release's constants of enum rdma_driver_id.
func (h *History) NumbersOfIDs() map[string]int {
	numbers := make(map[string]int, len(h.DriverIDs))
	for number, name := range h.DriverIDs {
		numbers[name] = number
	}
	return numbers
}
