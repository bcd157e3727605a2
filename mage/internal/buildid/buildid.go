// SPDX-License-Identifier: Apache-2.0

// Package buildid reads the id that the Go linker wrote into a program. Equal ids mean equal
// programs, and the id is read with the first page of the file.
package buildid

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// ErrNone says that a program has no id where the linker writes it.
var ErrNone = errors.New("the program has no Go build id")

// Read returns the id of a program's file.
func Read(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	start := make([]byte, 32<<10) // as far as the go command looks
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", err
	}
	return find(start[:n])
}

// find finds the ELF note with the id: the lengths of its name and of the id, its type, the
// name, the id.
func find(start []byte) (string, error) {
	const name, kind, header = "Go\x00\x00", 4, 12
	if !bytes.HasPrefix(start, []byte("\x7fELF")) {
		return "", ErrNone
	}
	for from := 0; ; {
		i := bytes.Index(start[from:], []byte(name))
		if i < 0 {
			return "", ErrNone
		}
		at := from + i
		from = at + len(name)
		if at < header {
			continue
		}
		field := func(i int) int { return int(binary.LittleEndian.Uint32(start[at-header+4*i:])) }
		if id := start[from:]; field(0) == len(name) && field(2) == kind && field(1) > 0 && field(1) <= len(id) {
			return string(id[:field(1)]), nil
		}
	}
}
