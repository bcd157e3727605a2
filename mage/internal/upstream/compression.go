// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// limits bound what an archive may cost. rdma-core 65.0 has about 1,300 files
// and 15 MB; the limits leave a wide margin and still stop a bomb.
type limits struct {
	packed  int64 // bytes of the archive file
	total   int64 // bytes of the tar stream
	file    int64 // bytes of one file
	entries int
	name    int // bytes of an entry's name
	depth   int // directories in an entry's name
}

func defaultLimits() limits {
	return limits{packed: 256 << 20, total: 1 << 30, file: 128 << 20, entries: 100_000, name: 1024, depth: 64}
}

// formatTar is the format of an archive that is not compressed.
const formatTar unpack.Format = "tar"

// stream reads an archive's tar stream and sums the file's bytes on the way.
type stream struct {
	path   string
	format unpack.Format
	file   *os.File
	raw    *bufio.Reader // the file's bytes, summed
	sum    hash.Hash
	tar    io.Reader // decompressed, bounded
}

// openStream opens the archive and detects its compression from its first bytes, because a
// given file's name need not show it.
func openStream(ctx context.Context, path string, lim limits) (*stream, error) {
	file, err := openRegular(path, lim.packed)
	if err != nil {
		return nil, err
	}
	s := &stream{path: path, file: file, sum: sha256.New()}
	s.raw = bufio.NewReaderSize(io.TeeReader(&ctxReader{ctx, file}, s.sum), 64<<10)
	if err := s.decompress(); err != nil {
		_ = file.Close()
		return nil, err
	}
	s.tar = &boundedReader{r: s.tar, left: lim.total, path: path, limit: lim.total}
	return s, nil
}

// openRegular opens a file that is neither a device nor a pipe (which would
// block) nor too large.
func openRegular(path string, most int64) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &ArchiveError{Archive: path, Reason: "is not a regular file but " + info.Mode().Type().String()}
	}
	if info.Size() > most {
		reason := fmt.Sprintf("has %d bytes, more than the limit of %d for an rdma-core archive", info.Size(), most)
		return nil, &ArchiveError{Archive: path, Reason: reason}
	}
	return os.Open(path)
}

func (s *stream) decompress() error {
	head, err := s.raw.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return s.fail(err)
	}
	if len(head) == 0 {
		return &ArchiveError{Archive: s.path, Reason: "is empty"}
	}
	if s.format, s.tar, err = unpack.Uncompressed(head, s.raw); err != nil {
		return s.fail(err)
	}
	if s.format != unpack.Plain {
		return nil
	}
	if len(head) < 262 || string(head[257:262]) != "ustar" {
		reason := fmt.Sprintf("is not a tar archive (plain, gzip, xz, zstd or bzip2): it starts with %q", head[:min(len(head), 24)])
		return &ArchiveError{Archive: s.path, Reason: reason}
	}
	s.format = formatTar
	return nil
}

// fail adds the archive to an error of the readers.
func (s *stream) fail(err error) error { return archiveFailure(s.path, "", err) }

// finish reads the rest of the file, and returns the SHA-256 of all of it.
func (s *stream) finish() (string, error) {
	if _, err := io.Copy(io.Discard, s.raw); err != nil {
		return "", s.fail(err)
	}
	return hex.EncodeToString(s.sum.Sum(nil)), nil
}

func (s *stream) Close() error { return s.file.Close() }

// ctxReader ends reading when the context does.
type ctxReader struct {
	ctx context.Context //nolint:containedctx // lives as long as one copy loop
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if cause := context.Cause(c.ctx); cause != nil {
		return 0, &stopError{cause}
	}
	return c.r.Read(p)
}

// stopError passes the context's cause through the readers, distinct from their own errors.
type stopError struct{ cause error }

func (e *stopError) Error() string { return e.cause.Error() }
func (e *stopError) Unwrap() error { return e.cause }

// boundedReader fails, unlike io.LimitedReader, when there is more.
type boundedReader struct {
	r           io.Reader
	left, limit int64
	path        string
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, &ArchiveError{Archive: b.path, Reason: fmt.Sprintf("unpacks to more than %d bytes", b.limit)}
	}
	return n, err
}

// fileSum returns the SHA-256 of a file as hex digits.
func fileSum(ctx context.Context, path string, most int64) (string, error) {
	file, err := openRegular(path, most)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, &ctxReader{ctx, file}); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
