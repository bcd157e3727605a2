// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// What rdma-core's script makes of a header is written down here by hand, as it
// makes it: the script itself is the release's.
func TestCheckABI(t *testing.T) {
	const head = "/* SPDX-License-Identifier: MIT */\n"
	for name, tt := range map[string]struct {
		header, made string
		structs      int
		want         []string
	}{
		"taken over": {
			header:  "struct a {\n\t__u32 x; /* one\n\t\t* two */\n\tunion {\n\t\t__u8 b[4]; // c\n\t};\n};\n\nunion u {\n\t__u32 y;\n} __attribute__((packed));\n",
			made:    "#define _STRUCT_a struct { \\\n__u32 x; /* one \\\n* two */ \\\nunion { \\\n__u8 b[4];  \\\n}; \\\n}\n\n#define _STRUCT_u union { \\\n__u32 y; \\\n} __attribute__((packed))\n\n",
			structs: 2,
		},
		"dropped": {
			header: "typedef struct a {\n\t__u32 x;\n} a_t;\n", made: "",
			want: []string{"fly-abi.h:2:9: want kernel style…struct a, which the script drops"},
		},
		"without a name": {
			header: "typedef struct {\n\t__u32 x;\n} a_t;\n", made: "",
			want: []string{"fly-abi.h:2:9: …a struct without a name, which the script drops"},
		},
		"on one line": {
			header: "struct a { __u32 x; };\nint y;\n",
			made:   "#define _STRUCT_a struct { \\\nint y; \\\n",
			want:   []string{`fly-abi.h:2:12: …a broken here: "int" instead of "__u32"`},
		},
		"a struct with a name inside": {
			header: "struct a {\n\tstruct b {\n\t\t__u32 x;\n\t} b;\n\t__u32 y;\n};\n",
			made:   "#define _STRUCT_a struct { \\\nstruct b { \\\n__u32 x; \\\n} b\n\n",
			want:   []string{`fly-abi.h:5:5: …a broken here: its end instead of ";"`},
		},
		"more behind the end": {
			header: "struct a {\n\t__u32 x;\n}\n;\nint y;\n",
			made:   "#define _STRUCT_a struct { \\\n__u32 x; \\\n} \\\n; \\\nint y; \\\n",
			want:   []string{`fly-abi.h:2:1: …a with trailing text: ";"`},
		},
		"a preprocessor line": {
			header: "struct a {\n#ifdef X\n\t__u32 x;\n#endif\n};\n",
			made:   "#define _STRUCT_a struct { \\\n#ifdef X \\\n__u32 x; \\\n#endif \\\n}\n\n",
			want:   []string{"warning: fly-abi.h:3:1: …a preprocessor line inside a"},
		},
		"only named": {header: "struct b *p;\nextern struct b c;\n", made: ""},
		"C++": {
			header: "extern \"C\" {\nstruct a {\n\t__u32 x;\n};\n}\n",
			made:   "#define _STRUCT_a struct { \\\n__u32 x; \\\n}\n\n", structs: 1,
		},
		"in a function": {header: "static inline int f(struct b *p)\n{\n\tstruct c { int x; } y = {};\n\treturn y.x;\n}\n", made: ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := providertest.Fly(t, map[string]string{"fly-abi.h": head + tt.header})
			p := loaded(t, dir)
			n, found := ABI(p, p.ABIHeaders()[0], []byte(tt.made), "")
			x := Result{Answers: []Answer{{Check: "ABI", Findings: found}}}
			providertest.WantLines(t, findings(x, dir, "ABI"), tt.want...)
			if n != tt.structs {
				t.Errorf("%d structs, want %d", n, tt.structs)
			}
		})
	}
}

func TestCheckABICrash(t *testing.T) {
	const said = "Traceback (most recent call last):\n  ...\nAttributeError: 'NoneType' object has no attribute 'group'\n"
	for name, tt := range map[string]struct{ header, want string }{
		"a declaration":        {"\nstruct a;\n", "fly-abi.h:2:1: …a line on which it fails"},
		"a brace behind":       {"struct a {\n\tint x;\n};\n/* c */\nunion b\n{\n\tint x;\n};\n", "fly-abi.h:5:1: …a line on which it fails"},
		"in a comment's words": {"/*\nstruct a of the kernel\n*/\n", "fly-abi.h:2:1: …a line on which it fails"},
		"something else":       {"struct a {\n\tunion {\n\t\tint y;\n\t} u;\n};\n", "fly-abi.h:1:1: …an error from the script: \"AttributeError"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := providertest.Fly(t, map[string]string{"fly-abi.h": tt.header})
			p := loaded(t, dir)
			_, found := ABI(p, p.ABIHeaders()[0], nil, said)
			providertest.WantLines(t, findings(Result{Answers: []Answer{{Check: "ABI", Findings: found}}}, dir, "ABI"), tt.want)
		})
	}
}
