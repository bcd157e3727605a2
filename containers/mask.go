// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"cmp"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
)

const (
	mask = "***"
	// leastSecret is the length from which on a password is replaced wherever it stands. The replacement of a shorter one
	// would only mutilate texts, so it is replaced only next to its user.
	leastSecret = 4
)

// login returns the part of a proxy's URL before the host. It need not be escaped.
func login(proxy string) string {
	_, rest, ok := strings.Cut(proxy, "://")
	if !ok {
		rest = proxy
	}
	return rest[:max(0, strings.LastIndex(rest, "@"))]
}

// withoutLogin returns a proxy's URL without user and password.
func withoutLogin(proxy string) string {
	if secret := login(proxy); secret != "" {
		return strings.Replace(proxy, secret+"@", mask+"@", 1)
	}
	return proxy
}

// secrets returns the texts that give a password away, longest first.
func (p proxies) secrets() []string {
	var all []string
	for _, proxy := range p {
		if of := login(proxy); of != "" {
			all = append(all, spellings(of)...)
		}
	}
	return longestFirst(all)
}

// longestFirst returns each text once, the longest first.
func longestFirst(all []string) []string {
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// spellings returns the texts that give the password of a login away: as it is written, decoded, and in the header that a
// program sends to the proxy. Without a colon, the user is a token and is the secret.
func spellings(login string) []string {
	var all []string
	user, password, two := strings.Cut(login, ":")
	for _, decode := range []func(string) string{func(text string) string { return text }, unescaped} {
		first, second := decode(user), decode(password)
		pair := first + ":" + second
		all = append(all, base64.StdEncoding.EncodeToString([]byte(pair)))
		secret := second
		if two {
			all = append(all, pair, pair+"@")
		} else {
			all = append(all, first+"@")
			secret = first
		}
		if len(secret) >= leastSecret {
			all = append(all, secret)
		}
	}
	return all
}

// unescaped returns a text of a URL decoded, or as it is if it is no such text.
func unescaped(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

// hide replaces the secrets in a text.
func (p proxies) hide(text string) string {
	var out strings.Builder
	m := masked(&out, p.secrets())
	_, _ = io.WriteString(m, text)
	_ = m.end()
	return out.String()
}

// demultiplexMasked writes a container's output to stdout and stderr, with the secrets replaced.
func demultiplexMasked(secrets []string, stdout, stderr io.Writer, stream io.Reader) error {
	out, errs := masked(stdout, secrets), masked(stderr, secrets)
	return errors.Join(demultiplex(out, errs, stream), out.end(), errs.end())
}

// masked returns a writer that replaces the secrets, which are sorted by their length, in what it writes to w.
func masked(w io.Writer, secrets []string) *masker {
	m := &masker{to: w, secrets: secrets}
	for _, secret := range m.secrets {
		m.first[secret[0]] = true
	}
	return m
}

// masker replaces secrets in a text that is written in pieces of any size. It holds back what may be the beginning of one.
type masker struct {
	to      io.Writer
	secrets []string // longest first
	first   [256]bool
	held    []byte
}

// Write implements io.Writer.
func (m *masker) Write(p []byte) (int, error) {
	if len(m.secrets) == 0 {
		return m.to.Write(p)
	}
	text := slices.Concat(m.held, p)
	out, rest := m.replace(text, false)
	m.held = slices.Clone(rest)
	return len(p), m.put(out)
}

// end writes what is held back.
func (m *masker) end() error {
	out, _ := m.replace(m.held, true)
	m.held = nil
	return m.put(out)
}

func (m *masker) put(out []byte) error {
	if len(out) == 0 {
		return nil
	}
	_, err := m.to.Write(out)
	return err
}

// replace returns the text with its secrets replaced, up to what may be the beginning of one, unless that is the end.
func (m *masker) replace(text []byte, last bool) (out, rest []byte) {
	out = make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if !m.first[text[i]] {
			out = append(out, text[i])
			i++
			continue
		}
		length, open := m.at(string(text[i:min(len(text), i+len(m.secrets[0]))]))
		switch {
		case open && !last:
			return out, text[i:]
		case length > 0:
			out = append(out, mask...)
			i += length
		default:
			out = append(out, text[i])
			i++
		}
	}
	return out, nil
}

// at returns the length of the longest secret that a text begins with, or 0. It is open if the whole text is the beginning
// of a longer one.
func (m *masker) at(text string) (length int, open bool) {
	for _, secret := range m.secrets {
		if strings.HasPrefix(text, secret) {
			return len(secret), open
		}
		open = open || strings.HasPrefix(secret, text)
	}
	return 0, open
}
