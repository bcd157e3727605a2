// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Changelog is an entry of debian/changelog.
type Changelog struct {
	Release      string // of rdma-core: "56.1"
	Suffix       string // after the release's own Debian version: "+by.rib1"
	Distribution string // suite of the upload; empty: that of the previous entry
	Name, Email  string // the maintainer
	Date         time.Time
	Items        []string // one line for each change
}

const changelogWidth = 80

var (
	entryHead    = regexp.MustCompile(`^(\S+) \(([^()\s]+)\)[ \t]+([^;\s][^;]*);[ \t]*(.*?)[ \t]*$`)
	entryTrailer = regexp.MustCompile(`^ -- .* <[^>]*>  (\S.*?)[ \t]*$`)
	suffixShape  = regexp.MustCompile(`^[A-Za-z0-9.+~]*$`)
	authorName   = regexp.MustCompile(`^[^<>\x00-\x1f]+$`)
	mailAddress  = regexp.MustCompile(`^[!-;=?-~]+@[!-;=?-~]+$`)
)

const sourcePackage = "rdma-core"

// AddChangelog adds an entry before the others and returns its version: that of the entry below
// with the suffix, if that is for the release, or else a first revision of the release. An
// entry that is not newer than the one below gets the second after that one's date, because
// Debian's programs require ascending dates.
//
// Nothing is added if the first entry already has that version. Errors: *PlaceError for a file
// that does not begin with an entry, *ValueError.
func AddChangelog(file string, data []byte, c Changelog) (out []byte, version string, already bool, err error) {
	if err := c.check(); err != nil {
		return nil, "", false, err
	}
	t := split(data)
	first, m, err := firstEntry(file, t)
	if err != nil {
		return nil, "", false, err
	}
	if c.Suffix != "" && strings.HasSuffix(m[2], c.Suffix) && UpstreamPart(strings.TrimSuffix(m[2], c.Suffix)) == c.Release {
		return data, m[2], true, nil
	}
	version = c.Release + "-1" + c.Suffix
	if UpstreamPart(m[2]) == c.Release {
		version = m[2] + c.Suffix
	}
	if c.Distribution == "" {
		c.Distribution = strings.TrimSpace(m[3])
	}
	if before, ok := dated(t[first:]); ok && !c.Date.After(before) {
		c.Date = before.Add(time.Second)
	}
	return t.insert(first, c.lines(sourcePackage, version)...).bytes(), version, false, nil
}

func (c Changelog) check() error {
	switch {
	case !plainVersion.MatchString(c.Release):
		return &ValueError{What: "release", Value: c.Release, Want: versionWanted}
	case !suffixShape.MatchString(c.Suffix):
		return &ValueError{What: "version suffix", Value: c.Suffix, Want: "letters, digits and . + ~"}
	case !authorName.MatchString(c.Name):
		return &ValueError{What: "maintainer", Value: c.Name, Want: "a name without < and >"}
	case !mailAddress.MatchString(c.Email):
		return &ValueError{What: "maintainer's address", Value: c.Email, Want: "name@host"}
	case c.Distribution != "" && !plainName.MatchString(c.Distribution):
		return &ValueError{What: "distribution", Value: c.Distribution, Want: "the name of a suite"}
	}
	for _, i := range c.Items {
		if err := checkText("changelog item", i); err != nil {
			return err
		}
	}
	return nil
}

func (c Changelog) lines(source, version string) []string {
	lines := []string{fmt.Sprintf("%s (%s) %s; urgency=medium", source, version, c.Distribution), ""}
	for _, i := range c.Items {
		lines = append(lines, wrap("  * ", "    ", i, changelogWidth)...)
	}
	date := c.Date.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700")
	return append(lines, "", fmt.Sprintf(" -- %s <%s>  %s", c.Name, c.Email, date), "")
}

// UpstreamPart is a Debian version's without epoch and revision.
func UpstreamPart(version string) string {
	if _, rest, ok := strings.Cut(version, ":"); ok {
		version = rest
	}
	if i := strings.LastIndexByte(version, '-'); i >= 0 {
		version = version[:i]
	}
	return version
}

// dated returns the date of the first entry.
func dated(t text) (time.Time, bool) {
	for _, l := range t {
		m := entryTrailer.FindStringSubmatch(l.s)
		if m == nil {
			continue
		}
		date, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", m[1])
		return date, err == nil
	}
	return time.Time{}, false
}

// ChangelogVersion returns the version of the first entry.
//
// Errors: *PlaceError for a file that does not begin with an entry.
func ChangelogVersion(file string, data []byte) (string, error) {
	_, m, err := firstEntry(file, split(data))
	if err != nil {
		return "", err
	}
	return m[2], nil
}

// firstEntry finds the head of the first entry: its line, and its parts.
func firstEntry(file string, t text) (at int, parts []string, err error) {
	const lookedFor = "an entry \"" + sourcePackage + " (VERSION) SUITE; urgency=...\""
	for at < len(t) && strings.TrimSpace(t[at].s) == "" {
		at++
	}
	if at == len(t) {
		return 0, nil, &PlaceError{File: file, LookedFor: lookedFor, Found: "none"}
	}
	m := entryHead.FindStringSubmatch(t[at].s)
	if len(m) == 0 || m[1] != sourcePackage {
		return 0, nil, &PlaceError{File: file, Line: at + 1, LookedFor: lookedFor, Found: t[at].s}
	}
	return at, m, nil
}
