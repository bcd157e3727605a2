// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The streams of a container in what an engine multiplexes.
const (
	streamStdin  = 0
	streamStdout = 1
	streamStderr = 2
	streamSystem = 3 // an error of the engine's own
)

// maxSystemError is how much is read of an engine's error message.
const maxSystemError = 4 << 10

// demultiplex writes a container's output to stdout and stderr until the stream ends. Unlike stdcopy of the Docker
// client it reports a stream that ends within a frame, and it does not hold a frame in memory, whatever length its
// header claims.
func demultiplex(stdout, stderr io.Writer, stream io.Reader) error {
	pieces := bufio.NewReader(stream)
	for {
		var header [8]byte
		if _, err := io.ReadFull(pieces, header[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("truncated: %w", err)
		}
		size := int64(binary.BigEndian.Uint32(header[4:]))
		to := stdout
		switch kind := header[0]; {
		case header[1] != 0 || header[2] != 0 || header[3] != 0 || kind > streamSystem:
			return fmt.Errorf("want a frame header, got %q", header)
		case kind == streamSystem:
			said, _ := io.ReadAll(io.LimitReader(pieces, min(size, maxSystemError)))
			return fmt.Errorf("the engine says: %s", said)
		case kind == streamStderr:
			to = stderr
		}
		if _, err := io.CopyN(to, pieces, size); errors.Is(err, io.EOF) {
			return fmt.Errorf("truncated: %w", io.ErrUnexpectedEOF)
		} else if err != nil {
			return err
		}
	}
}
