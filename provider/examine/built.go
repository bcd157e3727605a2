// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"path"
	"strings"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/text"
)

// checkBuilt warns of .c files that no list names and no other source includes: they would be
// copied into rdma-core but not compiled.
func (p *subject) checkBuilt(a *Answer, src *c.Sources, built *cmake.Sources) {
	for _, f := range src.Files {
		if p.doubts(fieldPrivate) || !strings.HasSuffix(f.Name, ".c") || built.Has(f.Name) || src.Includes(path.Base(f.Name)) {
			continue
		}
		want := "a source that " + cmake.FileName + " names, or a pattern in privateFiles that excludes it"
		a.warn(&text.SourceError{File: f.Path, Line: 1, Want: want, Got: "a file that is not compiled"})
	}
}
