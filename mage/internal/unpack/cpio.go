// SPDX-License-Identifier: Apache-2.0

package unpack

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// CPIO reads a cpio archive of the form "new ASCII" (cpio(5): newc, and
// crc without looking at its sum), which is an RPM's payload. RPM 6, and any RPM for
// files of 4 GiB or more, writes entries that have only their number in the package's
// list of files. It takes memory for names only, and those are bounded.
type CPIO struct {
	r      io.Reader
	most   int         // bytes of a name
	listed []CPIOEntry // the package's list of files
	left   int64       // of the current entry
	pad    int64       // behind it
}

// CPIOEntry is one entry. Its mode has the file type in it, as in stat(2).
type CPIOEntry struct {
	Name  string
	Mode  uint32
	Inode uint32 // of entries that describe themselves
	Links uint32
	MTime int64
	Size  int64
}

// CPIOTrailer is the name of the entry behind the last one.
const CPIOTrailer = "TRAILER!!!"

const (
	cpioMagic   = 6
	cpioNumber  = 8 // hex digits
	cpioHeader  = cpioMagic + 13*cpioNumber
	listedEntry = cpioMagic + cpioNumber
)

// NewCPIO reads an archive whose names have at most so many bytes. listed are the files of the package, for entries that have only
// their number in it.
func NewCPIO(r io.Reader, most int, listed []CPIOEntry) *CPIO {
	return &CPIO{r: r, most: most, listed: listed}
}

// Next skips the rest of an entry and returns the next one, or io.EOF after the last.
func (c *CPIO) Next() (e CPIOEntry, err error) {
	if _, err := io.CopyN(io.Discard, c.r, c.left+c.pad); err != nil {
		return e, noEOF(err)
	}
	c.left, c.pad = 0, 0
	magic := make([]byte, cpioMagic)
	if _, err := io.ReadFull(c.r, magic); err != nil {
		return e, noEOF(err)
	}
	switch string(magic) {
	case "070701", "070702":
		e, err = c.described()
	case "07070X":
		e, err = c.numbered()
	default:
		err = fmt.Errorf("has an entry that starts with %q instead of 070701 or 07070X", magic)
	}
	if err != nil {
		return CPIOEntry{}, err
	}
	if e.Name == CPIOTrailer && e.Size == 0 {
		return CPIOEntry{}, io.EOF
	}
	c.left, c.pad = e.Size, toFour(e.Size)
	return e, nil
}

// described reads the header of an entry that describes itself.
func (c *CPIO) described() (e CPIOEntry, err error) {
	fields, err := c.numbers((cpioHeader - cpioMagic) / cpioNumber)
	if err != nil {
		return e, err
	}
	e = CPIOEntry{Inode: fields[0], Mode: fields[1], Links: fields[4], MTime: int64(fields[5]), Size: int64(fields[6])}
	e.Name, err = c.name(int64(fields[11]))
	return e, err
}

// numbered reads the header of an entry that the package's list describes.
func (c *CPIO) numbered() (CPIOEntry, error) {
	number, err := c.numbers(1)
	if err != nil {
		return CPIOEntry{}, err
	}
	if _, err := io.CopyN(io.Discard, c.r, toFour(listedEntry)); err != nil {
		return CPIOEntry{}, noEOF(err)
	}
	if int64(number[0]) >= int64(len(c.listed)) {
		return CPIOEntry{}, fmt.Errorf("has an entry for file %d of the %d that its header describes", number[0], len(c.listed))
	}
	return c.listed[number[0]], nil
}

// numbers reads n numbers.
func (c *CPIO) numbers(n int) ([]uint32, error) {
	raw := make([]byte, n*cpioNumber)
	if _, err := io.ReadFull(c.r, raw); err != nil {
		return nil, noEOF(err)
	}
	out := make([]uint32, n)
	for i := range out {
		digits := raw[cpioNumber*i:][:cpioNumber]
		number, err := strconv.ParseUint(string(digits), 16, 32)
		if err != nil {
			return nil, fmt.Errorf("has an entry with the number %q", digits)
		}
		out[i] = uint32(number)
	}
	return out, nil
}

// name reads a name of n bytes, including its NUL, and the padding after it.
func (c *CPIO) name(n int64) (string, error) {
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
func (c *CPIO) Read(p []byte) (int, error) {
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
