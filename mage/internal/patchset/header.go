// SPDX-License-Identifier: Apache-2.0

package patchset

import (
	"fmt"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Header is the header of a patch.
type Header struct {
	From    string    // the author, "Name <mail@address>"
	Subject string    // one line, without "[PATCH]"
	Body    string    // may be empty
	Date    time.Time // shown in UTC
	Commit  string    // 40 hexadecimal digits of the commit that the patch is for, or ""
	Tag     string    // tag of the release that the patch is for, such as "v56.1", or ""
}

// noCommit is the id of an unknown commit, as in git format-patch --zero-commit.
const noCommit = "0000000000000000000000000000000000000000"

var (
	commitShape = regexp.MustCompile(`^[0-9a-f]{40}$`)
	authorShape = regexp.MustCompile(`^([^<>\x00-\x1f\x7f]*[^<>\s]) <([!-;=?-~]+@[!-;=?-~]+)>$`)
	plainName   = regexp.MustCompile("^[A-Za-z0-9 !#$%&'*+/=^_`{|}~-]+$")
	// endsMessage matches a line that mail readers take for the end of the message, or for the
	// start of the next mail.
	endsMessage = regexp.MustCompile(`^(---|diff -|Index: |From |>From )`)
	// inBodyHeader matches a first line that git takes for a header.
	inBodyHeader = regexp.MustCompile(`(?i)^(from|date|subject|\[patch)\b`)
)

// message renders the mail up to, but not including, the "---" line. The lines
// "Release: TAG" and "Commit: ID" end the body, unless the body has them.
func (h Header) message() (string, error) {
	if err := h.check(); err != nil {
		return "", err
	}
	author := authorShape.FindStringSubmatch(h.From)
	commit := h.Commit
	if commit == "" {
		commit = noCommit
	}
	body := h.fullBody()
	var b strings.Builder
	// The date is a constant by which mail readers know git's output.
	fmt.Fprintf(&b, "From %s Mon Sep 17 00:00:00 2001\n", commit)
	fmt.Fprintf(&b, "From: %s\n", mailbox(author[1], author[2]))
	fmt.Fprintf(&b, "Date: %s\n", h.Date.UTC().Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	fmt.Fprintf(&b, "Subject: [PATCH] %s\n", mime.QEncoding.Encode("UTF-8", h.Subject))
	if !isASCII(body) {
		b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n")
	}
	b.WriteString("\n")
	if body != "" {
		b.WriteString(body + "\n")
	}
	return b.String(), nil
}

func (h Header) fullBody() string {
	body := strings.TrimSpace(h.Body)
	has := "\n" + body + "\n"
	var missing []string
	for _, line := range []struct{ name, value string }{{"Release", h.Tag}, {"Commit", h.Commit}} {
		text := line.name + ": " + line.value
		if line.value != "" && !strings.Contains(has, "\n"+text+"\n") {
			missing = append(missing, text)
		}
	}
	if len(missing) > 0 && body != "" {
		body += "\n\n"
	}
	return body + strings.Join(missing, "\n")
}

func (h Header) check() error {
	switch {
	case !authorShape.MatchString(h.From) || !utf8.ValidString(h.From):
		return &HeaderError{"From", "Name <mail@address>", h.From}
	case strings.TrimSpace(h.Subject) == "" || !oneLine(h.Subject) || strings.Contains(h.Subject, "=?"):
		return &HeaderError{"Subject", "one line of text", h.Subject}
	case h.Date.IsZero():
		return &HeaderError{"Date", "a time", h.Date.String()}
	case h.Commit != "" && !commitShape.MatchString(h.Commit):
		return &HeaderError{"Commit", "40 hexadecimal digits, or nothing", h.Commit}
	case !oneLine(h.Tag):
		return &HeaderError{"Tag", "one line of text, or nothing", h.Tag}
	}
	return h.checkBody()
}

// checkBody refuses text that "git am" would change.
func (h Header) checkBody() error {
	for i, line := range strings.Split(strings.TrimSpace(h.Body), "\n") {
		switch {
		case !oneLine(strings.ReplaceAll(line, "\t", " ")):
			return &HeaderError{"Body", "UTF-8 text without control characters", line}
		case endsMessage.MatchString(line):
			return &HeaderError{"Body", "no line that ends a mailed message", line}
		case i == 0 && inBodyHeader.MatchString(line):
			return &HeaderError{"Body", "a first line that is not a mail header", line}
		}
	}
	return nil
}

func oneLine(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

// mailbox writes an author for a From: line, quoted or encoded where it must be.
func mailbox(name, address string) string {
	if plainName.MatchString(name) && !strings.Contains(name, "=?") {
		return fmt.Sprintf("%s <%s>", name, address)
	}
	return (&mail.Address{Name: name, Address: address}).String()
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
