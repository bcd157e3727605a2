// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// WantLicence describes the licence that rdma-core requires, for errors.
const WantLicence = "SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB, or GPL-2.0 OR another BSD licence"

var spdxLine = regexp.MustCompile(`SPDX-License-Identifier:[ \t]*([^\r\n]*)`)

// Kind is the type of a file, which decides its comment syntax.
type Kind int

// The kinds of files that are searched for a licence.
const (
	KindOther  Kind = iota // none is
	KindSource             // C: a licence is required
	KindMap                // comments of C and CMake; upstream's state none
	KindCMake              // CMake's comments; upstream's state none
)

// Kind goes by the file's name.
func (f File) Kind() Kind {
	switch ext := path.Ext(f.Name); {
	case ext == ".c" || ext == ".h":
		return KindSource
	case ext == ".map":
		return KindMap
	case path.Base(f.Name) == cmake.FileName || ext == ".cmake":
		return KindCMake
	}
	return KindOther
}

// SPDX returns what the SPDX line in the notice says, and the line's offset; ok is false
// where there is none.
func (f File) SPDX() (said string, at int, ok bool) {
	loc := spdxLine.FindSubmatchIndex(f.Notice())
	if loc == nil {
		return "", 0, false
	}
	said = string(f.data[loc[2]:loc[3]])
	said, _, _ = strings.Cut(said, "*/")
	return strings.TrimSpace(said), loc[0], true
}

// Notice returns the comments and blanks at the beginning of the file.
func (f File) Notice() []byte {
	data, kind := f.data, f.Kind()
	off := 0
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		off = 3
	}
	for off < len(data) {
		switch {
		case strings.IndexByte(" \t\r\n\f\v", data[off]) >= 0:
			off++
		case kind != KindSource && data[off] == '#':
			off = text.LineEnd(data, off)
		case kind != KindCMake && c.IsComment(data, off):
			end, ok := c.SkipComment(data, off)
			if !ok {
				return data[:off]
			}
			off = end
		default:
			return data[:off]
		}
	}
	return data[:off]
}
