// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func TestAddSubdirectory(t *testing.T) {
	tests := []struct {
		name, in string
		coherent bool
		want     string
	}{
		{
			"in order, comment kept", "if (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/ant) # NO SPARSE\nadd_subdirectory(providers/wasp)\nendif()\n", true,
			"if (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/ant) # NO SPARSE\nadd_subdirectory(providers/fly)\nadd_subdirectory(providers/wasp)\nendif()\n",
		},
		{
			"first", "IF(HAVE_COHERENT_DMA)\n  add_subdirectory(providers/wasp)\nENDIF()\n", true,
			"IF(HAVE_COHERENT_DMA)\n  add_subdirectory(providers/fly)\n  add_subdirectory(providers/wasp)\nENDIF()\n",
		},
		{
			"last, behind a man folder", "if (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/bee)\nadd_subdirectory(providers/bee/man)\nendif()\n", true,
			"if (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/bee)\nadd_subdirectory(providers/bee/man)\nadd_subdirectory(providers/fly)\nendif()\n",
		},
		{
			"not into else, NOT or an empty one", "if (NOT HAVE_COHERENT_DMA)\nadd_subdirectory(providers/gnu)\nendif()\nif (HAVE_COHERENT_DMA)\nx()\nendif()\nif (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/ant)\nelse()\nadd_subdirectory(providers/cow)\nendif()\n", true,
			"if (NOT HAVE_COHERENT_DMA)\nadd_subdirectory(providers/gnu)\nendif()\nif (HAVE_COHERENT_DMA)\nx()\nendif()\nif (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/ant)\nadd_subdirectory(providers/fly)\nelse()\nadd_subdirectory(providers/cow)\nendif()\n",
		},
		{
			"outside", "if (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/ant)\nendif()\nadd_subdirectory(lib)\nadd_subdirectory(providers/bee)\n# w\nadd_subdirectory(providers/wasp)\nadd_subdirectory(zlib)\n", false,
			"if (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/ant)\nendif()\nadd_subdirectory(lib)\nadd_subdirectory(providers/bee)\nadd_subdirectory(providers/fly)\n# w\nadd_subdirectory(providers/wasp)\nadd_subdirectory(zlib)\n",
		},
		{"no line end at the end", "add_subdirectory(providers/bee)", false, "add_subdirectory(providers/bee)\nadd_subdirectory(providers/fly)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, form := range []func(string) string{func(s string) string { return s }, providertest.CRLF} {
				out, already, err := addSubdirectory("c", []byte(form(tt.in)), "providers/fly", CMake{CoherentDMA: tt.coherent})
				providertest.WantError(t, err)
				want := form(tt.want)
				if tt.name == "no line end at the end" {
					want = tt.want // there is nothing to take CRLF from
				}
				providertest.WantText(t, string(out), want)
				again, already2, err := addSubdirectory("c", out, "providers/fly", CMake{CoherentDMA: tt.coherent})
				providertest.WantError(t, err)
				if already || !already2 || !bytes.Equal(again, out) {
					t.Errorf("already %v, then %v; second text:\n%s", already, already2, again)
				}
			}
		})
	}
}

func TestAddSubdirectoryRefuses(t *testing.T) {
	block := "if (HAVE_COHERENT_DMA)\nadd_subdirectory(providers/ant)\nendif()\n"
	tests := []struct {
		name, in string
		coherent bool
		want     []string
	}{
		{"no block", "add_subdirectory(providers/ant)\n", true, []string{"c: want one if (HAVE_COHERENT_DMA) block", "got none"}},
		{"block without providers", "x()\nif (HAVE_COHERENT_DMA)\nadd_subdirectory(lib)\nendif()\n", true, []string{"c:2:", "without it"}},
		{"two blocks", block + block, true, []string{"c:4:", "2: lines 1 and 4"}},
		{"providers only in a block inside", "if (HAVE_COHERENT_DMA)\nif(X)\nadd_subdirectory(providers/ant)\nendif()\nendif()\n", true, []string{"c:1:", "without it"}},
		{"nothing outside", block, false, []string{"outside any block", "got none"}},
		{"two runs outside", "add_subdirectory(providers/a)\nx()\nadd_subdirectory(providers/b)\n", false, []string{"c:3:", "after x() in line 2"}},
		{"it is outside", block + "add_subdirectory(providers/fly)\n", true, []string{"c:4:", "elsewhere: line 4"}},
		{"it is inside", block[:23] + "add_subdirectory(providers/fly)\nendif()\nadd_subdirectory(providers/b)\n", false, []string{"elsewhere"}},
		{"it is there twice", "add_subdirectory(providers/fly)\nadd_subdirectory(providers/fly)\n", false, []string{"c:2:", "lines 1 and 2"}},
		{"neighbour's line ends in a comment", "add_subdirectory(providers/a) #[[\n]]\n", false, []string{"another command"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := addSubdirectory("c", []byte(tt.in), "providers/fly", CMake{CoherentDMA: tt.coherent})
			providertest.WantError(t, err, tt.want...)
		})
	}
}

func TestPrivateABI(t *testing.T) {
	tests := []struct {
		in   string
		want int
		err  []string
	}{
		{"set(IBVERBS_PABI_VERSION \"34\")\nset(X \"${IBVERBS_PABI_VERSION}\")", 34, nil},
		{"set(IBVERBS_PABI_VERSION 59)", 59, nil},
		{"# set(IBVERBS_PABI_VERSION 1)", 0, []string{"c: ", "got none"}},
		{"set(IBVERBS_PABI_VERSION 1)\nset(IBVERBS_PABI_VERSION 2)", 0, []string{"c:2:", "lines 1 and 2"}},
		{"\nset(IBVERBS_PABI_VERSION \"${X}\")", 0, []string{"c:2:", `"${X}"`}},
		{"set(IBVERBS_PABI_VERSION 66)\nif (X)\nset(IBVERBS_PABI_VERSION 67)\nendif()", 0, []string{"c:3:", "lines 1 and 3"}},
		{"set(IBVERBS_PABI_VERSION 66)\nmath(EXPR IBVERBS_PABI_VERSION \"66 + 1\")", 0, []string{"c:2:", "lines 1 and 2"}},
		{"if (X)\nset(IBVERBS_PABI_VERSION 67)\nendif()", 0, []string{"c:2:", "outside any block"}},
		{"set(IBVERBS_PABI_VERSION -3)", 0, []string{`"-3"`}},
	}
	for _, tt := range tests {
		got, err := privateABI("c", []byte(tt.in))
		providertest.WantError(t, err, tt.err...)
		if got != tt.want {
			t.Errorf("%q: got %d, want %d", tt.in, got, tt.want)
		}
	}
}
