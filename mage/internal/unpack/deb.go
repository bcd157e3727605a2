// SPDX-License-Identifier: Apache-2.0

package unpack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// DebMagic begins a Debian package, which is an ar archive (deb(5)).
const DebMagic = "!<arch>\n"

var (
	errNoDeb  = errors.New("not a Debian package")
	errMember = errors.New("damaged header in the ar archive")
	errNoData = errors.New("no data.tar in the ar archive")
)

// Deb reads a Debian package: it calls control and data with their tar archives, which are not compressed any more. Nothing bounds
// their size. If one of them returns fs.SkipAll, the rest is not read.
func Deb(r *bufio.Reader, control, data func(plain io.Reader) error) error {
	if head, _ := r.Peek(len(DebMagic)); string(head) != DebMagic {
		return errNoDeb
	}
	_, _ = r.Discard(len(DebMagic))
	for {
		name, size, err := member(r)
		if errors.Is(err, io.EOF) {
			return errNoData
		}
		if err != nil {
			return err
		}
		isData := strings.HasPrefix(name, "data.tar")
		read := func(io.Reader) error { return nil }
		switch {
		case isData:
			read = data
		case strings.HasPrefix(name, "control.tar"):
			read = control
		}
		err = readMember(&io.LimitedReader{R: r, N: size}, read)
		if errors.Is(err, fs.SkipAll) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if isData {
			return nil
		}
		if size%2 == 1 {
			_, _ = r.Discard(1) // at the end of the file, it may be missing
		}
	}
}

// readMember reads a member, which may not be cut: an archive ends well at the end of an entry.
func readMember(body *io.LimitedReader, read func(plain io.Reader) error) error {
	buffered := bufio.NewReader(body)
	head, _ := buffered.Peek(8)
	_, plain, err := Uncompressed(head, buffered)
	if err == nil {
		err = read(plain)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, body)
	}
	if err == nil && body.N > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// member reads the header of an ar archive's member; io.EOF if there is none.
func member(r io.Reader) (name string, size int64, err error) {
	const header, nameEnd, sizeFrom, sizeEnd = 60, 16, 48, 58
	raw := make([]byte, header)
	if _, err := io.ReadFull(r, raw); err != nil {
		return "", 0, err
	}
	size, err = strconv.ParseInt(strings.TrimSpace(string(raw[sizeFrom:sizeEnd])), 10, 64)
	if err != nil || size < 0 || string(raw[sizeEnd:]) != "`\n" {
		return "", 0, errMember
	}
	return strings.TrimSuffix(strings.TrimRight(string(raw[:nameEnd]), " "), "/"), size, nil
}
