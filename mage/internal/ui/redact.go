// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"regexp"
	"slices"
	"strings"
)

// userInfo matches the user and password in a URL of a proxy, a mirror or a registry. A password is often not escaped
// and may contain a slash: text after a colon that is not a port does not belong to a host.
var userInfo = regexp.MustCompile(
	`(?i)((?:https?|ftp|tcp|socks[45]h?)://)(?:[^/\s"<>]*|[^/:\s"<>@\[]*:[0-9]*[^0-9/\s"<>@][^\s"<>]*)@`)

// secretQuery matches what a URL's query gives a name such as private_token to.
var secretQuery = regexp.MustCompile(`(?i)([?&][a-z0-9_.-]*(?:token|secret|password|passwd|signature|credential|api[_-]?key)[a-z0-9_.-]*=)[^&\s"<>#]+`)

// Redact removes users, passwords and tokens from the URLs in a text.
func Redact(text string) string {
	return secretQuery.ReplaceAllString(userInfo.ReplaceAllString(text, "${1}***@"), "${1}***")
}

// maxHeld is longer than the part of any URL up to its host.
const maxHeld = 4 << 10

// redactor redacts a text that is written in pieces of any size.
type redactor struct{ held []byte }

// next returns the text that can be written: an unfinished word, which may be the beginning of a URL, is held back.
func (r *redactor) next(p []byte) []byte {
	text := slices.Concat(r.held, p)
	word := strings.LastIndexAny(string(text), " \t\r\n\"<>") + 1 //nolint:mirror // the package has a bytes of its own
	if len(text)-word > maxHeld {
		word = len(text)
	}
	r.held = slices.Clone(text[word:])
	return redact(text[:word])
}

// rest returns the text still held back at the end.
func (r *redactor) rest() []byte {
	defer func() { r.held = nil }()
	return redact(r.held)
}

func redact(text []byte) []byte {
	return secretQuery.ReplaceAll(userInfo.ReplaceAll(text, []byte("${1}***@")), []byte("${1}***"))
}
