// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"maps"
	"slices"
)

// Bounds on what an ELF file says of itself.
const (
	maxSegments = 128
	maxDynamic  = 4096
	maxSymbols  = 1 << 20
	maxRelocs   = 1 << 21
	maxVersions = 1 << 14
)

// FormatError is a file that is not the shared library that it should be.
type FormatError struct {
	Path string
	What string
}

func (e *FormatError) Error() string { return show(e.Path) + ": " + e.What }

// object is a shared library as the dynamic loader sees it: by its program headers and its dynamic section alone, so that files
// without section headers are read too. 64-bit files of x86-64 and aarch64 alone.
type object struct {
	path  string // in the tree, without links
	data  []byte
	order binary.ByteOrder
	arch  elf.Machine
	known bool // arch is: the file has a whole header, or is a 32-bit one
	loads []elf.Prog64

	soname, rpath, runpath string
	needed                 []string

	dynamic map[elf.DynTag]uint64

	symbols  []symbol
	byName   map[string][]int  // of defined symbols
	defines  []string          // names of the version definitions
	needs    []versionNeed     // what it wants of other files' versions
	pointers map[uint64]uint64 // address -> address that the loader writes there
	wants    []symbol          // undefined symbols that relocations name and that have to be there
}

// symbol is an entry of the dynamic symbol table.
type symbol struct {
	name    string
	version string // "" for none
	hidden  bool   // not the default version of its name
	base    bool   // of no version, or of the file's own
	defined bool
	weak    bool
	value   uint64
}

// versionNeed is a version that a file wants of another.
type versionNeed struct {
	file, version string
	weak          bool
}

const dtRELR, dtRELRSZ = elf.DynTag(36), elf.DynTag(35) // gABI's packed relative relocations

// readObject reads a shared library.
//
// Errors: *FormatError.
func readObject(path string, data []byte) (o *object, err error) {
	o = &object{path: path, data: data, dynamic: map[elf.DynTag]uint64{}, byName: map[string][]int{}, pointers: map[uint64]uint64{}}
	steps := []func() error{o.readHeader, o.readDynamic, o.readSymbols, o.readRelocations}
	for _, step := range steps {
		if err := step(); err != nil {
			return o, err
		}
	}
	return o, nil
}

func (o *object) bad(what string) error { return &FormatError{Path: o.path, What: what} }

// readHeader reads the ELF header, and then the program headers.
func (o *object) readHeader() error {
	if len(o.data) < elf.EI_NIDENT || !bytes.HasPrefix(o.data, []byte(elf.ELFMAG)) {
		return o.bad("not an ELF file")
	}
	o.order = binary.LittleEndian
	if elf.Data(o.data[elf.EI_DATA]) == elf.ELFDATA2MSB {
		o.order = binary.BigEndian
	}
	if elf.Class(o.data[elf.EI_CLASS]) != elf.ELFCLASS64 {
		o.known = true
		return o.bad("a 32-bit library")
	}
	var h elf.Header64
	if _, err := binary.Decode(o.data, o.order, &h); err != nil {
		return o.bad("a truncated ELF file")
	}
	o.arch, o.known = elf.Machine(h.Machine), true
	if elf.Type(h.Type) != elf.ET_DYN {
		return o.bad("an ELF file, but not a shared library")
	}
	if h.Phnum > maxSegments || h.Phoff > uint64(len(o.data)) {
		return o.bad("an ELF file with damaged program headers")
	}
	return o.readSegments(o.data[h.Phoff:], int(h.Phnum))
}

func (o *object) readSegments(table []byte, count int) error {
	for range count {
		var p elf.Prog64
		n, err := binary.Decode(table, o.order, &p)
		if err != nil {
			return o.bad("a truncated ELF file")
		}
		table = table[n:]
		if p.Off > uint64(len(o.data)) || p.Filesz > uint64(len(o.data))-p.Off {
			return o.bad("a truncated ELF file: it lacks bytes that its program headers name")
		}
		switch elf.ProgType(p.Type) {
		case elf.PT_LOAD:
			o.loads = append(o.loads, p)
		case elf.PT_DYNAMIC:
			if err := o.takeDynamic(o.data[p.Off : p.Off+p.Filesz]); err != nil {
				return err
			}
		default:
		}
	}
	return nil
}

