// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// MirrorVariable names a site's own registry.
const MirrorVariable = "VERBSMITH_REGISTRY"

// Mirror is a site's own registry, as HOST[:PORT][/PREFIX], that all images are taken from. The zero value is none: they
// are taken from their usual registries.
type Mirror string

// mirrorForm is what an engine accepts in front of an image's path: a host, a port, and a path of lower-case components.
var mirrorForm = regexp.MustCompile(
	`^([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::([0-9]{1,5}))?((?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)$`)

// MirrorError says that a value names no registry.
type MirrorError struct{ got, why string }

// Error names the variable, what it wants, and its value without a password.
func (e *MirrorError) Error() string {
	return fmt.Sprintf("%s=%s: want HOST[:PORT][/PREFIX], such as registry.example:5000/mirror: %s", MirrorVariable, e.got, e.why)
}

// ParseMirror reads the variable's value; "" is none.
//
// Errors: *MirrorError.
func ParseMirror(text string) (Mirror, error) {
	if text == "" {
		return "", nil
	}
	if at := strings.LastIndex(text, "@"); at >= 0 {
		return "", &MirrorError{"***" + text[at:], "a user and a password are given to docker login"}
	}
	m := mirrorForm.FindStringSubmatch(text)
	switch {
	case strings.Contains(text, "://"):
		return "", &MirrorError{text, "leave out the scheme"}
	case m == nil:
		return "", &MirrorError{text, "this is no host with a path in lower-case letters"}
	}
	host, port := m[1], m[2]
	const lastPort = 65535
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n == 0 || n > lastPort) {
		return "", &MirrorError{text, "there is no port " + port}
	}
	if port == "" && host != "localhost" && !strings.ContainsAny(host, ".:") {
		return "", &MirrorError{text, "without a dot or a port an engine takes " + host + " for a part of Docker Hub"}
	}
	return Mirror(text), nil
}

// Reference is where an image is taken from: at a mirror, below its path at its usual registry. The path of an image of
// Docker Hub without a user begins with library/. With a digest, there is no tag: some engines do not accept both.
func (m Mirror) Reference(usual string) string {
	if name, digest, pinned := strings.Cut(usual, "@"); pinned {
		if tag := strings.LastIndex(name, ":"); tag > strings.LastIndex(name, "/") {
			name = name[:tag]
		}
		usual = name + "@" + digest
	}
	if m == "" {
		return usual
	}
	path := usual
	host, rest, ok := strings.Cut(usual, "/")
	if ok && (host == "localhost" || strings.ContainsAny(host, ".:")) {
		path = rest
		ok = strings.Contains(rest, "/") || !strings.HasSuffix(host, "docker.io")
	}
	if !ok {
		path = "library/" + path
	}
	return string(m) + "/" + path
}
