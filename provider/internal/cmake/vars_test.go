// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/edit"
)

// expandedUse returns the arguments of the last command use(), as the file runs it.
func expandedUse(t *testing.T, text string) string {
	t.Helper()
	cmds, err := Parse("c", []byte(text))
	providertest.WantError(t, err)
	cmds, err = NewVars("c", nil).Expand(cmds)
	providertest.WantError(t, err)
	for _, c := range slices.Backward(cmds) {
		if c.Name == "rdma_use" {
			return strings.Join(c.Texts(), " ")
		}
	}
	t.Fatal("no rdma_use()")
	return ""
}

// What stands as ${H} depends on more than the file says, and is left so that
// whoever needs the value can say so.
func TestCMakeVariables(t *testing.T) {
	const block = "if (X)\n list(APPEND H x)\nendif()\n"
	for _, tt := range []struct{ name, before, want string }{
		{"set", "set(H a b)", "a b"},
		{"appended", "set(H a)\nlist(APPEND H b c)", "a b c"},
		{"appended to nothing", "list(APPEND H a)\nlist(APPEND H b)", "a b"},
		{"appended in a block and then outside", "set(H a)\n" + block + "list(APPEND H b)", "${H}"},
		{"first appended in a block", block + "list(APPEND H b)", "${H}"},
		{"set in a block and then appended", "if (X)\nset(H a)\nendif()\nlist(APPEND H b)", "${H}"},
		{"set again behind the block", "set(H a)\n" + block + "list(APPEND H b)\nset(H c)\nlist(APPEND H d)", "c d"},
		{"unset behind the block", "set(H a)\n" + block + "unset(H)\nlist(APPEND H d)", "d"},
		{"unset in a block", "set(H a)\nif (X)\nunset(H)\nendif()\nlist(APPEND H b)", "${H}"},
		{"unset", "set(H a)\nunset(H)\nlist(APPEND H b)", "b"},
		{"set to nothing", "set(H a)\nset(H)\nlist(APPEND H b)", "b"},
		{"set to nothing, which shows the cache", "set(H a CACHE STRING \"x\")\nset(H)\nlist(APPEND H b)", "${H}"},
		{"unset, which shows the cache", "if (X)\nset(H a CACHE STRING \"x\")\nendif()\nset(H b)\nunset(H)\nlist(APPEND H b)", "${H}"},
		{"cached", "set(H a CACHE STRING \"x\" FORCE)\nlist(APPEND H b)", "${H}"},
		{"cached and set", "set(H a CACHE STRING \"x\")\nset(H b)\nlist(APPEND H c)", "b c"},
		{"unset in the cache", "set(H a)\nunset(H CACHE)\nlist(APPEND H b)", "a b"},
		{"set for the folder above", "set(H a)\nset(H x PARENT_SCOPE)\nlist(APPEND H b)", "a b"},
		{"unset for the folder above", "set(H a)\nunset(H PARENT_SCOPE)\nlist(APPEND H b)", "a b"},
		{"set out of a block", "set(H a)\nblock()\nset(H x PARENT_SCOPE)\nendblock()\nlist(APPEND H b)", "${H}"},
		{"elements of a list that are called so", "set(H a)\nlist(APPEND H CACHE PARENT_SCOPE)", "a CACHE PARENT_SCOPE"},
		{"prepended", "set(H a)\nlist(PREPEND H x)\nlist(APPEND H b)", "${H}"},
		{"inserted", "set(H a)\nlist(INSERT H 0 x)\nlist(APPEND H b)", "${H}"},
		{"removed", "set(H a)\nlist(REMOVE_ITEM H a)\nlist(APPEND H b)", "${H}"},
		{"filtered", "set(H a)\nlist(FILTER H EXCLUDE REGEX a)\nlist(APPEND H b)", "${H}"},
		{"transformed into it", "set(H a)\nlist(TRANSFORM G APPEND x OUTPUT_VARIABLE H)\nlist(APPEND H b)", "${H}"},
		{"taken out of another", "set(H a)\nlist(POP_BACK G H)\nlist(APPEND H b)", "${H}"},
		{"counted", "set(H a)\nlist(LENGTH H N)\nlist(APPEND H b)", "a b"},
		{"a count", "set(H a)\nlist(LENGTH G H)\nlist(APPEND H 1)", "${H}"},
		{"changed as text", "set(H a)\nstring(APPEND H x)\nlist(APPEND H b)", "${H}"},
		{"found in the folder", "file(GLOB H *.h)\nlist(APPEND H b)", "${H}"},
		{"changed by a function of others", "set(H a)\nfly_add(H)\nlist(APPEND H b)", "${H}"},
		{"changed by a macro", "macro(m)\nlist(APPEND H x)\nendmacro()\nset(H a)\nm()\nlist(APPEND H b)", "${H}"},
		{"changed by a function", "function(f)\nset(H x PARENT_SCOPE)\nendfunction()\nset(H a)\nf()", "${H}"},
		{"a function's own", "function(f)\nset(H x)\nendfunction()\nset(H a)\nf()", "a"},
		{"a loop's own", "set(H a)\nforeach(H b c)\nrdma_use(${H})\nendforeach()", "${H}"},
		{"changed at the end of a loop", "set(H a)\nforeach(i b c)\nif (X)\nrdma_use(${H})\nendif()\nset(H b)\nendforeach()", "${H}"},
		{"changed in a loop in a loop", "set(H a)\nwhile(X)\nrdma_use(${H})\nforeach(i b)\nset(H b)\nendforeach()\nendwhile()", "${H}"},
		{"read in a loop", "set(H a)\nforeach(i b c)\nset(G ${i})\nrdma_use(${H})\nendforeach()", "a"},
		{"asked for", "set(H a)\nif (H)\nmessage(H)\nendif(H)\nlist(APPEND H b)", "a b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.before + "\n"
			if !strings.Contains(text, "rdma_use") {
				text += "rdma_use(${H})\n"
			}
			providertest.WantText(t, expandedUse(t, text), tt.want)
		})
	}
}

