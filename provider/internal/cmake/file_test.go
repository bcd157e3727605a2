// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// A file begins with the variables of the one that takes it in, and names its files from
// the directory that holds both.
func TestRead(t *testing.T) {
	outer, err := Read(".", "d/CMakeLists.txt", []byte("set(A b)\nadd_subdirectory(man)\n"), nil)
	providertest.WantError(t, err)
	f, err := Read("man", "d/man/CMakeLists.txt", []byte("list(APPEND A c)\nset(B d)\nuse(${A}\n  ${B})\n"), outer.Vars)
	providertest.WantError(t, err)
	use := f.Commands[len(f.Commands)-1]
	if got := use.Texts(); len(got) != 2 || got[0] != "${A}" || got[1] != "d" {
		t.Errorf("arguments %q", got)
	}
	providertest.WantText(t, f.Path("x.3"), "man/x.3")
	providertest.WantText(t, outer.Path("x.c"), "x.c")
	providertest.WantError(t, f.Fail(use.Args[1], "x", "y"), "d/man/CMakeLists.txt:4: want x, got y")
	providertest.WantError(t, f.FailAt(&use, "x", "y"), "d/man/CMakeLists.txt:3: want x, got y")
	_, err = Read(".", "c", []byte("use("), nil)
	providertest.WantError(t, err, "c:1:")
}

func TestSources(t *testing.T) {
	sources := func(text string) *Sources {
		s := NewSources()
		cmds, err := Parse("c", []byte(text))
		providertest.WantError(t, err)
		for _, c := range cmds {
			s.Add("sub", c)
		}
		return s
	}
	s := sources("set(S a.c;b.c)\nadd_library(x ${CMAKE_CURRENT_SOURCE_DIR}/c.c ../d.c)\nfile(READ x y)\n" +
		"use(${CMAKE_CURRENT_BINARY_DIR}/f.c ${S} ${S}.map)\n")
	for name, want := range map[string]bool{"sub/a.c": true, "sub/b.c": true, "sub/c.c": true, "d.c": true, "a.c": false, "sub/e.c": false} {
		if s.Has(name) != want {
			t.Errorf("%s is named: %v", name, !want)
		}
	}
	for _, text := range []string{"file(GLOB S *.c)", "file(GLOB_RECURSE S *.c)", "aux_source_directory(. S)", "use(${S}/a.c)", "use(${S}.c)"} {
		if s := sources(text); !s.Unclear || !s.Has("sub/any.c") {
			t.Errorf("%s names all that it names: %v", text, s.Names)
		}
	}
}

func TestIsKeyword(t *testing.T) {
	for name, want := range map[string]bool{
		"return": true, "break": true, "continue": true, "else": true, "elseif": true, "if": true, "endif": true, "foreach": true,
		"endwhile": true, "function": true, "endmacro": true, "block": true, "fly": false, "end": false, "endfly": false, "set": false,
	} {
		if IsKeyword(name) != want {
			t.Errorf("%s is one: %v", name, !want)
		}
	}
}
