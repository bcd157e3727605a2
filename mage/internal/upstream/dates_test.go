// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoClock keeps this machine's clock out of what decides a source and its edits: whatever they need a date for, the
// release has one.
func TestNoClock(t *testing.T) {
	var files []string
	for _, pattern := range []string{
		"*.go", "../patchset/*.go", "../job/*.go", "../artifact/*.go", "../source/*.go", "../edit/*.go",
		"../walk/*.go", "../pack/addon/*.go", "../pack/rpm.go",
		"../../../specs/*.go", "../../../specs/rpmspec/*.go", "../../../provider/*.go",
	} {
		found, err := filepath.Glob(pattern)
		must(t, err)
		if len(found) == 0 {
			t.Errorf("no file is %s", pattern)
		}
		files = append(files, found...)
	}
	set := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		must(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && (s.Sel.Name == "Now" || s.Sel.Name == "Since" || s.Sel.Name == "Until") {
					t.Errorf("%s: time.%s", set.Position(n.Pos()), s.Sel.Name)
				}
			}
			return true
		})
	}
}