// As much as no provider has is not yet too much.
func TestCMakeLargeList(t *testing.T) {
	text := "set(A)\n" + strings.Repeat("list(APPEND A x y z)\n", 3000) + "rdma_use(${A})\n"
	if got := len(expandedUse(t, text)); got != 2*9000-1 {
		t.Errorf("%d bytes", got)
	}
}

// growingCMake are files of some hundred bytes that would take all memory, with
// the line at which they have to end.
func growingCMake() map[string]struct {
	text string
	line string
} {
	type file = struct {
		text string
		line string
	}
	return map[string]file{
		"values":        {"set(A x y)\n" + strings.Repeat("set(A ${A} ${A})\n", 30), "13"},
		"appended":      {"set(A x y)\n" + strings.Repeat("list(APPEND A ${A})\n", 30), "14"},
		"bytes":         {"set(A \"xy\")\n" + strings.Repeat("set(A \"${A}${A}\")\n", 40), "20"},
		"two in turn":   {"set(A x y)\n" + strings.Repeat("set(B ${A} ${A})\nset(A ${B} ${B})\n", 20), "13"},
		"in other ones": {"set(A x y)\nset(B ${A}${A}z)\n" + strings.Repeat("set(A ${A} ${A})\n", 30), "14"},
		"nothing":       {"set(A \"\")\nset(B " + strings.Repeat("${A}", 20_000) + ")\n", "2"},
		"many places":   {"set(A " + strings.Repeat("x ", 1000) + ")\n" + strings.Repeat("rdma_use(${A})\n", 100), "12"},
		"in a block":    {"set(A x y)\n" + strings.Repeat("set(A ${A} ${A})\n", 12) + "if (X)\nrdma_use(${A} ${A} ${A} ${A})\nendif()\n", "13"},
	}
}

// A file that grows ends in an error with its place.
func TestCMakeThatGrowsEnds(t *testing.T) {
	const want = "variables that expand to at most 10000 values and 1048576 bytes in one file"
	for name, tt := range growingCMake() {
		t.Run(name, func(t *testing.T) {
			_, err := Read(".", "c", []byte(tt.text), nil)
			providertest.WantError(t, err, "c:"+tt.line+": want "+want)
			if place, ok := errors.AsType[*edit.PlaceError](err); !ok || place.File != "c" {
				t.Errorf("want a *PlaceError, got %T", err)
			}
		})
	}
}
