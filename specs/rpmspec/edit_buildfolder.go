// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"regexp"
	"strings"
)

// inSource is the switch of EL 9's and Fedora's %cmake: defined, the macro configures in
// the source directory, as that of EL 8 always does (cmake's macros.cmake).
const inSource = "__cmake_in_source_build"

var (
	ninjaMacro  = regexp.MustCompile(`^[ \t]*%(?:define|global)[ \t]+\w+[ \t]+(?:\S+=\S+[ \t]+)*ninja(?:-build)?\b`)
	ninjaFolder = regexp.MustCompile(`[ \t]-C[ \t]*\S`)
	elMacro     = regexp.MustCompile(`\brhel\b`)
)

// ConfigureWhereNinjaRuns fixes a spec that is older than EL 9's %cmake, which configures in a
// separate directory: ninja, called without -C, would find nothing to build. Upstream's spec
// handles EL 9 from v44.0 on ("redhat: Support rpmbuild on RHEL9"), but not from v32.0 to
// v43.0. After the macros that call ninja without -C,
//
//	%global __cmake_in_source_build 1
//
// makes %cmake configure in the source directory. If an %else has other macros for EL 9, or the
// spec sets the switch itself, nothing is changed; the result reports whether anything was. On
// EL 8 the switch has no effect.
func (s *Spec) ConfigureWhereNinjaRuns() (changed bool, err error) {
	last := -1
	var open []elseOnEL
	for i, l := range s.lines {
		if l.start {
			open = nestOnEL(open, l.text)
		}
		switch {
		case strings.Contains(l.text, inSource):
			return false, nil
		case l.start && ninjaMacro.MatchString(l.text) && !ninjaFolder.MatchString(l.text) && !toldApart(open):
			last = i
		}
	}
	if last < 0 {
		return false, nil
	}
	return true, s.edit(func(c *Spec) error { return c.insert(last+1, "%global "+inSource+" 1") })
}

// elseOnEL is an open %if: whether it tests %rhel, and whether we are after its %else, so that
// EL has its own branch.
type elseOnEL struct{ el, behind bool }

// toldApart says so of the innermost %if that is open.
func toldApart(open []elseOnEL) bool {
	return len(open) > 0 && open[len(open)-1].el && open[len(open)-1].behind
}

// nestOnEL works out what a line does to the %ifs that are open.
func nestOnEL(open []elseOnEL, text string) []elseOnEL {
	switch conditional(text) {
	case condIf:
		return append(open, elseOnEL{el: elMacro.MatchString(text)})
	case condElse:
		open[len(open)-1].behind = true
	case condEnd:
		return open[:len(open)-1]
	case condNone:
	}
	return open
}
