// SPDX-License-Identifier: Apache-2.0

package c

import (
	"strconv"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// sources are files by their names, in the order in which they are given.
func sources(t *testing.T, files ...string) *Sources {
	t.Helper()
	s := NewSources()
	for i := 0; i < len(files); i += 2 {
		providertest.WantError(t, s.Add(files[i], "dir/"+files[i], []byte(files[i+1])))
	}
	return s
}

func TestSourcesAdd(t *testing.T) {
	s := sources(t, "a.h", "#define A 1\nenum e { B };", "a.c", "#include \"sub/a.h\"\n#include <hw.h>\n")
	err := s.Add("b.c", "dir/b.c", []byte("/*"))
	providertest.WantError(t, err, "dir/b.c:1:")
	if len(s.Files) != 2 {
		t.Errorf("%d files", len(s.Files))
	}
	for word, want := range map[string]bool{"A": true, "B": true, "e": false, "C": false} {
		if s.Defines(word) != want {
			t.Errorf("%s is defined: %v", word, !want)
		}
	}
	for base, want := range map[string]bool{"a.h": true, "hw.h": true, "w.h": false, "sub": false, "b.h": false, "ub/a.h": false} {
		if s.Includes(base) != want {
			t.Errorf("%s is included: %v", base, !want)
		}
	}
	problem := s.Files[0].Problem(12, "a", "b")
	providertest.WantError(t, problem, "dir/a.h:2:1: want a, got b")
}

func TestValue(t *testing.T) {
	s := sources(t, "a.h", `#define ONE 1
#define TWO (0x2UL)
#define LESS -ONE
#define SAME 7
#define F(x) x
#define LOOP POOL
#define POOL LOOP
#define MANY 1
enum e { E0, E1, E5 = 5, E6, EN = -3, EN2, EX = sizeof(int), EY, };
enum { E_OF_MACRO = TWO, E_BEHIND };
enum forward;
`, "b.h", "#define SAME 7\n#define MANY 2\nenum { E1 = 1 };\n")
	for text, want := range map[string]string{
		"1": "1", "010": "8", "0xFFu": "255", "- 2": "-2", "((3))": "3", "-(-4)": "4", "ONE": "1", "TWO": "2", "LESS": "-1", "SAME": "7",
		"INT_MAX": "2147483647", "UINT32_MAX": "4294967295", "E0": "0", "E1": "1", "E5": "5", "E6": "6", "EN2": "-2", "E_OF_MACRO": "2", "E_BEHIND": "3",
		"F": "", "LOOP": "", "MANY": "", "EX": "", "EY": "", "NONE": "", "1 + 1": "", "1_0": "", "0b1": "1", "0o7": "", "": "", `"1"`: "",
	} {
		n, ok := s.Value(ScanText(text))
		if got := strconv.FormatInt(n, 10); ok != (want != "") || ok && got != want {
			t.Errorf("%q is %d, %v; want %q", text, n, ok, want)
		}
	}
}

// Names that name each other in ever more ways end.
func TestValueThatGrows(t *testing.T) {
	var b strings.Builder
	for name := range strings.SplitSeq("ABCDEFGHIJKLMNOP", "") {
		next := string(rune(name[0]) + 1)
		b.WriteString("enum { " + name + " = " + next + " };\n#define " + name + " " + next + "\n#define " + name + " (" + next + ")\n")
	}
	s := sources(t, "a.h", b.String()+"#define Q 1\n")
	if n, ok := s.Value(ScanText("A")); ok {
		t.Errorf("A is %d", n)
	}
	if n, ok := s.Value(ScanText("O")); !ok || n != 1 {
		t.Errorf("O is %d, %v", n, ok)
	}
	table := "#define TWICE(a) VERBS_DRIVER_ID(a a)\nstruct e t[] = { TWICE(" + strings.Repeat("x", maxText/2) + ") };"
	s = sources(t, "a.c", table)
	if o, _ := s.Object("e", "t"); s.Entries(o)[0].Kind != EntryUnknown {
		t.Errorf("an entry of %d bytes is read", maxText)
	}
}

func TestWordAndText(t *testing.T) {
	s := sources(t, "a.h", "#define ID RDMA_DRIVER_FLY\n#define TWICE ID\n#define F(x) x\n#define S \"fly\" \"_\"\n#define T S\n#define U \"a\"\n#define U \"b\"\n#define L M\n#define M L\n")
	for in, want := range map[string][2]string{
		"ID": {"RDMA_DRIVER_FLY", ""}, "TWICE": {"RDMA_DRIVER_FLY", ""}, "other": {"other", ""}, "a b": {"", ""}, "F": {"", ""},
		"S": {"", "fly_"}, "T": {"", "fly_"}, `"x\n" "y"`: {"", "x\ny"}, "'x'": {"", ""}, "U": {"", ""}, "L": {"", ""},
	} {
		word, _ := s.Word(ScanText(in))
		if got := [2]string{word, s.Text(ScanText(in))}; got != want {
			t.Errorf("%s gives %q, want %q", in, got, want)
		}
	}
}

func TestObject(t *testing.T) {
	s := sources(t, "a.c", `struct ops fly;
static const struct ops fly = { .name = "fly", .low = LOW + 1, .table = { 1, 2 }, };
struct ent table[MANY + 1] = {
#include "table.h"
	{ 1 },
};
struct ops const volatile late = { 1 }, sized[(1, 3)] __attribute__((section("x"), aligned(8))) = { 2 };
struct ops attributed[2] __attribute__((section("x"), aligned(8))) = { 2 };
#define MAKE(x) struct ops made_by = x
void f(struct ops *arg) { int x = 1; }
`)
	o, ok := s.Object("ops", "fly")
	if !ok || o.Included || o.File.Name != "a.c" {
		t.Fatalf("%+v, %v", o, ok)
	}
	fields := o.Fields()
	for name, want := range map[string]string{"name": `"fly"`, "low": "LOW + 1", "table": "{ 1, 2 }", "other": ""} {
		if got := Join(fields[name]); got != want {
			t.Errorf(".%s is %q, want %q", name, got, want)
		}
	}
	data := o.File.Data
	if got := string(data[o.At:o.At+3]) + string(data[o.End:o.End+2]); got != "fly};" {
		t.Errorf("stands at %q", got)
	}
	if o, ok := s.Object("ent", "table"); !ok || !o.Included || !s.Longer(o) {
		t.Errorf("%+v, %v", o, ok)
	}
	for _, name := range []string{"late", "attributed"} {
		if o, ok := s.Object("ops", name); !ok || string(o.File.Data[o.At:o.At+4]) != name[:4] || s.Longer(o) != (name == "attributed") {
			t.Errorf("%s: %+v, %v", name, o, ok)
		}
	}
	for _, name := range []string{"arg", "made_by", "none"} {
		if _, ok := s.Object("ops", name); ok {
			t.Errorf("%s is an object", name)
		}
	}
	if !s.InMacro("made_by") || s.InMacro("fly") {
		t.Error("made_by alone is in a macro")
	}
	var outside []string
	s.Files[0].Outside(func(i int) { outside = append(outside, s.Files[0].Tokens[i].Text) })
	if got := strings.Join(outside, " "); strings.Contains(got, "LOW") || strings.Contains(got, "arg") || !strings.HasSuffix(got, "void f ) }") {
		t.Errorf("outside of brackets: %s", got)
	}
}

func TestLonger(t *testing.T) {
	s := sources(t, "a.c", "#define N 3\nstruct e a[] = {1, 2}, b[2] = {1, 2}, c;\nstruct e n[N] = {1, 2};\nstruct e u[UNKNOWN] = {1};\nstruct e t[2] = {1, 2};")
	for name, want := range map[string]bool{"a": false, "n": true, "u": true, "t": false} {
		o, ok := s.Object("e", name)
		if !ok || s.Longer(o) != want {
			t.Errorf("%s is longer: %v, %v", name, !want, ok)
		}
	}
}

func TestStructs(t *testing.T) {
	toks := ScanText(`extern "C" {
struct only_named;
struct one { __u32 a; struct { int b; } c; };
struct __attribute__((packed)) two { int a; } __aligned(8);
union { int x; } many, more;
struct one value = { 1 };
static inline int f(struct one *p) { struct hidden { int a; } h; return 0; }
}
struct open { int a;`)
	var got []string
	for _, s := range Structs(toks) {
		got = append(got, s.Name+"="+Join(s.Tokens[2:]))
	}
	want := "one={ __u32 a; struct { int b; } c; }|two=((packed)) two { int a; } __aligned(8)|={ int x; } many, more"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %q\nwant %q", strings.Join(got, "|"), want)
	}
}
