// SPDX-License-Identifier: Apache-2.0

package unpack

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	// xi2/xz takes a limit for the dictionary, which a hostile header may
	// set to 4 GiB.
	"github.com/xi2/xz"
)

const (
	// xzDictionary is what `xz -9` needs.
	xzDictionary = 64 << 20
	// zstdWindow is what `zstd --ultra -22` needs.
	zstdWindow = 128 << 20
)

// Format is the compression of a stream.
type Format string

// The formats.
const (
	Gzip  Format = "gzip"
	Xz    Format = "xz"
	Bzip2 Format = "bzip2"
	Zstd  Format = "zstd"
	Plain Format = "" // not compressed, or in an unknown way
)

// Uncompressed detects a stream's compression from its first bytes and decompresses it. A
// stream of an unknown form is returned unchanged.
func Uncompressed(head []byte, r io.Reader) (f Format, plain io.Reader, err error) {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		plain, err = gzip.NewReader(r)
		return Gzip, plain, err
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		if plain, err = xz.NewReader(r, xzDictionary); err != nil {
			return Xz, nil, fmt.Errorf("read xz data: %w", err)
		}
		return Xz, plain, nil
	case bytes.HasPrefix(head, []byte("BZh")):
		return Bzip2, bzip2.NewReader(r), nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		// With one decoder no goroutine is started that would have to be stopped.
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return Zstd, nil, fmt.Errorf("read zstd data: %w", err)
		}
		return Zstd, z, nil
	default:
		return Plain, r, nil
	}
}
