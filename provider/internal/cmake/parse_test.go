// SPDX-License-Identifier: Apache-2.0

package cmake

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
	"github.com/resnics/verbsmith/specs/edit"
)

func TestParseCMake(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "a(b c)", `a["b" "c"]`},
		{"cases and blanks", "A  (\n b\tc )\nB()", `a["b" "c"] b[]`},
		{"line comment", "a(b # c)\n d)", `a["b" "d"]`},
		{"bracket comment", "#[[ a(x)\n b(y) ]] a(#[=[ ) ]] ]=] b)", `a["b"]`},
		{"hash and bracket that is none", "#[x\na()", `a[]`},
		{"quoted", `a("b c) # \" d" e)`, `a["b c) # \\\" d" "e"]`},
		{"bracket argument", "a([=[ ]] \" ) ]=] b)", `a[" ]] \" ) " "b"]`},
		{"bracket of a variable", "a([x] ${b})", `a["[x]" "${b}"]`},
		{"escapes", `a(b\ c\) d)`, `a["b\\ c\\)" "d"]`},
		{"legacy", `a(-D="b c" $(D E) f)`, `a["-D=\"b c\"" "$(D E)" "f"]`},
		{"parentheses", "if(A AND (B OR C))\nendif()", `if["A" "AND" "(" "B" "OR" "C" ")"] endif[]`},
		{
			"blocks", "if(A)\nb()\nelse()\nfunction(f)\nc()\nendfunction()\nendif()",
			`if["A"] if["A"]#0/b[] if["A"]#1/else[] if["A"]#1/function["f"] if["A"]#1/function["f"]#0/c[] if["A"]#1/endfunction[] endif[]`,
		},
		{"byte order mark", "\ufeffa()", `a[]`},
		{"nothing", "\n# only this", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmds, err := Parse("c", []byte(tt.in))
			providertest.WantError(t, err)
			providertest.WantText(t, strings.Join(Shape(cmds), " "), tt.want)
		})
	}
}

func TestParseCMakeRefuses(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"no parenthesis", "\na\nb()", []string{"c:2:", `"(" after the command "a"`}},
		{"not closed", "a()\nb(c", []string{"c:2:", "end of the file"}},
		{"quote", "a(\n\"b)", []string{"c:2:", "quote"}},
		{"legacy quote", "a(\nx\"b)", []string{"c:2:"}},
		{"bracket", "a(\n[[b)", []string{"c:2:", `"]]"`}},
		{"bracket comment", "\n#[=[ b", []string{"c:2:", `"]=]"`}},
		{"no command", "a()\n)", []string{"c:2:", "a command"}},
		{"backslash at the end", `a(b\`, []string{"c:1:"}},
		{"endif alone", "endif()", []string{"c:1:", "endif() without one"}},
		{"else alone", "while(1)\nelse()\nendwhile()", []string{"c:2:", "else() without one"}},
		{"if open", "a()\nif(x)", []string{"c:2:", "endif()"}},
		{"crossed", "if(x)\nforeach(y)\nendif()\nendforeach()", []string{"c:3:"}},
		{"too deep", strings.Repeat("if(x)\n", 200), []string{"c:101:", "at most 100"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("c", []byte(tt.in))
			providertest.WantError(t, err, tt.want...)
			if _, ok := errors.AsType[*edit.PlaceError](err); !ok {
				t.Errorf("want a *PlaceError, got %T", err)
			}
		})
	}
}

func TestListAdd(t *testing.T) {
	list := List{Command: "pub", First: "rdma"}
	tests := []struct{ name, in, want string }{
		{"in order", "pub(rdma\n  a.h\n  z.h\n  )\n", "pub(rdma\n  a.h\n  fly.h\n  z.h\n  )\n"},
		{"first", "pub(rdma\n\tz.h\n\t)\n", "pub(rdma\n\tfly.h\n\tz.h\n\t)\n"},
		{"last", "pub(rdma\n  a.h # it\n  )\n", "pub(rdma\n  a.h # it\n  fly.h\n  )\n"},
		{"last before the parenthesis", "pub(rdma\n  a.h)\n", "pub(rdma\n  a.h\n  fly.h)\n"},
		{"on one line", "pub(rdma a.h z.h)\n", "pub(rdma a.h fly.h z.h)\n"},
		{"last on one line", "pub(rdma a.h)", "pub(rdma a.h fly.h)"},
		{"empty list", "pub(rdma)\n", "pub(rdma fly.h)\n"},
		{"quoted neighbours", "pub(rdma\n  \"a.h\"\n  \"z.h\")\n", "pub(rdma\n  \"a.h\"\n  fly.h\n  \"z.h\")\n"},
		{
			"other commands and definitions", "function(pub)\nendfunction()\npub(rdma/x\n  a.h)\n# pub(rdma q)\npub(rdma\n  z.h)\nset(x [[pub(rdma q)]])\n",
			"function(pub)\nendfunction()\npub(rdma/x\n  a.h)\n# pub(rdma q)\npub(rdma\n  fly.h\n  z.h)\nset(x [[pub(rdma q)]])\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, form := range []func(string) string{func(s string) string { return s }, providertest.CRLF} {
				out, already, err := list.Add("c", []byte(form(tt.in)), "fly.h")
				providertest.WantError(t, err)
				providertest.WantText(t, string(out), form(tt.want))
				again, already2, err := list.Add("c", out, "fly.h")
				providertest.WantError(t, err)
				if already || !already2 || !bytes.Equal(again, out) {
					t.Errorf("already %v, then %v; second text:\n%s", already, already2, again)
				}
			}
		})
	}
	t.Run("without a first argument", func(t *testing.T) {
		out, _, err := List{Command: "abi"}.Add("c", []byte("abi(\n  z.h\n  )"), "fly.h")
		providertest.WantError(t, err)
		providertest.WantText(t, string(out), "abi(\n  fly.h\n  z.h\n  )")
		out, _, err = List{Command: "abi"}.Add("c", []byte("abi()"), "fly.h")
		providertest.WantError(t, err)
		providertest.WantText(t, string(out), "abi(fly.h)")
	})
}

func TestListAddRefuses(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"none", "pub(rdma/x a.h)", []string{"c: want one command pub(rdma …", "got none"}},
		{"two", "pub(rdma a.h)\npub(rdma b.h)", []string{"c:2:", "2: lines 1 and 2"}},
		{"only under if", "\nif(X)\npub(rdma a.h)\nendif()", []string{"c:3:", "inside a block"}},
		{"item twice", "pub(rdma fly.h fly.h)", []string{"c:1:", "2 of them"}},
		{"line that is inside a comment", "pub(rdma\n  a.h #[[\n]] z.h)", nil},
		{"not CMake", "pub(rdma", []string{"c:1:"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, _, err := List{Command: "pub", First: "rdma"}.Add("c", []byte(tt.in), "fly.h")
			providertest.WantError(t, err, tt.want...)
			if err == nil {
				cmds, err := Parse("c", out)
				providertest.WantError(t, err)
				if got := cmds[0].Texts(); !slices.Equal(got, []string{"rdma", "a.h", "fly.h", "z.h"}) {
					t.Errorf("arguments %q", got)
				}
			}
		})
	}
	t.Run("a neighbour's line end inside a comment", func(t *testing.T) {
		_, _, err := List{Command: "pub", First: "rdma"}.Add("c", []byte("pub(rdma\n  a.h #[[\n]]\n)"), "fly.h")
		providertest.WantError(t, err, "c:1:", "got one in which the edit would change another command")
	})
}
