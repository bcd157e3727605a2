// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"errors"
	"testing"

	"github.com/resnics/verbsmith/specs/edit"
)

// What variables stand for is bounded, whatever the file and the one around it do
// with them, and an error is one that names the place.
func FuzzCMakeVariables(f *testing.F) {
	f.Add([]byte("set(A b)\nif(C)\nset(D ${A}.c)\nendif()\nfunction(f)\nuse(${ARGN})\nendfunction()\nuse(${A} ${D})"), []byte("use(\n  ${A}\n  c.3\n)\n"))
	f.Add([]byte("set(H a)\nif(X)\nlist(APPEND H b)\nendif()\nlist(APPEND H c)\nuse(${H})"), []byte("list(APPEND H ${H})\nunset(H)\nset(H)"))
	f.Fuzz(func(t *testing.T, outer, inner []byte) {
		var above *Vars
		for _, data := range [][]byte{outer, inner} {
			cmds, err := Parse("c", data)
			if err != nil {
				return
			}
			vars := NewVars("c", above)
			run, err := vars.Expand(cmds)
			if err != nil {
				if place, ok := errors.AsType[*edit.PlaceError](err); !ok || place.File != "c" || place.Line == 0 {
					t.Fatalf("%T: %v", err, err)
				}
				return
			}
			args, size := 0, 0
			for _, c := range run {
				args += len(c.Args)
				for _, a := range c.Args {
					size += len(a.Text)
				}
			}
			if args > len(data)+maxValues || size > len(data)+maxBytes {
				t.Fatalf("%d bytes became %d arguments, %d bytes", len(data), args, size)
			}
			above = vars
		}
	})
}
