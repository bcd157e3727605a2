// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"debug/elf"
	"encoding/binary"
)

// readSymbols reads the dynamic symbol table with its versions.
func (o *object) readSymbols() error {
	names, err := o.readVersions()
	if err != nil {
		return err
	}
	count, err := o.countSymbols()
	if err != nil {
		return err
	}
	table, ok := o.at(o.dynamic[elf.DT_SYMTAB], count*elf.Sym64Size)
	if !ok {
		return o.bad("an ELF file with a damaged symbol table")
	}
	var versions []byte
	if at, has := o.dynamic[elf.DT_VERSYM]; has {
		if versions, ok = o.at(at, count*2); !ok {
			return o.bad("an ELF file with damaged symbol versions")
		}
	}
	o.symbols = make([]symbol, count)
	for i := range o.symbols {
		var raw elf.Sym64
		if _, err := binary.Decode(table[i*elf.Sym64Size:], o.order, &raw); err != nil {
			return o.bad("an ELF file with a damaged symbol table")
		}
		s := &o.symbols[i]
		if s.name, err = o.name(uint64(raw.Name)); err != nil {
			return err
		}
		s.defined = elf.SectionIndex(raw.Shndx) != elf.SHN_UNDEF
		s.weak = elf.ST_BIND(raw.Info) == elf.STB_WEAK
		s.value, s.base = raw.Value, true
		if versions != nil {
			index := o.order.Uint16(versions[i*2:])
			s.hidden = index&0x8000 != 0
			s.base = index&0x7fff < 2 //nolint:mnd // local and global
			s.version = names[index&0x7fff]
		}
		if s.defined && elf.ST_BIND(raw.Info) != elf.STB_LOCAL {
			o.byName[s.name] = append(o.byName[s.name], i)
		}
	}
	return nil
}

// countSymbols is the length of the symbol table, which only its hash tables say.
func (o *object) countSymbols() (uint64, error) {
	count := uint64(0)
	if at, ok := o.dynamic[elf.DT_HASH]; ok {
		head, ok := o.at(at, 8)
		if !ok {
			return 0, o.bad("an ELF file with a damaged hash table")
		}
		count = uint64(o.order.Uint32(head[4:]))
	} else if at, ok := o.dynamic[elf.DT_GNU_HASH]; ok {
		var err error
		if count, err = o.countGNU(at); err != nil {
			return 0, err
		}
	}
	// Undefined symbols come first and are not in the hash table: a file that defines none has only those that its relocations name.
	err := o.eachRela(func(r elf.Rela64) {
		count = max(count, uint64(elf.R_SYM64(r.Info))+1)
	})
	if count > maxSymbols {
		return 0, o.bad("an ELF file with too many symbols")
	}
	return count, err
}

// countGNU is the number of symbols up to the last one in a GNU hash table.
func (o *object) countGNU(at uint64) (uint64, error) {
	damaged := o.bad("an ELF file with a damaged hash table")
	head, ok := o.at(at, 16)
	if !ok {
		return 0, damaged
	}
	buckets, first := uint64(o.order.Uint32(head)), uint64(o.order.Uint32(head[4:]))
	from := at + 16 + uint64(o.order.Uint32(head[8:]))*8
	table, ok := o.at(from, buckets*4)
	if !ok {
		return 0, damaged
	}
	last := uint64(0)
	for i := range buckets {
		last = max(last, uint64(o.order.Uint32(table[i*4:])))
	}
	if last < first {
		return first, nil
	}
	chains := o.tail(from + buckets*4)
	for i := (last - first) * 4; i+4 <= uint64(len(chains)); i += 4 {
		last++
		if o.order.Uint32(chains[i:])&1 != 0 {
			return last, nil
		}
	}
	return 0, damaged
}

// readVersions reads which versions the file defines and wants, and gives their names by the numbers that symbols have.
func (o *object) readVersions() (map[uint16]string, error) {
	names := map[uint16]string{}
	at, count := o.dynamic[elf.DT_VERDEF], o.dynamic[elf.DT_VERDEFNUM]
	damaged := o.bad("an ELF file with damaged symbol versions")
	for range min(count, maxVersions) {
		entry, ok := o.at(at, 20)
		if !ok {
			return nil, damaged
		}
		aux, ok := o.at(at+uint64(o.order.Uint32(entry[12:])), 8)
		if !ok {
			return nil, damaged
		}
		name, err := o.name(uint64(o.order.Uint32(aux)))
		if err != nil {
			return nil, err
		}
		if o.order.Uint16(entry[2:])&1 == 0 { // not the file's own name
			names[o.order.Uint16(entry[4:])&0x7fff] = name
			o.defines = append(o.defines, name)
		}
		at += uint64(o.order.Uint32(entry[16:]))
	}
	return names, o.readNeeds(names)
}

