// SPDX-License-Identifier: Apache-2.0

package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	rpmutils "github.com/sassoftware/go-rpmutils"
)

// RPMMagic begins every RPM package, HeaderMagic each of its headers
// (docs/manual/format.md of rpm).
const (
	RPMMagic    = "\xed\xab\xee\xdb"
	HeaderMagic = "\x8e\xad\xe8\x01"
)

// LeadSize is what is in front of the headers.
const LeadSize = 96

const (
	introSize  = 16 // of a header: magic, reserved, number of tags, size of the store
	indexSize  = 16 // of a tag in the index: tag, type, offset, count
	mostTags   = 0xffff
	mostHeader = 32 << 20 // bytes of a store; kernels come to 4 MiB
	mostValues = 1 << 20  // strings of a tag; each needs more memory than its bytes
)

// ReadRPMHeader reads lead, signature and header of an RPM package, and leaves r at the
// payload. All packages are read through it. It first checks the header's index, because the
// library would read beyond the end of a hostile one.
//
// The error does not name the file.
func ReadRPMHeader(r io.Reader) (*rpmutils.RpmHeader, error) {
	header, _, err := ReadRPMHeaderBytes(r)
	return header, err
}

// ReadRPMHeaderBytes also returns the bytes of the main header, for digests.
func ReadRPMHeaderBytes(r io.Reader) (header *rpmutils.RpmHeader, raw []byte, err error) {
	lead := make([]byte, LeadSize)
	if _, err := io.ReadFull(r, lead); err != nil {
		return nil, nil, cutShort(err)
	}
	if !bytes.HasPrefix(lead, []byte(RPMMagic)) {
		return nil, nil, fmt.Errorf("is not an RPM package: it starts with %q", lead[:8])
	}
	signature, err := ReadHeaderBlock(r, true)
	if err != nil {
		return nil, nil, fmt.Errorf("has a bad signature header: %w", err)
	}
	raw, err = ReadHeaderBlock(r, false)
	if err != nil {
		return nil, nil, fmt.Errorf("has a bad header: %w", err)
	}
	header, err = rpmutils.ReadHeader(bytes.NewReader(slices.Concat(lead, signature, raw)))
	if err != nil {
		return nil, nil, fmt.Errorf("has a bad header: %w", err)
	}
	return header, raw, nil
}

// ReadHeaderBlock reads one header and checks that all its values are inside it. A signature
// header is padded to a multiple of eight bytes.
func ReadHeaderBlock(r io.Reader, padded bool) ([]byte, error) {
	intro := make([]byte, introSize)
	if _, err := io.ReadFull(r, intro); err != nil {
		return nil, cutShort(err)
	}
	if !bytes.HasPrefix(intro, []byte(HeaderMagic)) {
		return nil, fmt.Errorf("it starts with % x instead of % x", intro[:4], HeaderMagic)
	}
	tags, size := int64(binary.BigEndian.Uint32(intro[8:])), int64(binary.BigEndian.Uint32(intro[12:]))
	if tags > mostTags || size > mostHeader {
		return nil, fmt.Errorf("it has %d tags and %d bytes, more than the limits of %d and %d", tags, size, mostTags, mostHeader)
	}
	stored := size
	if padded {
		stored = (size + 7) / 8 * 8
	}
	// Read piece by piece, so that a short file cannot claim memory.
	body, err := io.ReadAll(io.LimitReader(r, tags*indexSize+stored))
	if err == nil && int64(len(body)) < tags*indexSize+stored {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, cutShort(err)
	}
	store := body[tags*indexSize:][:size]
	used := int64(0)
	for index := range slices.Chunk(body[:tags*indexSize], indexSize) {
		n, err := checkTag(index, store)
		if err != nil {
			return nil, err
		}
		// Values do not overlap. Otherwise 65535 tags could each have the whole store as their
		// value.
		if used += n; used > 2*size {
			return nil, fmt.Errorf("its tags share their values: they have more than twice the %d bytes that there are", size)
		}
	}
	return slices.Concat(intro, body), nil
}

// checkTag checks that the value of one tag is in the store, and returns its length.
func checkTag(index, store []byte) (int64, error) {
	field := func(i int) int64 { return int64(int32(binary.BigEndian.Uint32(index[4*i:]))) } // signed, as rpm takes them
	tag, kind, offset, count := field(0), field(1), field(2), field(3)
	sizes := map[int64]int64{
		rpmutils.RPM_NULL_TYPE: 0, rpmutils.RPM_CHAR_TYPE: 1, rpmutils.RPM_INT8_TYPE: 1, rpmutils.RPM_INT16_TYPE: 2,
		rpmutils.RPM_INT32_TYPE: 4, rpmutils.RPM_INT64_TYPE: 8, rpmutils.RPM_BIN_TYPE: 1,
	}
	length := int64(len(store))
	if offset < 0 || offset > length || count < 1 || count > length+1 {
		return 0, fmt.Errorf("tag %d has %d values at byte %d of %d", tag, count, offset, length)
	}
	size, fixed := sizes[kind]
	switch {
	case fixed && offset+size*count > length:
		return 0, fmt.Errorf("tag %d has %d values at byte %d of %d", tag, count, offset, length)
	case fixed:
		return size * count, nil
	case kind == rpmutils.RPM_STRING_TYPE && count != 1:
		return 0, fmt.Errorf("tag %d is a single string, but has %d values", tag, count)
	case kind != rpmutils.RPM_STRING_TYPE && kind != rpmutils.RPM_STRING_ARRAY_TYPE && kind != rpmutils.RPM_I18NSTRING_TYPE:
		return 0, fmt.Errorf("tag %d is of the unknown type %d", tag, kind)
	case count > mostValues:
		return 0, fmt.Errorf("tag %d has %d strings, more than the limit of %d", tag, count, mostValues)
	}
	return stringsLength(tag, count, store[offset:])
}

// stringsLength returns the length of count strings, each with its NUL.
func stringsLength(tag, count int64, store []byte) (n int64, err error) {
	for range count {
		end := bytes.IndexByte(store[n:], 0)
		if end < 0 {
			return 0, fmt.Errorf("tag %d has fewer than its %d strings", tag, count)
		}
		n += int64(end) + 1
	}
	return n, nil
}

var errCutShort = errors.New("it is truncated")

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutShort
	}
	return err
}
