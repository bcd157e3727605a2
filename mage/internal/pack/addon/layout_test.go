// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"debug/dwarf"
	"os"
	"strings"
	"testing"
)

func measure(t *testing.T, object string) *Layout {
	t.Helper()
	f, err := os.Open("testdata/layout/" + object)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := MeasureLayout(f)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestMeasureLayout reads testdata/layout/shared.o, which gcc made of shared.c. The same with an older DWARF, as EL 8's gcc writes it,
// is the same layout.
func TestMeasureLayout(t *testing.T) {
	l := measure(t, "shared.o")
	if older := measure(t, "shared-dwarf4.o"); older.Digest() != l.Digest() {
		t.Errorf("of DWARF 4:\n%s", strings.Join(older.Lines, "\n"))
	}
	const want = `verbs_inner .flags at 0: u32, 3 bits from 64
verbs_inner .start at 0: *func(*struct other, enum wish) void
verbs_inner 16 bytes
verbs_outer ..bytes at 0: [4]char
verbs_outer ..inner.flags at 0: u32, 3 bits from 64
verbs_outer ..inner.start at 0: *func(*struct other, enum wish) void
verbs_outer .mask at 16: const u32
verbs_outer .next at 24: *struct other
verbs_outer 32 bytes`
	if got := strings.Join(l.Lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if l.Machine != layoutMachine || len(l.Digest()) != 16 {
		t.Errorf("machine %v, digest %q", l.Machine, l.Digest())
	}
	moved := Layout{Lines: append([]string(nil), l.Lines...)}
	if moved.Digest() != l.Digest() {
		t.Error("equal layouts have different digests")
	}
	moved.Lines[1] = strings.Replace(moved.Lines[1], "at 0", "at 8", 1)
	if moved.Digest() == l.Digest() {
		t.Error("a member that moved has not changed the digest")
	}
}

// A mutex and a condition variable are the same whatever names the C library gives to their members; what only has the name of one, or
// its size, is none.
func TestTypesOfTheLibrary(t *testing.T) {
	number := &dwarf.UintType{BasicType: dwarf.BasicType{CommonType: dwarf.CommonType{Name: "unsigned int", ByteSize: 4}}}
	holder := func(name string, size int64, members ...string) string {
		inner := &dwarf.StructType{CommonType: dwarf.CommonType{ByteSize: size}, Kind: "struct"}
		for i, member := range members {
			inner.Field = append(inner.Field, &dwarf.StructField{Name: member, Type: number, ByteOffset: int64(4 * i)})
		}
		named := &dwarf.TypedefType{CommonType: dwarf.CommonType{Name: name, ByteSize: size}, Type: inner}
		l := &Layout{}
		l.add(&dwarf.StructType{StructName: "verbs_x", Field: []*dwarf.StructField{{Name: "cond", Type: named, ByteOffset: 8}}})
		return strings.Join(l.Lines, "\n")
	}
	old, recent := holder("pthread_cond_t", 48, "__low", "__high"), holder("pthread_cond_t", 48, "__value32")
	if old != recent || !strings.Contains(old, "verbs_x .cond.__data.__g_signals at 48: [2]unsigned int\n") {
		t.Errorf("got\n%s\nand\n%s", old, recent)
	}
	old, recent = holder("pthread_mutex_t", 40, "__elision"), holder("pthread_mutex_t", 40, "__glibc_reserved")
	if old != recent || !strings.Contains(old, "verbs_x .cond.__data.__elision at 30: short int\n") {
		t.Errorf("got\n%s\nand\n%s", old, recent)
	}
	for _, tt := range []struct {
		name string
		size int64
	}{{"ours_cond_t", 48}, {"pthread_cond_t", 56}, {"pthread_cond_t", 40}, {"pthread_mutex_t", 48}} {
		if got := holder(tt.name, tt.size, "a", "b"); !strings.Contains(got, "verbs_x .cond.b at 12: unsigned int") {
			t.Errorf("%s of %d bytes:\n%s", tt.name, tt.size, got)
		}
	}
}

func TestMeasureLayoutOfSomethingElse(t *testing.T) {
	for name, reader := range map[string]string{"text": "not an object", "nothing": ""} {
		if _, err := MeasureLayout(strings.NewReader(reader)); err == nil {
			t.Errorf("%s is taken for an object", name)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if l, err := MeasureLayout(f); err == nil {
		t.Errorf("this test has structures of libibverbs: %v", l.Lines)
	}
}
