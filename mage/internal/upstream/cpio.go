// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// cpioReader reads a cpio archive of the form "new ASCII" (cpio(5): newc, and
// crc without looking at its sum), which is an RPM's payload. It takes memory for
// names only, and those are bounded.
type cpioReader struct {
	r    io.Reader
	most int   // bytes of a name
	left int64 // of the current entry
	pad  int64 // behind it
}

// cpioEntry is one entry. Its mode has the file type in it, as in stat(2).
type cpioEntry struct {
	name  string
	mode  uint32
	links uint32
	mtime int64
	size  int64
}

const (
	cpioTrailer = "TRAILER!!!"
	cpioHeader  = 110 // 6 bytes of magic, 13 numbers of 8 hex digits
)

// next skips the rest of an entry and returns the next one, or io.EOF after the last.
func (c *cpioReader) next() (cpioEntry, error) {
	if _, err := io.CopyN(io.Discard, c.r, c.left+c.pad); err != nil {
		return cpioEntry{}, noEOF(err)
	}
	c.left, c.pad = 0, 0
	var raw [cpioHeader]byte
	if _, err := io.ReadFull(c.r, raw[:]); err != nil {
		return cpioEntry{}, noEOF(err)
	}
	switch magic := string(raw[:6]); magic {
	case "070701", "070702":
	case "07070X":
		return cpioEntry{}, errors.New("has a file of 4 GiB or more")
	default:
		return cpioEntry{}, fmt.Errorf("has an entry that starts with %q instead of 070701", magic)
	}
	var fields [13]uint32
	for i := range fields {
		n, err := strconv.ParseUint(string(raw[6+8*i:][:8]), 16, 32)
		if err != nil {
			return cpioEntry{}, fmt.Errorf("has an entry with the number %q", raw[6+8*i:][:8])
		}
		fields[i] = uint32(n)
	}
	e := cpioEntry{mode: fields[1], links: fields[4], mtime: int64(fields[5]), size: int64(fields[6])}
	var err error
	if e.name, err = c.name(int64(fields[11])); err != nil {
		return cpioEntry{}, err
	}
	if e.name == cpioTrailer && e.size == 0 {
		return cpioEntry{}, io.EOF
	}
	c.left, c.pad = e.size, toFour(e.size)
	return e, nil
}

// name reads a name of n bytes, including its NUL, and the padding after it.
func (c *cpioReader) name(n int64) (string, error) {
	if n < 2 || n > int64(c.most) {
		return "", fmt.Errorf("has an entry with a name of %d bytes", n-1)
	}
	raw := make([]byte, n+toFour(cpioHeader+n))
	if _, err := io.ReadFull(c.r, raw); err != nil {
		return "", noEOF(err)
	}
	if raw[n-1] != 0 {
		return "", fmt.Errorf("has an entry whose name %q is not terminated", raw[:n])
	}
	return string(raw[:n-1]), nil
}

// Read reads the entry's data.
func (c *cpioReader) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if c.left > 0 {
		err = noEOF(err)
	}
	return n, err
}

// toFour returns the padding to a multiple of four.
func toFour(n int64) int64 { return (4 - n%4) % 4 }

// noEOF is for places where the data must continue.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
