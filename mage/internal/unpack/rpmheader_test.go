// SPDX-License-Identifier: Apache-2.0

package unpack

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
)

// rawHeader is one header with these index entries (tag, type, offset, count) and this store.
func rawHeader(store []byte, index ...[4]int32) []byte {
	out := bytes.NewBufferString(HeaderMagic + "\x00\x00\x00\x00")
	_ = binary.Write(out, binary.BigEndian, []int32{int32(len(index)), int32(len(store))})
	_ = binary.Write(out, binary.BigEndian, index)
	out.Write(store)
	return out.Bytes()
}

func TestHeaderBounds(t *testing.T) {
	store := []byte("abc\x00def\x00")
	shared := make([][4]int32, 64)
	for i := range shared {
		shared[i] = [4]int32{1000, 7, 0, int32(len(store))}
	}
	many := make([][4]int32, 64)
	for i := range many {
		many[i] = [4]int32{1000, 8, 0, 2}
	}
	for name, c := range map[string]struct {
		store []byte
		index [][4]int32
		want  string
	}{
		"all of it":            {store, [][4]int32{{1000, 6, 0, 1}, {1001, 6, 4, 1}}, ""},
		"the last byte":        {store, [][4]int32{{1000, 7, 7, 1}}, ""},
		"an empty value":       {store, [][4]int32{{1000, 0, 8, 1}}, ""},
		"an empty string":      {store, [][4]int32{{1000, 6, 7, 1}}, ""},
		"string behind it":     {store, [][4]int32{{1000, 6, 8, 1}}, "fewer than its 1 strings"},
		"string further off":   {store, [][4]int32{{1000, 6, 9, 1}}, "at byte 9 of 8"},
		"before it":            {store, [][4]int32{{1000, 6, -1, 1}}, "at byte -1 of 8"},
		"too many bytes":       {store, [][4]int32{{1000, 7, 4, 5}}, "5 values at byte 4 of 8"},
		"too many strings":     {store, [][4]int32{{1000, 8, 0, 3}}, "fewer than its 3 strings"},
		"no end":               {[]byte("abc"), [][4]int32{{1000, 6, 0, 1}}, "fewer than its 1 strings"},
		"bytes that are all":   {store, shared, "share their values"},
		"strings that are all": {store, many, "share their values"},
		"a million strings":    {make([]byte, mostValues+1), [][4]int32{{1000, 8, 0, mostValues + 1}}, "more than the limit of 1048576"},
		"nearly a million":     {make([]byte, mostValues), [][4]int32{{1000, 8, 0, mostValues}}, ""},
	} {
		_, err := ReadHeaderBlock(bytes.NewReader(rawHeader(c.store, c.index...)), false)
		switch {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// What a header says of its size is judged before anything is read for it.
func TestHeaderLimits(t *testing.T) {
	for _, tt := range []struct {
		tags, size uint32
		limited    bool
	}{{mostTags, mostHeader, false}, {mostTags + 1, 8, true}, {1, mostHeader + 1, true}} {
		intro := binary.BigEndian.AppendUint32([]byte(HeaderMagic+"\x00\x00\x00\x00"), tt.tags)
		rest := strings.NewReader("x")
		_, err := ReadHeaderBlock(io.MultiReader(bytes.NewReader(binary.BigEndian.AppendUint32(intro, tt.size)), rest), false)
		if err == nil || strings.Contains(err.Error(), "more than the limits") != tt.limited || (rest.Len() > 0) != tt.limited {
			t.Errorf("%d tags, %d bytes: got %v", tt.tags, tt.size, err)
		}
	}
}

// A name in a payload ends where the payload says that it does.
func TestNamesOfAPayload(t *testing.T) {
	for raw, want := range map[string]string{"abc\x00": "abc", "abcd": "", "abc\x01": ""} {
		c := &CPIO{r: strings.NewReader(raw + "\x00\x00\x00"), most: 10}
		if name, err := c.name(int64(len(raw))); name != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", raw, name, err)
		}
	}
	for _, n := range []int64{0, 1, 11} {
		if name, err := (&CPIO{r: strings.NewReader(strings.Repeat("\x00", 20)), most: 10}).name(n); err == nil {
			t.Errorf("of %d bytes: got %q", n, name)
		}
	}
}