// takeDynamic keeps the entries of the dynamic section. Names of libraries are resolved when the string table is known.
func (o *object) takeDynamic(data []byte) error {
	for range maxDynamic {
		var d elf.Dyn64
		n, err := binary.Decode(data, o.order, &d)
		if err != nil || elf.DynTag(d.Tag) == elf.DT_NULL {
			return nil //nolint:nilerr // the section ends without its mark
		}
		data = data[n:]
		tag := elf.DynTag(d.Tag)
		if tag == elf.DT_NEEDED {
			o.needed = append(o.needed, "")
			tag = neededTag(len(o.needed) - 1)
		}
		o.dynamic[tag] = d.Val
	}
	return o.bad("an ELF file with an endless dynamic section")
}

// neededTag is a number of our own for the nth DT_NEEDED, of which there are many.
func neededTag(n int) elf.DynTag { return elf.DynTag(-1 - n) }

// at is n bytes at an address, as they are in the file.
func (o *object) at(address, n uint64) ([]byte, bool) {
	for _, p := range o.loads {
		if address >= p.Vaddr && address-p.Vaddr <= p.Filesz && n <= p.Filesz-(address-p.Vaddr) {
			from := p.Off + address - p.Vaddr
			return o.data[from : from+n], true
		}
	}
	return nil, false
}

// tail is all bytes of a segment from an address on.
func (o *object) tail(address uint64) []byte {
	for _, p := range o.loads {
		if address >= p.Vaddr && address-p.Vaddr < p.Filesz {
			return o.data[p.Off+address-p.Vaddr : p.Off+p.Filesz]
		}
	}
	return nil
}

// text is the string at an address.
func (o *object) text(address uint64) (string, bool) {
	text, _, ended := bytes.Cut(o.tail(address), []byte{0})
	return string(text), ended
}

// isCode says whether an address is in a segment that can be executed.
func (o *object) isCode(address uint64) bool {
	for _, p := range o.loads {
		if address >= p.Vaddr && address-p.Vaddr < p.Memsz {
			return elf.ProgFlag(p.Flags)&elf.PF_X != 0
		}
	}
	return false
}

// name is an entry of the dynamic string table.
func (o *object) name(offset uint64) (string, error) {
	size := o.dynamic[elf.DT_STRSZ]
	if offset >= size {
		return "", o.bad("an ELF file with a damaged string table")
	}
	data := o.tail(o.dynamic[elf.DT_STRTAB] + offset)
	text, _, ended := bytes.Cut(data[:min(uint64(len(data)), size-offset)], []byte{0})
	if !ended || len(text) > maxInPath {
		return "", o.bad("an ELF file with a damaged string table")
	}
	return string(text), nil
}

// readDynamic reads the names in the dynamic section.
func (o *object) readDynamic() error {
	if len(o.dynamic) == 0 {
		return o.bad("an ELF file without a dynamic section")
	}
	var err error
	for i := range o.needed {
		if o.needed[i], err = o.name(o.dynamic[neededTag(i)]); err != nil {
			return err
		}
	}
	for tag, to := range map[elf.DynTag]*string{elf.DT_SONAME: &o.soname, elf.DT_RPATH: &o.rpath, elf.DT_RUNPATH: &o.runpath} {
		if offset, ok := o.dynamic[tag]; ok {
			if *to, err = o.name(offset); err != nil {
				return err
			}
		}
	}
	return nil
}

// slots are the addresses into which the loader writes addresses, in order.
func (o *object) slots() []uint64 {
	return slices.Sorted(maps.Keys(o.pointers))
}
