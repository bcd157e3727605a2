// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"path"
	"strings"
)

// checkBuilt warns of .c files that no list names and no other source includes:
// they travel into rdma-core and are not compiled there.
func (p *subject) checkBuilt(a *Answer, c *cSources, built *builtSources) {
	for _, f := range c.files {
		if p.doubts(fieldPrivate) || !strings.HasSuffix(f.name, ".c") || built.has(f.name) || c.includes(path.Base(f.name)) {
			continue
		}
		want := "a source that " + cmakeName + " names, or a pattern of privateFiles that keeps it out"
		a.warn(&SourceError{File: f.path, Line: 1, Want: want, Got: "a file that nothing compiles"})
	}
}
