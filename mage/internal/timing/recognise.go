// SPDX-License-Identifier: Apache-2.0

package timing

import (
	"regexp"
	"strings"
)

// mark is what a line of output says about phases.
type mark struct {
	ends Phase // what has taken the time since the mark before, "" if that is known
	then Phase // what begins, "" if the phase goes on
}

// rule recognises lines by how they begin.
type rule struct {
	mark

	start string
}

// rules are the lines of rpmbuild, CMake and dpkg-buildpackage; the first that fits counts.
//
//nolint:gochecknoglobals // data
var rules = []rule{
	{mark{then: Prep}, "Executing(%prep)"},
	{mark{then: Prep}, "Executing(%generate_buildrequires)"},
	{mark{then: Configure}, "Executing(%build)"},
	{mark{then: Install}, "Executing(%install)"},
	{mark{then: Test}, "Executing(%check)"},
	{mark{then: Clean}, "Executing(%clean)"},
	{mark{then: Clean}, "Executing(rmbuild)"},
	{mark{then: Files}, "Processing files: "},
	{mark{then: Write}, "Checking for unpackaged file(s)"},
	{mark{ends: Write, then: Write}, "Wrote: "},

	{mark{then: Install}, "-- Install configuration"},
	{mark{then: Install}, "-- Installing: "},
	{mark{then: Install}, "-- Up-to-date: "},
	{mark{ends: Configure, then: Compile}, "-- Build files have been written"},
	{mark{ends: Configure}, "-- "},

	{mark{then: Prep}, "dpkg-source: "},
	{mark{then: Write}, "dpkg-deb: "},
	{mark{then: Write}, "dpkg-genbuildinfo"},
	{mark{then: Write}, "dpkg-genchanges"},
	{mark{then: Configure}, "dh_auto_configure"},
	{mark{then: Compile}, "dh_auto_build"},
	{mark{then: Test}, "dh_auto_test"},
	{mark{then: Install}, "dh_auto_install"},
	{mark{then: Install}, "dh_install"},
	{mark{then: Scripts}, "dh_strip_nondeterminism"},
	{mark{then: Debuginfo}, "dh_strip"},
	{mark{then: Debuginfo}, "dh_dwz"},
	{mark{then: Files}, "dh_makeshlibs"},
	{mark{then: Files}, "dh_shlibdeps"},
	{mark{then: Files}, "dh_gencontrol"},
	{mark{then: Files}, "dh_md5sums"},
	{mark{then: Write}, "dh_builddeb"},
	{mark{then: Prep}, "dh_auto_clean"},
	{mark{then: Prep}, "dh_clean"},
	{mark{then: Scripts}, "dh_"},
}

// tool matches the commands that rpm runs after %install, as the shell shows them.
var tool = regexp.MustCompile(`^\+ (?:/usr/lib/rpm/\S*|/usr/bin/)(brp-|check-|find-debuginfo)`)

// ninjaStep matches ninja's line about a finished step.
var ninjaStep = regexp.MustCompile(`^\[\d+/\d+\] +(.*)$`)

// recognise says what a line is a mark of; false for most lines.
func recognise(line string) (mark, bool) {
	if m := ninjaStep.FindStringSubmatch(line); m != nil {
		kind := ninjaKind(m[1])
		return mark{ends: kind, then: kind}, true
	}
	if m := tool.FindStringSubmatch(line); m != nil {
		if m[1] == "find-debuginfo" {
			return mark{then: Debuginfo}, true
		}
		return mark{then: Scripts}, true
	}
	line = strings.TrimLeft(line, " ") // debhelper indents its commands
	for _, r := range rules {
		if strings.HasPrefix(line, r.start) {
			return r.mark, true
		}
	}
	return mark{}, false
}

// kinds are the steps of ninja by their command, or by the words that stand for it without
// ninja's -v.
//
//nolint:gochecknoglobals // data
var kinds = []struct {
	pattern *regexp.Regexp
	phase   Phase
}{
	{regexp.MustCompile(`^Install the project|cmake_install\.cmake`), Install},
	{regexp.MustCompile(`^Building C|\s-c\s`), Compile},
	{regexp.MustCompile(`^Linking |^Creating library symlink|^: && |cmake_symlink_library`), Link},
	{regexp.MustCompile(`^Cythonizing |/cython3?\s`), Cython},
	{regexp.MustCompile(`^Creating man page |pandoc|rst2man`), ManPages},
	{regexp.MustCompile(`^Re-running CMake`), Configure},
}

// ninjaKind is the phase of a step of ninja.
func ninjaKind(step string) Phase {
	for _, k := range kinds {
		if k.pattern.MatchString(step) {
			return k.phase
		}
	}
	return Generate
}
