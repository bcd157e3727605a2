// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"strings"
	"unicode/utf8"
)

// isVCS reports whether a directory is a version control system's, never part of a provider.
func isVCS(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", ".bzr", "CVS":
		return true
	}
	return false
}

// isEditors reports whether a file is an editor's own: a swap file of vim, a lock or a copy of
// Emacs. Each exists only while somebody edits the provider, or next to what was edited.
func isEditors(name string) bool {
	for _, p := range []string{".*.sw?", ".#*", "#*#", "*~"} {
		if ok, _ := path.Match(p, name); ok {
			return true
		}
	}
	return false
}

// verbsmithMarker is in each directory of verbsmith's outputs and caches (package owned of the program).
const verbsmithMarker = ".verbsmith"

// isRepositorys reports whether a file or directory is of the repository whose top directory is the provider's: what verbsmith
// and the go command write there.
func isRepositorys(name string, dir bool) bool {
	switch name {
	case "verbsmith":
		return dir
	case "go.mod", "go.sum", "go.work", "go.work.sum", "rdma-core.sum":
		return !dir
	}
	return false
}

// badPattern describes a valid pattern of privateFiles, "" if this one is valid.
func badPattern(p string) string {
	bare := strings.TrimSuffix(p, "/")
	switch {
	case bare == "" || len(p) > 200:
		return "a pattern of 1 to 200 bytes"
	case !utf8.ValidString(p) || strings.ContainsFunc(p, isUnprintable):
		return "a pattern without control characters"
	case strings.Contains(p, "**"):
		return "a pattern without **: a plain name matches in any directory"
	case strings.HasPrefix(p, "/"):
		return "a path relative to the provider's directory, without a leading /"
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

// isPrivate reports whether a file or directory is kept out of rdma-core. The name is
// slash separated, relative to the provider's directory. A private directory is not searched.
func (m *Manifest) isPrivate(name string, dir bool) bool {
	if name == ManifestName || isRepositorys(name, dir) || dir && isVCS(path.Base(name)) || !dir && isEditors(path.Base(name)) {
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
