// SPDX-License-Identifier: Apache-2.0

package rpmtest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	kindInt32  = 4 // decimal
	kindString = 6
	kindArray  = 8
)

// header is a header of the RPM file format: magic, counts, index, store.
func header(tags []tag) []byte {
	var index, store bytes.Buffer
	for _, t := range tags {
		for t.kind == kindInt32 && store.Len()%4 != 0 {
			store.WriteByte(0)
		}
		for _, v := range []uint32{uint32(t.number), t.kind, uint32(store.Len()), uint32(len(t.values))} {
			_ = binary.Write(&index, binary.BigEndian, v)
		}
		for _, v := range t.values {
			if n, err := strconv.ParseUint(v, 10, 32); err == nil && t.kind == kindInt32 {
				_ = binary.Write(&store, binary.BigEndian, uint32(n))
				continue
			}
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
	Package{Name: name, Files: files}.Write(t, file)
}

// Package is what a package says of itself.
type Package struct {
	Name    string
	Release string // "" is 1
	Source  bool   // a source package
	Files   []string
	Changes []Change // of its changelog, newest first
}

// Change is an entry of a changelog.
type Change struct {
	Time         int64 // in seconds
	Author, Text string
}

// Write writes the package.
func (p Package) Write(t testing.TB, file string) {
	t.Helper()
	name, files := p.Name, p.Files
	lead := make([]byte, 96)
	copy(lead, []byte{0xed, 0xab, 0xee, 0xdb, 3, 0})
	lead[79] = 5 // the signature is a header
	tags := []tag{
		{rpmutils.NAME, kindString, []string{name}},
		{rpmutils.VERSION, kindString, []string{"1"}},
		{rpmutils.RELEASE, kindString, []string{cmp.Or(p.Release, "1")}},
		{rpmutils.ARCH, kindString, []string{"noarch"}},
		{rpmutils.SIZE, kindInt32, []string{"5"}},
		{rpmutils.PROVIDENAME, kindArray, []string{name, "a"}},
		{rpmutils.REQUIRENAME, kindArray, []string{"b", "a"}},
		{rpmutils.REQUIREVERSION, kindArray, []string{"2:1-1", ""}},
		{rpmutils.REQUIREFLAGS, kindInt32, []string{"12", "0"}},
		{rpmutils.PAYLOADDIGEST, kindArray, []string{fmt.Sprintf("%x", sha256.Sum256(nil))}},
		{rpmutils.PAYLOADDIGESTALGO, kindInt32, []string{strconv.Itoa(rpmutils.HASH_SHA256)}},
	}
	if !p.Source {
		tags = append(tags, tag{rpmutils.SOURCERPM, kindString, []string{"tiny-1-1.src.rpm"}})
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
	if len(p.Changes) > 0 {
		var times, authors, texts []string
		for _, c := range p.Changes {
			times, authors, texts = append(times, strconv.FormatInt(c.Time, 10)), append(authors, c.Author), append(texts, c.Text)
		}
		tags = append(tags, tag{rpmutils.CHANGELOGTIME, kindInt32, times},
			tag{rpmutils.CHANGELOGNAME, kindArray, authors}, tag{rpmutils.CHANGELOGTEXT, kindArray, texts})
	}
	data := slices.Concat(lead, header(nil), header(tags))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
