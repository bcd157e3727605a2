// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"maps"
	"strconv"
	"strings"
)

// Probe is what is known of a distro's real image, and in what its stand-in differs. Keys are those of distro-probe.sh's
// lines. A value of several words is a set of them; * stands for any characters of a word.
//
//nolint:lll // a struct tag cannot be broken
type Probe struct {
	// Source says where the facts come from.
	Source string `yaml:"source" jsonschema:"minLength=1" jsonschema_description:"the image and the files that the facts were read from"`
	// Seen is the last real image of which distro:probe found no difference.
	Seen *Seen `yaml:"seen,omitempty"`
	// Facts are those of the real image; what the rest of the distro's file says is not repeated.
	Facts map[string]string `yaml:"facts" jsonschema_description:"what distro:probe asks: the answer of the real image"`
	// Standin are the facts that differ on the stand-in.
	Standin map[string]string `yaml:"standin,omitempty" jsonschema_description:"what distro:probe asks: the answer of the stand-in, where it differs"`
}

// Seen is a real image that was probed.
//
//nolint:lll // a struct tag cannot be broken
type Seen struct {
	Date   string `yaml:"date" jsonschema:"pattern=^[0-9]{4}-[0-9]{2}-[0-9]{2}$" jsonschema_description:"a date such as 2026-11-30, in quotes"`
	Digest string `yaml:"digest" jsonschema:"pattern=^sha256:[0-9a-f]{64}$" jsonschema_description:"sha256: and 64 lower-case hex digits"`
}

// String is the date and the digest.
func (s *Seen) String() string {
	if s == nil {
		return "never"
	}
	return s.Date + ", " + s.Digest
}

// LastSeen is the last real image of which distro:probe found no difference; nil: none was.
func (d Distro) LastSeen() *Seen {
	if d.Probe == nil {
		return nil
	}
	return d.Probe.Seen
}

// Known are the facts about the distro's real image.
func (d Distro) Known() map[string]string {
	levels := map[int]string{0: "x86-64-baseline", 8: "x86-64-baseline", 9: "x86-64-v2", 10: "x86-64-v3"}
	known := map[string]string{"rpm version": d.RPM, "macro dist": d.Dist, "macro rhel": "undefined", "cpu level": levels[d.EL]}
	if strings.Count(d.RPM, ".") == 1 {
		known["rpm version"] += ".*" // an update may bring another one
	}
	if d.EL > 0 {
		known["macro rhel"] = strconv.Itoa(d.EL)
	}
	if d.Probe != nil {
		maps.Copy(known, d.Probe.Facts)
	}
	return known
}

// StandinFacts are those facts that differ on the distro's stand-in.
func (d Distro) StandinFacts() map[string]string {
	if d.Probe == nil {
		return nil
	}
	facts := maps.Clone(d.Probe.Standin)
	if facts == nil {
		facts = map[string]string{}
	}
	if _, ok := facts["rpm version"]; !ok && d.StandinRPM != d.RPM {
		facts["rpm version"] = d.StandinRPM
	}
	return facts
}
