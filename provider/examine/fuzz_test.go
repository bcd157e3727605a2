// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// Whatever a directory holds, each finding is one line, and what Load takes is what
// Examine finds no fault with in manifest, directory and CMake.
func FuzzExamine(f *testing.F) {
	f.Add([]byte(providertest.Manifest), []byte(providertest.CMake), []byte(providertest.Source))
	f.Add([]byte(providertest.CRLF(providertest.Manifest)), []byte(providertest.CRLF(providertest.CMake)), []byte(providertest.CRLF(providertest.Source)))
	f.Add([]byte("\xef\xbb\xbf"+providertest.Manifest), []byte("rdma_shared_provider(fly l.map 1 1.0 fly.c)"), []byte("#define A(x) B(x)\n#define B(x) A(x)\n"))
	f.Add([]byte("name: [\n"), []byte("rdma_provider(fly"), []byte("PROVIDER_DRIVER(fly, A(B))\nenum { A = B, B = A };"))
	dir := filepath.Join(f.TempDir(), "fly")
	f.Fuzz(func(t *testing.T, manifest, lists, source []byte) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{
			provider.ManifestName: manifest, cmake.FileName: lists, "fly.c": source, "fly.h": []byte(providertest.Header), "fly-abi.h": []byte(providertest.ABIHeader),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		x := Examine(t.Context(), dir)
		_, err := provider.Load(t.Context(), dir)
		if (err == nil) != (x.Provider != nil) {
			t.Fatalf("Load: %v; Examine: %+v", err, x)
		}
		for _, a := range x.Answers {
			oneLineEach(t, a.Findings)
			shape := a.Check == CheckManifest || a.Check == CheckFolder || a.Check == CheckCMake
			if shape && a.Failed() && err == nil {
				t.Fatalf("Load takes what %s finds wrong: %v", a.Check, a.Findings[0].Err)
			}
		}
	})
}

func oneLineEach(t *testing.T, findings []Finding) {
	t.Helper()
	for _, f := range findings {
		text := f.Err.Error()
		if !strings.Contains(text, ": ") || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
			t.Fatalf("%T: %q", f.Err, text)
		}
	}
}

// What a script made of a header can be anything too.
func FuzzABI(f *testing.F) {
	f.Add([]byte(providertest.ABIHeader), []byte("#define _STRUCT_fly_resp struct { \\\n__u32 number; \\\n}\n\n"), "")
	f.Add([]byte("typedef struct { int x; } a;\nunion b {\n} c, d;"), []byte("#define _STRUCT_ \n#define _STRUCT_b union { \\"), "")
	f.Add([]byte("struct a;\r\n/* struct */"), []byte{}, "Traceback")
	f.Fuzz(func(t *testing.T, header, made []byte, crashed string) {
		n, found := checkABI("d/a.h", header, made, crashed)
		if n < 0 {
			t.Fatalf("%d structs came over", n)
		}
		oneLineEach(t, found)
	})
}
