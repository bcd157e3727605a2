// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// PullReason is why an image could not be had from its registry. Its text continues "IMAGE cannot be pulled: ".
type PullReason string

// The reasons.
const (
	NoAnswer      PullReason = "its registry does not answer"
	NoTLS         PullReason = "its registry does not use TLS"
	Untrusted     PullReason = "the engine does not trust the certificate of its registry"
	LoginMissing  PullReason = "its registry wants a login, or does not have it"
	LoginRefused  PullReason = "its registry refuses the login"
	NoTag         PullReason = "its registry does not have it"
	NoDigest      PullReason = "its registry does not have this digest"
	RateLimited   PullReason = "its registry limits the number of pulls"
	WrongPlatform PullReason = "it is not for the engine's machine"
	OutOfOrder    PullReason = "its registry is out of order"
	Cut           PullReason = "the connection to its registry was cut"
	Stalled       PullReason = "its registry stopped sending"
	Damaged       PullReason = "its registry sent something that does not have the digest"
	Failed        PullReason = "the engine cannot do it"
)

// PullError says that an image could not be had from its registry.
type PullError struct {
	Ref    string
	Reason PullReason
	Err    error // what the engine said of it; nil if the reason is all that is known
	Login  error // why docker's configuration gave no login, nil if it gave one or has none
}

// Error names the reference, the reason and the cause.
func (e *PullError) Error() string {
	parts := []string{fmt.Sprintf("image %s cannot be pulled: %s", e.Ref, e.Reason)}
	for _, cause := range []error{e.Login, e.Err} {
		if cause != nil {
			parts = append(parts, strings.TrimPrefix(cause.Error(), "Error response from daemon: "))
		}
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the causes.
func (e *PullError) Unwrap() []error {
	var causes []error
	for _, cause := range []error{e.Err, e.Login} {
		if cause != nil {
			causes = append(causes, cause)
		}
	}
	return causes
}

// Advice says what to try, in one sentence without a full stop, or returns "" if nothing is known.
func (e *PullError) Advice() string {
	host := registryHost(e.Ref)
	login := "docker login " + host
	if host == dockerHub {
		login = "docker login"
	}
	switch e.Reason {
	case NoAnswer:
		return "check the engine's network and proxy, and the name of the registry"
	case NoTLS:
		return "add " + host + " to insecure-registries in the engine's configuration, or give it a certificate"
	case Untrusted:
		return "put the certificate of the registry's CA into /etc/docker/certs.d/" + host + "/ca.crt on the engine's machine"
	case LoginMissing, LoginRefused:
		if e.Login != nil {
			return "correct docker's configuration, or run " + login
		}
		return "check the image's name, or run " + login
	case NoTag:
		return "check the image's name and tag"
	case NoDigest:
		return "the image was removed there, or was never copied there: use a digest that the registry has"
	case RateLimited:
		return "wait, or run " + login + ": registries allow more to a user that they know"
	case WrongPlatform:
		return "use an image for the engine's machine"
	case OutOfOrder, Cut, Stalled, Damaged:
		return "try again; if it stays, check the registry, and the proxy in front of it"
	case Failed:
	}
	return ""
}

// saidBy are what engines and Go's network code say for each reason. The first that matches counts.
var saidBy = []struct { //nolint:gochecknoglobals // a table
	reason PullReason
	text   *regexp.Regexp
}{
	{Failed, regexp.MustCompile(`^(?:error during connect|the engine's answer|Cannot connect to the Docker daemon)`)}, // not the registry
	{NoTLS, regexp.MustCompile(`(?i)server gave HTTP response to HTTPS client`)},
	{Untrusted, regexp.MustCompile(`(?i)x509:|failed to verify certificate|bad certificate`)},
	{NoAnswer, regexp.MustCompile(`(?i)dial tcp|no such host|connection refused|i/o timeout|tls handshake timeout|` +
		`client\.timeout exceeded|network is unreachable|no route to host|proxyconnect|server misbehaving|` +
		`temporary failure in name resolution|context deadline exceeded|request canceled while waiting|` +
		`/v2/": (?:.*: )?(?:EOF|connection reset)`)},
	{RateLimited, regexp.MustCompile(`(?i)toomanyrequests|too many requests|HTTP status: 429`)},
	{Damaged, regexp.MustCompile(`(?i)verification failed for digest|unexpected commit digest|invalid checksum|did not match the digest`)},
	{WrongPlatform, regexp.MustCompile(`(?i)no matching manifest for|no match for platform|no image found in .* for architecture`)},
	{LoginMissing, regexp.MustCompile(`(?i)unauthorized|authentication required|no basic auth credentials|denied|` +
		`insufficient_scope|incorrect username or password|forbidden`)},
	{NoTag, regexp.MustCompile(`(?i)manifest unknown|manifest for .* not found|name unknown|name not known|no such manifest|: not found`)},
	{Cut, regexp.MustCompile(`(?i)\bEOF\b|connection reset|broken pipe|connection closed`)},
	{OutOfOrder, regexp.MustCompile(`(?i)HTTP status: 5|internal server error|bad gateway|service unavailable|gateway time-?out|unexpected http response`)},
}

// pullError says why an engine could not have an image.
func pullError(ref string, err error) *PullError {
	failed := &PullError{Ref: ref, Reason: Failed, Err: engineError(err)}
	if errors.Is(err, context.DeadlineExceeded) {
		failed.Reason = NoAnswer
		return failed
	}
	for _, said := range saidBy {
		if said.text.MatchString(err.Error()) {
			failed.Reason = said.reason
			break
		}
	}
	if failed.Reason == NoTag && strings.Contains(ref, "@") {
		failed.Reason = NoDigest
	}
	return failed
}

// ofLogin completes an error with what is known of the login that was sent, whose password is not in it.
func (e *PullError) ofLogin(used registryLogin) *PullError {
	if e.Reason == LoginMissing && used.given() {
		e.Reason = LoginRefused
	}
	if e.Reason == LoginMissing {
		e.Login = used.problem
	}
	if text := e.Err; text != nil {
		if hidden := used.hide(text.Error()); hidden != text.Error() {
			e.Err = errors.New(hidden) //nolint:err113 // the engine's words without a password
		}
	}
	return e
}
