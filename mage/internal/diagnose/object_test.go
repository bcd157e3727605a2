// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

func read(t *testing.T, f elfFile) *object {
	t.Helper()
	o, err := readObject("/m.so", f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// A match table is read as it is in the source, whatever the form of relocations and the architecture.
func TestMatchTable(t *testing.T) {
	want := []driverOps{{name: "rib", minABI: 1, maxABI: 3, rules: []rule{
		{kind: ruleDriverID, driverID: 22},
		{kind: ruleModalias, pattern: "rdma_device:*Nrib*"},
		{kind: rulePCI, vendor: 0x1d0f, device: 0xefa9},
		{kind: ruleModalias, pattern: "pci:v00001D0Fd*"},
	}}, {name: "rib_old", minABI: 0, maxABI: 1<<31 - 1, function: true, rules: []rule{{kind: rulePCI, vendor: 1, device: 2}}}}
	for i := range 40 { // more than one word of packed relocations has
		want[0].rules = append(want[0].rules, rule{kind: ruleModalias, pattern: fmt.Sprintf("rdma_device:*Nfly%d*", i)})
	}
	for name, change := range map[string]func(*elfFile){
		"x86-64": func(*elfFile) {}, "aarch64": func(f *elfFile) { f.arch = elf.EM_AARCH64 }, "packed relocations": func(f *elfFile) { f.packed = true },
	} {
		f := module(34, want...)
		change(&f)
		o := read(t, f)
		if got := o.findOps(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v", name, got)
		}
		if o.registersWith() != 34 {
			t.Errorf("%s: registers with %d", name, o.registersWith())
		}
	}
	var words []string
	for _, r := range want[0].rules[:4] {
		words = append(words, r.String())
	}
	if !slices.Equal(words, []string{
		"VERBS_DRIVER_ID 22", `VERBS_NAME_MATCH "rib"`, "VERBS_PCI_MATCH 1d0f:efa9", `VERBS_MODALIAS_MATCH "pci:v00001D0Fd*"`,
	}) {
		t.Errorf("got %q", words)
	}
}

// What only resembles the structure is none.
func TestNoMatchTable(t *testing.T) {
	for name, ops := range map[string]driverOps{
		"no table and no function": {name: "rib", minABI: 1, maxABI: 1},
		"no name":                  {name: "", minABI: 1, maxABI: 1, rules: ribRules},
		"a name with a blank":      {name: "a b", minABI: 1, maxABI: 1, rules: ribRules},
		"a range that is none":     {name: "rib", minABI: 2, maxABI: 1, rules: ribRules},
		"an unknown kind of rule":  {name: "rib", minABI: 1, maxABI: 1, rules: []rule{{kind: 9}}},
	} {
		if got := read(t, module(34, ops)).findOps(); len(got) > 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestLibrary(t *testing.T) {
	f := verbsLibrary(57, "/usr/lib/x86_64-linux-gnu/libibverbs")
	f.runpath, f.needed = "$ORIGIN/x", []string{"libc.so.6", "libnl-3.so.200"}
	f.wants = []elfWant{{"malloc", "GLIBC_2.2.5", "libc.so.6"}, {name: "plain"}}
	o := read(t, f)
	if o.soname != soName || o.runpath != "$ORIGIN/x" || !slices.Equal(o.needed, f.needed) || !slices.Equal(o.defines, f.defines) {
		t.Errorf("got %q %q %q %q", o.soname, o.runpath, o.needed, o.defines)
	}
	if len(o.wants) != 2 || o.wants[0].version != "GLIBC_2.2.5" || o.wants[1].version != "" {
		t.Errorf("wants %+v", o.wants)
	}
	if !o.has(symbol{name: "verbs_set_ops", version: "IBVERBS_PRIVATE_57"}) || o.has(symbol{name: "verbs_set_ops", version: "IBVERBS_PRIVATE_34"}) {
		t.Error("versions of symbols are not told apart")
	}
}

// FuzzObject: a damaged library is an error, and reading it ends.
func FuzzObject(f *testing.F) {
	for _, file := range []elfFile{verbsLibrary(34, "/usr/lib64/libibverbs"), module(34, ribOps...)} {
		f.Add(file.bytes(), uint16(0), uint64(0))
	}
	f.Fuzz(func(_ *testing.T, data []byte, at uint16, value uint64) {
		data = bytes.Clone(data)
		if int(at)+8 <= len(data) {
			binary.LittleEndian.PutUint64(data[at:], value)
		}
		if o, err := readObject("/m.so", data); err == nil {
			o.findOps()
			o.registersWith()
		}
	})
}

// Every byte of a library may be damaged.
func TestDamagedObject(*testing.T) {
	whole := module(34, ribOps...).bytes()
	for at := range whole {
		for _, value := range []byte{0, 0x7f, 0xff} {
			data := bytes.Clone(whole)
			data[at] = value
			if o, err := readObject("/m.so", data); err == nil {
				o.findOps()
			}
		}
		if o, err := readObject("/m.so", whole[:at]); err == nil {
			o.findOps()
		}
	}
}
