// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/resnics/verbsmith/specs/edit"
)

type kind int

const (
	kindNothing kind = iota
	kindFolder
	kindImplied // a directory without an entry of its own
	kindFile
	kindSymlink
	kindHardlink
)

// entry is one checked entry of an archive.
type entry struct {
	name  string // below the top directory, slash separated; "." is the top directory
	kind  kind
	link  string // a symlink's target text; a hardlink's entry name
	exec  bool
	mtime time.Time
	body  io.Reader // of a file
}

// place checks an entry's name, kind and links against all entries before it.
// kindNothing is an entry to pass over.
func (w *walker) place(header *tar.Header) (entry, error) {
	refuse := func(format string, args ...any) (entry, error) {
		return entry{}, &ArchiveError{Archive: w.archive, Entry: header.Name, Reason: fmt.Sprintf(format, args...)}
	}
	e := entry{mtime: time.Unix(header.ModTime.Unix(), 0), exec: header.Mode&0o100 != 0}
	var reason string
	if e.kind, reason = kindOf(header.Typeflag); reason != "" {
		return refuse("%s", reason)
	}
	if e.kind == kindFile && header.Size > w.lim.file {
		return refuse("has %d bytes, more than the limit of %d for a file", header.Size, w.lim.file)
	}
	name, reason := w.split(header.Name)
	if reason != "" {
		return refuse("%s", reason)
	}
	if name == "" {
		if e.kind != kindFolder {
			return refuse("is not in a directory")
		}
		return entry{}, nil
	}
	e.name = name
	if e.name == "." && e.kind != kindFolder {
		return refuse("is the top directory, but not of that type")
	}
	if reason := w.link(&e, header.Linkname); reason != "" {
		return refuse("%s", reason)
	}
	if reason := w.claim(e); reason != "" {
		return refuse("%s", reason)
	}
	return e, nil
}

// kindOf returns the meaning of a type flag, or why it is refused.
func kindOf(flag byte) (k kind, reason string) {
	switch flag {
	case tar.TypeReg:
		return kindFile, ""
	case tar.TypeDir:
		return kindFolder, ""
	case tar.TypeSymlink:
		return kindSymlink, ""
	case tar.TypeLink:
		return kindHardlink, ""
	case tar.TypeChar, tar.TypeBlock:
		return kindNothing, "is a device"
	case tar.TypeFifo:
		return kindNothing, "is a named pipe"
	default:
		return kindNothing, fmt.Sprintf("is of an unknown type (type flag %q)", flag)
	}
}

// split checks a name and removes the top directory. It returns "" for the directory that
// contains the top directory ("./").
func (w *walker) split(raw string) (name, reason string) {
	if reason := w.spelling(raw); reason != "" {
		return "", reason
	}
	clean := path.Clean(raw)
	if clean == "." {
		return "", ""
	}
	top, rest, _ := strings.Cut(clean, "/")
	if w.sum.top == "" {
		w.sum.top = top
	}
	if top != w.sum.top {
		return "", fmt.Sprintf("is outside the top directory %s", edit.Quote(w.sum.top))
	}
	if spelled := strings.TrimSuffix(raw, "/"); spelled != clean {
		w.sum.plain = false
	}
	if rest == "" {
		return ".", ""
	}
	return rest, ""
}

// spelling refuses names that no file of rdma-core has and that a later reader (a log, a shell,
// a file list) could misread.
func (w *walker) spelling(raw string) string {
	switch {
	case raw == "":
		return "has no name"
	case len(raw) > w.lim.name:
		return fmt.Sprintf("has a name of %d bytes", len(raw))
	case !utf8.ValidString(raw):
		return "has a name that is not UTF-8"
	case strings.ContainsFunc(raw, invisible):
		return "has a control or invisible character in its name"
	case strings.HasPrefix(raw, "/"):
		return "has an absolute path"
	case strings.Count(raw, "/") > w.lim.depth:
		return fmt.Sprintf("is more than %d directories deep", w.lim.depth)
	}
	for part := range strings.SplitSeq(raw, "/") {
		if part == ".." {
			return "leaves the archive with \"..\""
		}
		if len(part) > 255 {
			return "has a file name of more than 255 bytes"
		}
	}
	return ""
}

// invisible reports whether a character is invisible or changes the display of others: control
// and bidirectional characters, spaces other than ASCII's, joiners, fillers, variation
// selectors, and unassigned or private code points.
func invisible(c rune) bool {
	const brailleBlank = '\u2800'
	return !unicode.IsPrint(c) || c == brailleBlank ||
		unicode.In(c, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// link checks a link's target.
func (w *walker) link(e *entry, target string) (reason string) {
	switch e.kind {
	case kindSymlink:
		e.link = target
		return symlinkReason(e.name, target)
	case kindHardlink:
		name, reason := w.split(target)
		if reason != "" {
			return fmt.Sprintf("is a hard link to %s, which %s", edit.Quote(target), reason)
		}
		if w.kinds[name] != kindFile {
			return "is a hard link to " + edit.Quote(target) + ", which is not an earlier file of the archive"
		}
		e.link = name
	case kindNothing, kindFolder, kindImplied, kindFile:
	}
	return ""
}

// symlinkReason allows ".." only at the target's start. There the directories
// above the link are real directories; behind another link "lexically inside" says
// nothing ("a -> .", "b -> a/..").
func symlinkReason(name, target string) string {
	leads := "is a link to " + edit.Quote(target) + ", which "
	switch {
	case target == "" || len(target) > 1024:
		return fmt.Sprintf("is a link with a target of %d bytes", len(target))
	case !utf8.ValidString(target) || strings.ContainsFunc(target, invisible):
		return leads + "has a control or invisible character"
	case strings.HasPrefix(target, "/"):
		return leads + "is absolute"
	}
	depth := strings.Count(name, "/")
	descending := false
	for part := range strings.SplitSeq(target, "/") {
		switch {
		case part == "" || part == ".":
		case part != "..":
			descending = true
		case descending:
			return leads + "has a \"..\" after a name"
		case depth == 0:
			return leads + "is outside the archive"
		default:
			depth--
		}
	}
	return ""
}

// claim registers the name, and those of the directories above it.
func (w *walker) claim(e entry) (reason string) {
	switch before := w.kinds[e.name]; {
	case before == kindNothing:
	case before == kindImplied && e.kind == kindFolder:
		w.implied-- // counted as an entry
	default:
		return "appears twice"
	}
	for up := path.Dir(e.name); up != "."; up = path.Dir(up) {
		switch w.kinds[up] {
		case kindNothing:
			w.kinds[up] = kindImplied
			w.implied++
		case kindSymlink:
			return "would be written through the link " + edit.Quote(up)
		case kindFile, kindHardlink:
			return "is below the file " + edit.Quote(up)
		case kindFolder, kindImplied:
		}
	}
	if e.kind == kindHardlink {
		e.kind = kindFile // a link to it counts as one to its target
	}
	w.kinds[e.name] = e.kind
	return ""
}
