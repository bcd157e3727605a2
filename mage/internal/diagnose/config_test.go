// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"debug/elf"
	"encoding/binary"
	"reflect"
	"slices"
	"testing"
	"testing/fstest"
)

// Lines are read as libibverbs reads them.
func TestDriverFile(t *testing.T) {
	for text, want := range map[string]driverFile{
		"driver rib\n":                       {requests: []request{{name: "rib", line: 1}}},
		"driver rib":                         {requests: []request{{name: "rib", line: 1}}},
		"# x\n\n \t driver\t rib  more\n":    {requests: []request{{name: "rib", line: 3}}},
		"driver a\ndriver b\n":               {requests: []request{{name: "a", line: 1}, {name: "b", line: 2}}},
		"driver rib\r\n":                     {requests: []request{{name: "rib\r", line: 1}}},
		"driver\n":                           {requests: []request{{name: "", line: 1}}},
		"driver":                             {bad: []string{"line 1: driver"}},
		"Driver rib\n":                       {bad: []string{`line 1: "Driver rib"`}},
		"":                                   {},
		"   \n\t\n":                          {},
		"driver /opt/acme/librib\n":          {requests: []request{{name: "/opt/acme/librib", line: 1}}},
		"driver\u00a0rib\ndriver rib # x \n": {requests: []request{{name: "rib", line: 2}}, bad: []string{`line 1: "driver` + "\\u00a0" + `rib"`}},
	} {
		m := newMachine(t)
		m.text(ribDriver, text)
		got := readDriverFile(m.tree(), ribDriver)
		want.path = ribDriver
		for i := range want.requests {
			want.requests[i].by = ribDriver
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\ngot  %+v\nwant %+v", text, got, want)
		}
	}
}

// All files of the directory are read, whatever their names; the environment comes first, and the file that was read last before the others.
func TestRequests(t *testing.T) {
	m := newMachine(t)
	m.text("/etc/libibverbs.d/.hidden", "driver a\ndriver b\n")
	m.text("/etc/libibverbs.d/below/x.driver", "driver no\n")
	names := func(env map[string]string) []string {
		var got []string
		for _, r := range readConfig(m.tree(), defaultConfigDir, env).requests() {
			got = append(got, r.name)
		}
		return got
	}
	order := []string{"rib", "b", "a"}
	if first, err := m.tree().Names(defaultConfigDir); err != nil || slices.Index(first, "rib.driver") < slices.Index(first, ".hidden") {
		order = []string{"b", "a", "rib"}
	}
	for _, tt := range []struct {
		env  map[string]string
		want []string
	}{
		{nil, order},
		{map[string]string{"IBV_DRIVERS": "x:y;z"}, slices.Concat([]string{"x", "y", "z"}, order)},
		{map[string]string{"IBV_DRIVERS": "x", "RDMAV_DRIVERS": "y"}, slices.Concat([]string{"y"}, order)},
		{map[string]string{"IBV_DRIVERS": "x", "RDMAV_DRIVERS": ""}, slices.Concat([]string{""}, order)},
	} {
		if got := names(tt.env); !slices.Equal(got, tt.want) {
			t.Errorf("%v: got %q, want %q", tt.env, got, tt.want)
		}
	}
}

// ldCache is a ld.so.cache with the old format's part in front.
func ldCache(entries ...[2]string) []byte {
	order := binary.LittleEndian
	var table, names []byte
	base := uint32(48 + 24*len(entries))
	for _, e := range entries {
		table = order.AppendUint32(table, 0x0303)
		table = order.AppendUint32(table, base+uint32(len(names)))
		names = append(names, e[0]+"\x00"...)
		table = order.AppendUint32(table, base+uint32(len(names)))
		names = append(names, e[1]+"\x00"...)
		table = append(table, make([]byte, 12)...)
	}
	data := append([]byte("ld.so-1.7.0\x00\x00\x00\x00\x00"), cacheMagic...)
	data = order.AppendUint32(data, uint32(len(entries)))
	data = order.AppendUint32(data, uint32(len(names)))
	data = append(data, make([]byte, 20)...)
	return append(append(data, table...), names...)
}

func TestLoaderCache(t *testing.T) {
	data := ldCache([2]string{soName, "/opt/acme/lib/libibverbs.so.1"}, [2]string{soName, "/usr/lib64/libibverbs.so.1"}, [2]string{"x", "relative"})
	want := map[string][]string{soName: {"/opt/acme/lib/libibverbs.so.1", "/usr/lib64/libibverbs.so.1"}}
	if got := readCache(data, binary.LittleEndian, elf.EM_X86_64); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	if got := readCache(data, binary.LittleEndian, elf.EM_AARCH64); len(got) > 0 {
		t.Errorf("another architecture: got %v", got)
	}
	for n := range data {
		readCache(data[:n], binary.LittleEndian, elf.EM_X86_64)
	}
}

// The loader's order: LD_LIBRARY_PATH, ld.so.cache, the default directories; a file for another architecture is passed by.
func TestSearchOrder(t *testing.T) {
	m := newMachine(t)
	for _, dir := range []string{"/one", "/two"} {
		m.write(dir+"/libibverbs.so.1", verbsLibrary(34, providerDir).bytes())
	}
	find := func(path string) string {
		place, _ := newLoader(m.tree(), elf.EM_X86_64, path).find(soName, nil)
		return place.via + " " + place.file
	}
	check := func(path, want string) {
		t.Helper()
		if got := find(path); got != want {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
	check("", "default directory /usr/lib64/libibverbs.so.1")
	m.write(cacheFile, ldCache([2]string{soName, "/two/libibverbs.so.1"}))
	check("", "ld.so.cache /two/libibverbs.so.1")
	check("/none:relative:/one", "LD_LIBRARY_PATH /one/libibverbs.so.1")
	other := verbsLibrary(34, providerDir)
	other.arch = elf.EM_AARCH64
	m.write("/one/libibverbs.so.1", other.bytes())
	check("/one", "ld.so.cache /two/libibverbs.so.1")
}

// A library's own search path counts, with $ORIGIN.
func TestRunpath(t *testing.T) {
	m := newMachine(t)
	f := module(34, ribOps...)
	f.needed, f.runpath = append(f.needed, "libacme.so.3"), "$ORIGIN/../acme"
	m.write(ribModule, f.bytes())
	m.write("/usr/lib64/acme/libacme.so.3", elfFile{soname: "libacme.so.3"}.bytes())
	if r := m.ask(); r.Status != StatusFine {
		t.Errorf("got %+v", why(r))
	}
}

// FuzzTexts: no text of another machine makes a reader fail.
func FuzzTexts(f *testing.F) {
	f.Add(ldCache([2]string{soName, "/usr/lib64/libibverbs.so.1"}))
	f.Add([]byte("driver rib\nPackage: rib\n x\nS.5....T.  c /etc/x\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		readCache(data, binary.LittleEndian, elf.EM_X86_64)
		tree := NewTree(fstest.MapFS{"a": {Data: data}, "etc/ld.so.conf": {Data: data}})
		readDriverFile(tree, "/a")
		tree.confDirs()
		fieldsOf(string(data))
		verifyLine(string(data))
		show(string(data))
	})
}
