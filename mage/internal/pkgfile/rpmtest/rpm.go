// SPDX-License-Identifier: Apache-2.0

package rpmtest

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// tag is one entry of a package header.
type tag struct {
	number int
	kind   uint32
	values []string
}

const (
	kindInt8   = 2 // "" is 0
	kindString = 6
	kindArray  = 8
)

// header is a header of the RPM file format: magic, counts, index, store.
func header(tags []tag) []byte {
	var index, store bytes.Buffer
	for _, t := range tags {
		for _, v := range []uint32{uint32(t.number), t.kind, uint32(store.Len()), uint32(len(t.values))} {
			_ = binary.Write(&index, binary.BigEndian, v)
		}
		for _, v := range t.values {
			store.WriteString(v + "\x00")
		}
	}
	out := bytes.NewBuffer([]byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0})
	_ = binary.Write(out, binary.BigEndian, uint32(len(tags)))
	_ = binary.Write(out, binary.BigEndian, uint32(store.Len()))
	out.Write(index.Bytes())
	out.Write(store.Bytes())
	return out.Bytes()
}

// Write writes the smallest package that has a name, tiny-1-1.noarch, and the files.
func Write(t testing.TB, file string, files ...string) {
	t.Helper()
	WriteNamed(t, file, "tiny", files...)
}

// WriteNamed is Write with a name for the package.
func WriteNamed(t testing.TB, file, name string, files ...string) {
	t.Helper()
	lead := make([]byte, 96)
	copy(lead, []byte{0xed, 0xab, 0xee, 0xdb, 3, 0})
	lead[79] = 5 // the signature is a header
	tags := []tag{
		{rpmutils.NAME, kindString, []string{name}},
		{rpmutils.VERSION, kindString, []string{"1"}},
		{rpmutils.RELEASE, kindString, []string{"1"}},
		{rpmutils.ARCH, kindString, []string{"noarch"}},
		{rpmutils.PROVIDENAME, kindArray, []string{name, "a"}},
	}
	if len(files) > 0 {
		tags = append(tags, tag{rpmutils.OLDFILENAMES, kindArray, files})
		none := make([]string, len(files))
		for _, number := range []int{rpmutils.FILESIZES, rpmutils.FILEFLAGS, rpmutils.FILEMTIMES, rpmutils.FILEMODES} {
			tags = append(tags, tag{number, kindInt8, none})
		}
		for _, number := range []int{rpmutils.FILEUSERNAME, rpmutils.FILEGROUPNAME, rpmutils.FILEDIGESTS, rpmutils.FILELINKTOS} {
			tags = append(tags, tag{number, kindArray, none})
		}
	}
	data := slices.Concat(lead, header(nil), header(tags))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
