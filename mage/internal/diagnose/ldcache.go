// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"path"
	"strings"
)

const (
	cacheFile  = "/etc/ld.so.cache"
	configFile = "/etc/ld.so.conf"
)

// cacheMagic begins the part of ld.so.cache that glibc 2.2 and later read. Older ones wrote another format in front of it.
const cacheMagic = "glibc-ld.so.cache1.1"

// readCache reads which paths ld.so.cache has for each library of an architecture, in its order. Those for special processors
// (glibc-hwcaps) are left out. A cache that is damaged has what can be read of it.
func readCache(data []byte, order binary.ByteOrder, arch elf.Machine) map[string][]string {
	const head, entry, hwcap = 48, 24, 16
	start := bytes.Index(data, []byte(cacheMagic))
	if start < 0 || len(data)-start < head {
		return nil
	}
	data = data[start:]
	text := func(offset uint32) string {
		if uint64(offset) >= uint64(len(data)) {
			return ""
		}
		end := bytes.IndexByte(data[offset:], 0)
		if end < 0 || end > maxInPath {
			return ""
		}
		return string(data[offset : int(offset)+end])
	}
	found := map[string][]string{}
	count := order.Uint32(data[len(cacheMagic):])
	rest := data[head:]
	for ; count > 0 && len(rest) >= entry; count, rest = count-1, rest[entry:] {
		if order.Uint32(rest) != cacheFlags(arch) || order.Uint64(rest[hwcap:]) != 0 {
			continue
		}
		name, file := text(order.Uint32(rest[4:])), text(order.Uint32(rest[8:]))
		if name != "" && path.IsAbs(file) {
			found[name] = append(found[name], file)
		}
	}
	return found
}

// cacheFlags mark a library of glibc for an architecture (glibc, sysdeps/generic/ldconfig.h).
func cacheFlags(arch elf.Machine) uint32 {
	const libc6, x86_64, aarch64 = 0x0003, 0x0300, 0x0a00
	if arch == elf.EM_AARCH64 {
		return libc6 | aarch64
	}
	return libc6 | x86_64
}

// confDirs are the directories that ld.so.conf names, with the files that it includes.
func (t *Tree) confDirs() []string {
	var dirs []string
	files := []string{configFile}
	const most = 256
	for i := 0; i < len(files) && i < most; i++ {
		data, _ := t.ReadFile(files[i], maxText)
		for line := range strings.Lines(string(data)) {
			line, _, _ = strings.Cut(line, "#")
			words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n,:=", r) })
			switch {
			case len(words) == 0 || words[0] == "hwcap":
			case words[0] == "include":
				files = append(files, t.included(files[i], words[1:])...)
			default:
				dirs = append(dirs, words[0])
			}
		}
	}
	return dirs
}

// included are the files that patterns in a file of ld.so.conf's kind match.
func (t *Tree) included(file string, patterns []string) []string {
	var files []string
	for _, pattern := range patterns {
		if !path.IsAbs(pattern) {
			pattern = path.Join(path.Dir(file), pattern)
		}
		files = append(files, t.glob(pattern)...)
	}
	return files
}
