// SPDX-License-Identifier: Apache-2.0

package addon

import (
	"crypto/sha256"
	"debug/dwarf"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Layout is the memory layout of the structures that libibverbs and a provider pass to each
// other: those of libibverbs/driver.h whose names begin with verbs_, with the structures
// embedded in them.
type Layout struct {
	Machine elf.Machine
	Lines   []string // one for each member: structure, path, offset, type
}

// layoutMachine is the architecture of the layouts in specs/interfaces.yaml.
const layoutMachine = elf.EM_X86_64

// errNoStructures says that an object was compiled without debugging data for
// types that nothing uses.
var errNoStructures = errors.New("its debugging data describes no structure verbs_*")

// MeasureLayout reads the layout from the debugging data of an object file that
// includes infiniband/driver.h.
//
// Errors: those of debug/elf and debug/dwarf for an invalid file, or an error
// which says that there are no such structures.
func MeasureLayout(object io.ReaderAt) (*Layout, error) {
	file, err := elf.NewFile(object)
	if err != nil {
		return nil, fmt.Errorf("read the object with libibverbs' structures: %w", err)
	}
	data, err := file.DWARF()
	if err != nil {
		return nil, fmt.Errorf("read the debugging data of libibverbs' structures: %w", err)
	}
	l := &Layout{Machine: file.Machine}
	for r := data.Reader(); ; {
		entry, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("read the debugging data of libibverbs' structures: %w", err)
		}
		if entry == nil {
			break
		}
		if entry.Tag != dwarf.TagStructType {
			continue
		}
		typ, err := data.Type(entry.Offset)
		if err != nil {
			return nil, fmt.Errorf("read the debugging data of libibverbs' structures: %w", err)
		}
		if s, ok := typ.(*dwarf.StructType); ok && strings.HasPrefix(s.StructName, "verbs_") && !s.Incomplete {
			l.add(s)
		}
	}
	if len(l.Lines) == 0 {
		return nil, errNoStructures
	}
	slices.Sort(l.Lines)
	l.Lines = slices.Compact(l.Lines)
	return l, nil
}

func (l *Layout) add(s *dwarf.StructType) {
	l.Lines = append(l.Lines, fmt.Sprintf("%s %d bytes", s.StructName, s.ByteSize))
	l.members(s.StructName, "", 0, s)
}

// members lists a structure's members, and those of embedded structures. The target of a
// pointer does not count, except the parameters of a function.
func (l *Layout) members(top, path string, at int64, s *dwarf.StructType) {
	for _, f := range s.Field {
		name, offset := path+"."+f.Name, at+f.ByteOffset
		if known := libraryMembers(f.Type); known != nil {
			for _, m := range known {
				l.Lines = append(l.Lines, fmt.Sprintf("%s %s%s at %d: %s", top, name, m.path, offset+m.at, m.typ))
			}
			continue
		}
		if inner, ok := underlying(f.Type).(*dwarf.StructType); ok && !inner.Incomplete {
			l.members(top, name, offset, inner)
			continue
		}
		typ := enumerators.ReplaceAllString(f.Type.String(), "")
		if f.BitSize > 0 {
			offset = at
			typ += fmt.Sprintf(", %d bits from %d", f.BitSize, firstBit(f))
		}
		l.Lines = append(l.Lines, fmt.Sprintf("%s %s at %d: %s", top, name, offset, typ))
	}
}

// libraryMembers are the members of one of glibc's types that are in these structures, as glibc 2.34 has them; nil for other types, and
// for one of another size. Their names differ between its versions, their sizes do not, and no member is libibverbs' business.
func libraryMembers(t dwarf.Type) []cMember {
	const condition, mutex = 48, 40 // bytes
	named, ok := t.(*dwarf.TypedefType)
	switch {
	case ok && named.Name == "pthread_cond_t" && named.Size() == condition:
		return conditionMembers()
	case ok && named.Name == "pthread_mutex_t" && named.Size() == mutex:
		return mutexMembers()
	}
	return nil
}

// cMember is a member of a type of the C library: its path and place in it, in bytes.
type cMember struct {
	path string
	at   int64
	typ  string
}

// conditionMembers are those of pthread_cond_t as glibc 2.34 has them, by which the layouts in specs/interfaces.yaml were measured. In
// EL 8's they have other names at the same places, and none of them is libibverbs' business.
func conditionMembers() []cMember {
	//nolint:dupword // C's own names
	const number, long, wide = "unsigned int", "long long int", "long long unsigned int"
	return []cMember{
		{".__data.__wseq.__value64", 0, wide},
		{".__data.__wseq.__value32.__low", 0, number},
		{".__data.__wseq.__value32.__high", 4, number},
		{".__data.__g1_start.__value64", 8, wide},
		{".__data.__g1_start.__value32.__low", 8, number},
		{".__data.__g1_start.__value32.__high", 12, number},
		{".__data.__g_refs", 16, "[2]" + number},
		{".__data.__g_size", 24, "[2]" + number},
		{".__data.__g1_orig_size", 32, number},
		{".__data.__wrefs", 36, number},
		{".__data.__g_signals", 40, "[2]" + number},
		{".__size", 0, "[48]char"},
		{".__align", 0, long},
	}
}

// mutexMembers are those of pthread_mutex_t. __elision has been reserved since glibc 2.43.
func mutexMembers() []cMember {
	const number, count, short, list = "int", "unsigned int", "short int", "*struct __pthread_internal_list"
	return []cMember{
		{".__data.__lock", 0, number},
		{".__data.__count", 4, count},
		{".__data.__owner", 8, number},
		{".__data.__nusers", 12, count},
		{".__data.__kind", 16, number},
		{".__data.__spins", 20, short},
		{".__data.__elision", 22, short},
		{".__data.__list.__prev", 24, list},
		{".__data.__list.__next", 32, list},
		{".__size", 0, "[40]char"},
		{".__align", 0, "long int"},
	}
}

// firstBit is the place of a bit field, in bits from the start of its structure. Up to version 4 of DWARF, as gcc writes it before 11,
// a bit field has the place of the integer that holds it, and counts from that one's most significant bit.
func firstBit(f *dwarf.StructField) int64 {
	if f.ByteOffset == 0 && f.ByteSize == 0 {
		return f.DataBitOffset
	}
	const bits = 8
	size := f.ByteSize
	if size == 0 {
		size = f.Type.Size()
	}
	return f.ByteOffset*bits + size*bits - f.BitOffset - f.BitSize
}

// enumerators are the constants of an enum as debug/dwarf prints them: a new one
// moves nothing.
var enumerators = regexp.MustCompile(`(?:^| )\{\w+=[^{}]*\}`)

// underlying looks through the names and qualifiers of a type.
func underlying(t dwarf.Type) dwarf.Type {
	for {
		switch named := t.(type) {
		case *dwarf.TypedefType:
			t = named.Type
		case *dwarf.QualType:
			t = named.Type
		default:
			return t
		}
	}
}

// Digest is the layout's value in specs/interfaces.yaml.
func (l *Layout) Digest() string {
	sum := sha256.Sum256([]byte(strings.Join(l.Lines, "\n")))
	return hex.EncodeToString(sum[:8])
}
