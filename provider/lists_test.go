// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func TestAddKernelModule(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"in order", "x\n - ant.ko\n - wasp.ko\ny\n", "x\n - ant.ko\n - fly.ko\n - wasp.ko\ny\n"},
		{"first", "* wasp.ko\n", "* fly.ko\n* wasp.ko\n"},
		{"last, no line end", "- ant.ko", "- ant.ko\n- fly.ko"},
		{"other lists", " - hive (hive.ko)\n\n - ant.ko\n\n - b.ko and c.ko\n", " - hive (hive.ko)\n\n - ant.ko\n - fly.ko\n\n - b.ko and c.ko\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, already, err := addKernelModule("r", []byte(tt.in), "fly.ko")
			providertest.WantError(t, err)
			providertest.WantText(t, string(out), tt.want)
			again, already2, err := addKernelModule("r", out, "fly.ko")
			providertest.WantError(t, err)
			if already || !already2 || !bytes.Equal(again, out) {
				t.Errorf("already %v, then %v; second text:\n%s", already, already2, again)
			}
		})
	}
	out, _, err := addKernelModule("r", []byte("a\r\n - ant.ko\r\n - wasp.ko\r\n"), "fly.ko")
	providertest.WantError(t, err)
	providertest.WantText(t, string(out), "a\r\n - ant.ko\r\n - fly.ko\r\n - wasp.ko\r\n")

	_, _, err = addKernelModule("r", []byte("nothing\n"), "fly.ko")
	providertest.WantError(t, err, "r: want one list of kernel modules", "got none")
	_, _, err = addKernelModule("r", []byte(" - a.ko\n\n - b.ko\n"), "fly.ko")
	providertest.WantError(t, err, "r:3:", "2: lines 1 and 3")
}

func TestAddMaintainer(t *testing.T) {
	m := &Manifest{Name: "fly", KernelModule: "fly.ko", Maintainer: Maintainer{Name: "Flo", Email: "flo@host.example"}}
	section := func(title, dir string) string {
		return title + "\nM:\tX <x@host.example>\nS:\tSupported\nF:\t" + dir + "\n"
	}
	ours := "FLY USERSPACE PROVIDER (for fly.ko)\nM:\tFlo <flo@host.example>\nS:\tSupported\nF:\tproviders/fly/\n"
	head := "Words about sections\n        F: files\n\n" + section("ZOO BUILD", "build/") + "\n"
	ant, wasp, lib := section("ANT", "providers/ant/"), section("Wasp", "providers/wasp/"), section("GNAT LIBRARY", "libgnat/")
	tests := []struct{ name, in, want string }{
		{"in order", head + ant + "\n" + wasp, head + ant + "\n" + ours + "\n" + wasp},
		{"before a library among them", head + ant + "\n" + lib + "\n" + wasp, head + ant + "\n" + ours + "\n" + lib + "\n" + wasp},
		{"first of the providers, not of all", head + wasp, head + ours + "\n" + wasp},
		{"last of the providers, not of all", head + ant + "\n" + section("AAA", "py/"), head + ant + "\n" + ours + "\n" + section("AAA", "py/")},
		{"at the end without a line end", strings.TrimSuffix(ant, "\n"), ant + "\n" + strings.TrimSuffix(ours, "\n")},
		{"with blanks behind the keys", strings.ReplaceAll(wasp, "\t", "  "), strings.ReplaceAll(ours+"\n"+wasp, "\t", "  ")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, form := range []func(string) string{func(s string) string { return s }, providertest.CRLF} {
				out, already, err := addMaintainer("m", []byte(form(tt.in)), m)
				providertest.WantError(t, err)
				providertest.WantText(t, string(out), form(tt.want))
				again, already2, err := addMaintainer("m", out, m)
				providertest.WantError(t, err)
				if already || !already2 || !bytes.Equal(again, out) {
					t.Errorf("already %v, then %v; second text:\n%s", already, already2, again)
				}
			}
		})
	}
	t.Run("own title", func(t *testing.T) {
		named := *m
		named.Title = "WASPLIKE THING"
		out, _, err := addMaintainer("m", []byte(wasp), &named)
		providertest.WantError(t, err)
		if !strings.HasPrefix(string(out), wasp+"\nWASPLIKE THING (for fly.ko)\n") {
			t.Errorf("got:\n%s", out)
		}
	})
	t.Run("several people", func(t *testing.T) {
		many := *m
		many.CoMaintainers = []Maintainer{{Name: "Fay", Email: "fay@host.example"}, {Name: "Fox", Email: "fox@host.example"}}
		out, _, err := addMaintainer("m", []byte(wasp), &many)
		providertest.WantError(t, err)
		people := "M:\tFlo <flo@host.example>\nM:\tFay <fay@host.example>\nM:\tFox <fox@host.example>\nS:"
		if !strings.Contains(string(out), people) {
			t.Errorf("got:\n%s", out)
		}
	})
	_, _, err := addMaintainer("m", []byte("words\n"+section("ZOO", "zoo/")), m)
	providertest.WantError(t, err, "m: want sections of providers", "got none")
}
