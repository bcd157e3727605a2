// SPDX-License-Identifier: Apache-2.0

package rpmspec

import (
	"strings"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/specs/edit"
)

// RPM is a version of rpm, "4.16.1.3". What Enterprise Linux has put into its own rpm
// counts as part of that version: the bounds of %autopatch in EL 8's 4.14.3, %bcond in
// EL 9's 4.16.1.3. The empty version stands for 4.18.
type RPM string

const (
	unstatedRPM RPM = "4.18"

	rpm415 = "4.15"
	rpm416 = "4.16"
	rpm417 = "4.17"
	rpm418 = "4.18"
	rpm419 = "4.19"
	rpm420 = "4.20"
)

func (v RPM) known() RPM {
	if v == "" {
		return unstatedRPM
	}
	return v
}

// before reports whether this rpm is older than another one, in rpm's own order.
func (v RPM) before(other string) bool { return rpmutils.Vercmp(string(v.known()), other) < 0 }

// sectionSince are the sections that rpm has not always known (build/parseSpec.c): an
// older one takes such a line as text of the section before.
func sectionSince(kind string) string {
	switch kind {
	case "patchlist", "sourcelist", "generate_buildrequires":
		return rpm415
	case "conf":
		return rpm418
	case "preuntrans", "postuntrans":
		return rpm419
	}
	return ""
}

// flags are the options of %setup, %patch, %autosetup and %autopatch in the form of
// getopt(3) (build/parsePrep.c, macros.in): any other is an error of rpm's.
func (v RPM) flags(macro string) string {
	switch macro {
	case "setup":
		return "a:b:cDn:Tq" + v.since(rpm420, "C")
	case autosetup:
		return "a:b:cDn:TvNS:p:" + v.since(rpm420, "C")
	case autopatch:
		return "vp:m:M:" + v.since(rpm420, "q")
	}
	return "P:p:REb:z:F:d:o:" + v.since(rpm415, "Z")
}

func (v RPM) since(version, text string) string {
	if v.before(version) {
		return ""
	}
	return text
}

// refusal is the error of a line that this rpm would stop at, or hand to the shell.
func (r *Reading) refusal(i int, why string) error {
	text := edit.CutTo(strings.TrimSpace(r.spec.lines[i].text), mostBeside)
	return r.spec.place(i, "a line that rpm "+string(r.rpm.known())+" understands", text+": "+why)
}

// Refused returns the error of the first line that the distro's rpm would stop at,
// because it is written for a newer one: *PlaceError with the line, the version of rpm
// and the reason; nil if there is none. Prep finds what is wrong in %prep itself.
func (r *Reading) Refused() error { return r.refused }

// refuse keeps the refusal of a line, if it is the first.
func (r *Reading) refuse(i int, why string) {
	if r.refused == nil {
		r.refused = r.refusal(i, why)
	}
}

// newer refuses a line that is read if it is for a newer rpm.
func (w *walk) newer(i int) {
	text := w.spec.lines[i].text
	if m := sectionLine.FindStringSubmatch(text); m != nil {
		if since := sectionSince(strings.ToLower(m[1])); since != "" && w.rpm.before(since) {
			w.refuse(i, "the section is known from rpm "+since+" on")
		}
		return
	}
	if m := bcondLine.FindStringSubmatch(text); len(m) > 1 && m[1] == "" && w.rpm.before(rpm416) {
		w.refuse(i, "%bcond is known from rpm 4.17.1 on")
	}
	if strings.HasPrefix(strings.TrimLeft(text, " \t"), "%dnl") && w.rpm.before(rpm415) {
		w.refuse(i, "%dnl is known from rpm 4.15 on")
	}
}
