// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"regexp"
	"slices"
	"strings"
)

// userInfo is the user and the password of a URL, as a proxy's, a mirror's or a registry's can have them. A password is
// often written as it is, with a slash in it too: what is behind a colon and no port is none of a host's.
var userInfo = regexp.MustCompile(
	`(?i)((?:https?|ftp|tcp|socks[45]h?)://)(?:[^/\s"<>]*|[^/:\s"<>@\[]*:[0-9]*[^0-9/\s"<>@][^\s"<>]*)@`)

// Redact removes users and passwords from the URLs in a text that someone may read.
func Redact(text string) string { return userInfo.ReplaceAllString(text, "${1}***@") }

// maxHeld is more than the beginning of any URL that a log has to wait for.
const maxHeld = 4 << 10

// redactor redacts what is written in pieces of any size.
type redactor struct{ held []byte }

// next returns what can be written of what came: an unfinished word, which may be the beginning of a URL, is held back.
func (r *redactor) next(p []byte) []byte {
	text := slices.Concat(r.held, p)
	word := strings.LastIndexAny(string(text), " \t\r\n\"<>") + 1 //nolint:mirror // the package has a bytes of its own
	if len(text)-word > maxHeld {
		word = len(text)
	}
	r.held = slices.Clone(text[word:])
	return redact(text[:word])
}

// rest returns what was held back at the end.
func (r *redactor) rest() []byte {
	defer func() { r.held = nil }()
	return redact(r.held)
}

func redact(text []byte) []byte {
	return userInfo.ReplaceAll(text, []byte("${1}***@"))
}