func (o *object) readNeeds(names map[uint16]string) error {
	at, count := o.dynamic[elf.DT_VERNEED], o.dynamic[elf.DT_VERNEEDNUM]
	damaged := o.bad("an ELF file with damaged symbol versions")
	for range min(count, maxVersions) {
		entry, ok := o.at(at, 16)
		if !ok {
			return damaged
		}
		file, err := o.name(uint64(o.order.Uint32(entry[4:])))
		if err != nil {
			return err
		}
		from := at + uint64(o.order.Uint32(entry[8:]))
		for range o.order.Uint16(entry[2:]) {
			aux, ok := o.at(from, 16)
			if !ok {
				return damaged
			}
			version, err := o.name(uint64(o.order.Uint32(aux[8:])))
			if err != nil {
				return err
			}
			const weak = 2
			o.needs = append(o.needs, versionNeed{file: file, version: version, weak: o.order.Uint16(aux[4:])&weak != 0})
			names[o.order.Uint16(aux[6:])&0x7fff] = version
			if len(o.needs) > maxVersions {
				return damaged
			}
			from += uint64(o.order.Uint32(aux[12:]))
		}
		at += uint64(o.order.Uint32(entry[12:]))
	}
	return nil
}

// eachRela gives every relocation that has an addend, which on these machines are all but the packed ones.
func (o *object) eachRela(take func(elf.Rela64)) error {
	const size = 24
	for _, table := range [][2]elf.DynTag{
		{elf.DT_RELA, elf.DT_RELASZ}, //nolint:misspell // its name
		{elf.DT_JMPREL, elf.DT_PLTRELSZ},
	} {
		at, has := o.dynamic[table[0]]
		if !has || o.dynamic[table[1]] == 0 {
			continue
		}
		data, ok := o.at(at, o.dynamic[table[1]])
		if !ok || len(data) > maxRelocs*size {
			return o.bad("an ELF file with damaged relocations")
		}
		for ; len(data) >= size; data = data[size:] {
			take(elf.Rela64{
				Off: o.order.Uint64(data), Info: o.order.Uint64(data[8:]), Addend: int64(o.order.Uint64(data[16:])),
			})
		}
	}
	return nil
}

// readRelocations finds the addresses that the loader writes, and the symbols that it has to find for it.
func (o *object) readRelocations() error {
	wanted := map[uint32]bool{}
	err := o.eachRela(func(r elf.Rela64) {
		index := elf.R_SYM64(r.Info)
		switch {
		case o.isRelative(elf.R_TYPE64(r.Info)):
			o.pointers[r.Off] = uint64(r.Addend)
		case index == 0 || uint64(index) >= uint64(len(o.symbols)):
		case o.symbols[index].defined:
			if o.isAbsolute(elf.R_TYPE64(r.Info)) {
				o.pointers[r.Off] = o.symbols[index].value + uint64(r.Addend)
			}
		case !o.symbols[index].weak && !wanted[index]:
			wanted[index] = true
		}
	})
	if err != nil {
		return err
	}
	for i, s := range o.symbols { // in the file's order, so that the first one that is missing is always the same
		if wanted[uint32(i)] {
			o.wants = append(o.wants, s)
		}
	}
	return o.readPacked()
}

func (o *object) isRelative(kind uint32) bool {
	return o.arch == elf.EM_X86_64 && elf.R_X86_64(kind) == elf.R_X86_64_RELATIVE ||
		o.arch == elf.EM_AARCH64 && elf.R_AARCH64(kind) == elf.R_AARCH64_RELATIVE
}

func (o *object) isAbsolute(kind uint32) bool {
	return o.arch == elf.EM_X86_64 && elf.R_X86_64(kind) == elf.R_X86_64_64 ||
		o.arch == elf.EM_AARCH64 && elf.R_AARCH64(kind) == elf.R_AARCH64_ABS64
}

// readPacked reads DT_RELR: an even word is an address, an odd one a map of the 63 words behind the last.
func (o *object) readPacked() error {
	at, has := o.dynamic[dtRELR]
	if !has {
		return nil
	}
	data, ok := o.at(at, o.dynamic[dtRELRSZ])
	if !ok || len(data) > maxRelocs {
		return o.bad("an ELF file with damaged relocations")
	}
	const word = 8
	put := func(address uint64) {
		if raw, ok := o.at(address, word); ok {
			o.pointers[address] = o.order.Uint64(raw)
		}
	}
	next := uint64(0)
	for ; len(data) >= word; data = data[word:] {
		entry := o.order.Uint64(data)
		if entry&1 == 0 {
			put(entry)
			next = entry + word
			continue
		}
		for i, bits := uint64(0), entry>>1; bits != 0; i, bits = i+1, bits>>1 {
			if bits&1 != 0 {
				put(next + i*word)
			}
		}
		next += 63 * word
	}
	return nil
}
