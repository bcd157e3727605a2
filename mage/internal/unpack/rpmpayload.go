// SPDX-License-Identifier: Apache-2.0

package unpack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

var errPayload = errors.New("its payload is not a cpio archive, plain or compressed with gzip, xz, zstd or bzip2")

// RPMPayload is the payload of an RPM, behind its header, with names of at most so many bytes; nil if it has none. bound limits what is
// unpacked.
func RPMPayload(r *bufio.Reader, header *rpmutils.RpmHeader, most int, bound func(io.Reader) io.Reader) (*CPIO, error) {
	listed, err := listedFiles(header)
	if err != nil {
		return nil, err
	}
	head, _ := r.Peek(8)
	format, plain, err := Uncompressed(head, r)
	if err != nil {
		return nil, err
	}
	if format == Plain && !bytes.HasPrefix(head, []byte("0707")) {
		if len(listed) == 0 && len(head) == 0 {
			return nil, nil //nolint:nilnil // a package without files
		}
		return nil, errPayload
	}
	return NewCPIO(bound(plain), most, listed), nil
}

// listedFiles are the header's files, for a payload that has only their numbers.
func listedFiles(header *rpmutils.RpmHeader) ([]CPIOEntry, error) {
	infos, err := header.GetFiles()
	if _, none := errors.AsType[rpmutils.NoSuchTagError](err); none {
		return nil, nil // a package without files
	}
	if err != nil {
		return nil, fmt.Errorf("its list of files: %w", err)
	}
	all := make([]CPIOEntry, 0, len(infos))
	for _, info := range infos {
		all = append(all, CPIOEntry{Name: info.Name(), Mode: uint32(info.Mode()), Links: 1, Size: info.Size()})
	}
	return all, nil
}
