// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// What counts are the comments before anything else, in the signs of the file's language.
func TestSPDXOfFile(t *testing.T) {
	const line = "SPDX-License-Identifier: MIT"
	for _, tt := range []struct{ name, text, want string }{
		{"a.c", "// " + line + "\n", "MIT"},
		{"a.h", "\xef\xbb\xbf/* " + line + " */\n", "MIT"},
		{"a.c", "/*\n * x\n */\n// " + line, "MIT"},
		{"a.c", "#include <a.h>\n// " + line + "\n", "none"},
		{"a.c", "int a; // " + line + "\n", "none"},
		{"a.c", "/* " + line, "none"},
		{"CMakeLists.txt", "\n# x\n# " + line + "\nproject(x)\n", "MIT"},
		{"x.cmake", "// " + line + "\n", "none"},
		{"a.map", "# x\n/* " + line + " */\n", "MIT"},
		{"a.map", "A { # " + line + "\n", "none"},
		{"a.c", "// SPDX-License-Identifier:\n", ""},
	} {
		said, at, ok := File{Name: tt.name, data: []byte(tt.text)}.SPDX()
		if !ok {
			said = "none"
		}
		providertest.WantText(t, tt.name+": "+said, tt.name+": "+tt.want)
		if ok && tt.text[at:at+4] != "SPDX" {
			t.Errorf("%s: stands at %d", tt.name, at)
		}
	}
	for name, want := range map[string]Kind{
		"d/a.c": KindSource, "a.h": KindSource, "a.map": KindMap, "d/CMakeLists.txt": KindCMake, "a.cmake": KindCMake, "a.md": KindOther, "x.txt": KindOther,
	} {
		if got := (File{Name: name}).Kind(); got != want {
			t.Errorf("%s is of kind %d, want %d", name, got, want)
		}
	}
}
