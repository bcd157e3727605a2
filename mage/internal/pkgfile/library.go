// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// Library is the public side of a shared library that programs are linked to.
type Library struct {
	Soname   string
	Versions []string // of its symbols
	Symbols  []string // NAME@VERSION, or NAME
}

// mostLibrary bounds a library that is read, in bytes.
const mostLibrary = 64 << 20

// isLibrary tells the shared libraries that are in a directory of the loader from modules and debugging data.
func isLibrary(name string) bool {
	dir, base := path.Split(path.Clean("/" + name))
	where := strings.TrimPrefix(strings.TrimSuffix(dir, "/"), "/usr")
	standard := where == "/lib" || where == "/lib64" || strings.HasPrefix(where, "/lib/") && strings.HasSuffix(where, "-linux-gnu") &&
		strings.Count(where, "/") == 2
	return standard && strings.HasPrefix(base, "lib") && strings.Contains(base, ".so")
}

// readLibrary reads a library. One without a soname, or what is no library of that kind, is none: "".
func readLibrary(r io.Reader) (Library, error) {
	data, err := io.ReadAll(io.LimitReader(r, mostLibrary+1))
	if err != nil || len(data) > mostLibrary || !bytes.HasPrefix(data, []byte(elf.ELFMAG)) {
		return Library{}, err // a linker script is no library, and what is so large no one's
	}
	file, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return Library{}, fmt.Errorf("read a library: %w", err)
	}
	names, err := file.DynString(elf.DT_SONAME)
	if err != nil || len(names) == 0 {
		return Library{}, nil //nolint:nilerr // without a dynamic section, nobody is linked to it
	}
	lib := Library{Soname: names[0]}
	lib.readSymbols(file)
	return lib, nil
}

// readSymbols reads the symbols that a library has for others.
func (lib *Library) readSymbols(file *elf.File) {
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return // it has none
	}
	for _, s := range symbols {
		bind, kind := elf.ST_BIND(s.Info), elf.ST_TYPE(s.Info)
		if s.Section == elf.SHN_UNDEF || bind == elf.STB_LOCAL || kind == elf.STT_SECTION || kind == elf.STT_FILE {
			continue
		}
		switch {
		case s.Section == elf.SHN_ABS && kind == elf.STT_OBJECT: // the name of a version
		case s.Version == "":
			lib.Symbols = append(lib.Symbols, s.Name)
		default:
			lib.Symbols = append(lib.Symbols, s.Name+"@"+s.Version)
			lib.Versions = append(lib.Versions, s.Version)
		}
	}
	slices.Sort(lib.Symbols)
	slices.Sort(lib.Versions)
	lib.Symbols, lib.Versions = slices.Compact(lib.Symbols), slices.Compact(lib.Versions)
}
