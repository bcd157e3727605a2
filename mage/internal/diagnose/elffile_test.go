// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// elfFile is a shared library to write: what the loader and libibverbs read of one, and no code.
type elfFile struct {
	arch    elf.Machine // 0 for x86-64
	soname  string
	needed  []string
	runpath string
	defines []string    // versions; its symbols are of the first one
	symbols []string    // that it defines
	wants   []elfWant   // symbols that relocations name
	ops     []driverOps // what it registers
	texts   []string    // in its read-only data
	packed  bool        // relative relocations are in DT_RELR
}

// elfWant is a symbol that another library has to define.
type elfWant struct{ name, version, file string }

// elfWriter lays a file out twice: the second time with the addresses of the first.
type elfWriter struct {
	elfFile

	out       bytes.Buffer
	addresses map[string]uint64
	names     bytes.Buffer
	offsets   map[string]uint32
	relative  map[uint64]uint64
}

// bytes is the file.
func (f elfFile) bytes() []byte {
	if f.arch == elf.EM_NONE {
		f.arch = elf.EM_X86_64
	}
	w := &elfWriter{elfFile: f, addresses: map[string]uint64{}}
	w.layout()
	return w.layout()
}

func (w *elfWriter) put(values ...any) {
	for _, v := range values {
		if err := binary.Write(&w.out, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
}

// place begins a part of the file; its address is its offset.
func (w *elfWriter) place(name string) uint64 {
	for w.out.Len()%16 != 0 {
		w.out.WriteByte(0)
	}
	w.addresses[name] = uint64(w.out.Len())
	return w.addresses[name]
}

func (w *elfWriter) name(s string) uint32 {
	if at, ok := w.offsets[s]; ok {
		return at
	}
	at := uint32(w.names.Len())
	w.names.WriteString(s + "\x00")
	w.offsets[s] = at
	return at
}

func (w *elfWriter) layout() []byte {
	w.out.Reset()
	w.offsets, w.relative = map[string]uint32{}, map[uint64]uint64{}
	old := w.names
	w.names = bytes.Buffer{}
	w.names.WriteByte(0)
	w.put(make([]byte, 64+4*56))
	w.place("dynstr")
	w.put(old.Bytes())
	w.symbolTable()
	w.versions()
	w.place("rodata")
	for _, text := range w.texts {
		w.put([]byte(text + "\x00"))
	}
	w.place("text")
	w.put(make([]byte, 64))
	w.place("data")
	for _, ops := range w.ops {
		w.opsStruct(ops)
	}
	w.relocations()
	w.dynamic()
	w.place("end")
	data := bytes.Clone(w.out.Bytes())
	return w.header(data)
}

func (w *elfWriter) symbolTable() {
	w.place("dynsym")
	w.put(elf.Sym64{})
	for _, want := range w.wants {
		w.put(elf.Sym64{Name: w.name(want.name), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC)})
	}
	for _, name := range w.symbols {
		w.put(elf.Sym64{Name: w.name(name), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: 1, Value: w.addresses["text"]})
	}
	count := uint32(1 + len(w.wants) + len(w.symbols))
	w.place("hash")
	w.put(uint32(1), count, uint32(0), make([]uint32, count))
}

// versions writes the symbols' versions: numbers from 2 on are the file's own, those behind them are wanted of others.
func (w *elfWriter) versions() {
	w.place("versym")
	w.put(uint16(0))
	for i, want := range w.wants {
		if want.version == "" {
			w.put(uint16(1))
		} else {
			w.put(uint16(2 + len(w.defines) + i))
		}
	}
	for range w.symbols {
		w.put(uint16(min(2, 1+len(w.defines))))
	}
	w.place("verdef")
	for i, name := range w.defines {
		next := uint32(28)
		if i == len(w.defines)-1 {
			next = 0
		}
		w.put(uint16(1), uint16(0), uint16(2+i), uint16(1), uint32(0), uint32(20), next, w.name(name), uint32(0))
	}
	w.place("verneed")
	for i, want := range w.wants {
		if want.version == "" {
			continue
		}
		next := uint32(32)
		if w.lastVersion(i) {
			next = 0
		}
		w.put(uint16(1), uint16(1), w.name(want.file), uint32(16), next)
		w.put(uint32(0), uint16(0), uint16(2+len(w.defines)+i), w.name(want.version), uint32(0))
	}
}

func (w *elfWriter) lastVersion(i int) bool {
	for _, want := range w.wants[i+1:] {
		if want.version != "" {
			return false
		}
	}
	return true
}

func (w *elfWriter) needs() (n uint64) {
	for _, want := range w.wants {
		if want.version != "" {
			n++
		}
	}
	return n
}

// pointer writes a pointer, which the loader completes.
func (w *elfWriter) pointer(to uint64) {
	w.relative[uint64(w.out.Len())] = to
	if w.packed {
		w.put(to)
		return
	}
	w.put(uint64(0))
}

// opsStruct writes a struct verbs_device_ops with its name and its match table.
func (w *elfWriter) opsStruct(ops driverOps) {
	code := w.addresses["text"]
	name := w.place("name " + ops.name)
	w.put([]byte(ops.name + "\x00"))
	for _, r := range ops.rules {
		if r.kind == ruleModalias {
			w.place("pattern " + r.pattern)
			w.put([]byte(r.pattern + "\x00"))
		}
	}
	table := w.place("table " + ops.name)
	for _, r := range ops.rules {
		w.put(uint64(0))
		if r.kind == ruleModalias {
			w.pointer(w.addresses["pattern "+r.pattern])
		} else {
			w.put(r.driverID)
		}
		w.put(r.vendor, r.device, uint8(r.kind), [3]byte{})
	}
	w.put(make([]byte, entrySize))
	w.place("ops " + ops.name)
	w.pointer(name)
	w.put(ops.minABI, ops.maxABI)
	if len(ops.rules) > 0 {
		w.pointer(table)
	} else {
		w.put(uint64(0))
	}
	w.put(uint64(0)) // static_providers
	if ops.function {
		w.pointer(code + 8)
	} else {
		w.put(uint64(0))
	}
	w.pointer(code + 16)
	w.put(uint64(0)) // import_context
	w.pointer(code + 24)
	w.pointer(code + 32)
}

func (w *elfWriter) relocations() {
	relative, function := uint32(elf.R_X86_64_RELATIVE), uint32(elf.R_X86_64_JMP_SLOT)
	if w.arch == elf.EM_AARCH64 {
		relative, function = uint32(elf.R_AARCH64_RELATIVE), uint32(elf.R_AARCH64_JUMP_SLOT)
	}
	w.place("got")
	w.put(make([]uint64, len(w.wants)))
	w.place("rela")
	for i := range w.wants {
		w.put(w.addresses["got"]+uint64(i)*8, elf.R_INFO(uint32(i+1), function), int64(0))
	}
	o := &object{pointers: w.relative}
	if !w.packed {
		for _, at := range o.slots() {
			w.put(at, elf.R_INFO(0, relative), int64(w.relative[at]))
		}
	}
	w.addresses["relaEnd"] = uint64(w.out.Len())
	w.place("relr")
	if w.packed {
		for slots := o.slots(); len(slots) > 0; {
			next := slots[0] + 8
			w.put(slots[0])
			for slots = slots[1:]; len(slots) > 0 && slots[0] < next+63*8; next += 63 * 8 {
				bits := uint64(0)
				for ; len(slots) > 0 && slots[0] < next+63*8; slots = slots[1:] {
					bits |= 1 << ((slots[0]-next)/8 + 1)
				}
				w.put(bits | 1)
			}
		}
	}
	w.addresses["relrEnd"] = uint64(w.out.Len())
}

func (w *elfWriter) dynamic() {
	w.place("dynamic")
	tag := func(t elf.DynTag, value uint64) { w.put(uint64(t), value) }
	for _, name := range w.needed {
		tag(elf.DT_NEEDED, uint64(w.name(name)))
	}
	if w.soname != "" {
		tag(elf.DT_SONAME, uint64(w.name(w.soname)))
	}
	if w.runpath != "" {
		tag(elf.DT_RUNPATH, uint64(w.name(w.runpath)))
	}
	tag(elf.DT_STRTAB, w.addresses["dynstr"])
	tag(elf.DT_STRSZ, uint64(w.names.Len()))
	tag(elf.DT_SYMTAB, w.addresses["dynsym"])
	tag(elf.DT_HASH, w.addresses["hash"])
	tag(elf.DT_VERSYM, w.addresses["versym"])
	if len(w.defines) > 0 {
		tag(elf.DT_VERDEF, w.addresses["verdef"])
		tag(elf.DT_VERDEFNUM, uint64(len(w.defines)))
	}
	if n := w.needs(); n > 0 {
		tag(elf.DT_VERNEED, w.addresses["verneed"])
		tag(elf.DT_VERNEEDNUM, n)
	}
	tag(elf.DT_RELA, w.addresses["rela"])
	tag(elf.DT_RELASZ, w.addresses["relaEnd"]-w.addresses["rela"])
	if w.packed {
		tag(dtRELR, w.addresses["relr"])
		tag(dtRELRSZ, w.addresses["relrEnd"]-w.addresses["relr"])
	}
	tag(elf.DT_NULL, 0)
}

func (w *elfWriter) header(data []byte) []byte {
	end := uint64(len(data))
	segment := func(kind elf.ProgType, flags elf.ProgFlag, from, to uint64) elf.Prog64 {
		return elf.Prog64{
			Type: uint32(kind), Flags: uint32(flags), Off: from, Vaddr: from, Paddr: from, Filesz: to - from, Memsz: to - from, Align: 16,
		}
	}
	h := elf.Header64{
		Type: uint16(elf.ET_DYN), Machine: uint16(w.arch), Version: 1, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 4,
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1
	w.out.Reset()
	w.put(h,
		segment(elf.PT_LOAD, elf.PF_R, 0, w.addresses["text"]),
		segment(elf.PT_LOAD, elf.PF_R|elf.PF_X, w.addresses["text"], w.addresses["data"]),
		segment(elf.PT_LOAD, elf.PF_R|elf.PF_W, w.addresses["data"], end),
		segment(elf.PT_DYNAMIC, elf.PF_R|elf.PF_W, w.addresses["dynamic"], end))
	copy(data, w.out.Bytes())
	return data
}
