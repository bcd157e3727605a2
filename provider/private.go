// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"strings"
	"unicode/utf8"
)

// isVCS says whether a folder is a version control system's, never part of a provider.
func isVCS(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", ".bzr", "CVS":
		return true
	}
	return false
}

// badPattern says what a pattern of privateFiles should be, "" where it is right.
func badPattern(p string) string {
	bare := strings.TrimSuffix(p, "/")
	switch {
	case bare == "" || len(p) > 200:
		return "a pattern of 1 to 200 bytes"
	case !utf8.ValidString(p) || strings.ContainsFunc(p, isUnprintable):
		return "a pattern without control characters"
	case strings.Contains(p, "**"):
		return "a pattern without **: a name alone matches in any folder"
	case strings.HasPrefix(p, "/"):
		return "a path from the provider's folder, without / before it"
	}
	for part := range strings.SplitSeq(bare, "/") {
		if part == ".." || part == "." || part == "" {
			return "a path without empty parts, . and .."
		}
	}
	if _, err := path.Match(bare, ""); err != nil {
		return "a pattern of *, ? and [a-z] as path.Match reads it"
	}
	return ""
}

// isPrivate says whether a file or folder is kept out of rdma-core. The name is
// slash separated, relative to the provider's folder. A private folder is not
// looked into.
func (m *Manifest) isPrivate(name string, dir bool) bool {
	if name == ManifestName || dir && isVCS(path.Base(name)) {
		return true
	}
	for _, p := range m.PrivateFiles {
		bare, wantsDir := strings.CutSuffix(p, "/")
		if wantsDir && !dir {
			continue
		}
		subject := name
		if !strings.Contains(bare, "/") {
			subject = path.Base(name)
		}
		if ok, _ := path.Match(bare, subject); ok {
			return true
		}
	}
	return false
}
