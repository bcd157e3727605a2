// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
)

// containerfileName is the name of a Containerfile in the repository, in keys and in a build's
// context.
const containerfileName = "Containerfile"

// containerfile reads the instructions of containers/DIR/Containerfile. The image's key and its
// build use only these, so that changing a comment rebuilds nothing.
func (b *Builder) containerfile(dir string) ([]byte, error) {
	text, err := fs.ReadFile(b.Files, dir+"/"+containerfileName)
	if err != nil {
		return nil, fmt.Errorf("read the Containerfile of %s: %w", dir, err)
	}
	return instructions(text), nil
}

// directive is a comment that tells a builder how to read the file.
var directive = regexp.MustCompile(`(?i)^#\s*(syntax|escape|check)\s*=`)

// instructions are a Containerfile without blank lines and comments, as a builder reads it: it
// drops them within an instruction of several lines too. They may be content only in a
// here-document, so a file that has one is returned as it is.
func instructions(text []byte) []byte {
	if bytes.Contains(text, []byte("<<")) {
		return text
	}
	out := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		start := bytes.TrimSpace(line)
		if len(start) > 0 && (start[0] != '#' || directive.Match(start)) {
			out = append(out, line...)
		}
	}
	return out
}
