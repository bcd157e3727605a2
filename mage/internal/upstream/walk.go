// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// summary is the result of reading a whole archive.
type summary struct {
	format  unpack.Format
	sum     string    // SHA-256 of the file
	top     string    // name of the one top directory
	plain   bool      // every name is written as TOP or TOP/...
	commit  string    // of the pax global header, "" if there is none
	version string    // PACKAGE_VERSION of the top CMakeLists.txt
	newest  time.Time // newest mtime
	entries int
}

// commitForm is an object id, SHA-1 or SHA-256.
var commitForm = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// walk reads the whole archive, refuses entries that do not belong in an rdma-core release, and
// calls visit for each entry. It returns an error unless the archive is complete and contains
// an rdma-core.
func walk(ctx context.Context, archive string, lim limits, visit func(entry) error) (*summary, error) {
	s, err := openStream(ctx, archive, lim)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	w := &walker{
		archive: archive, lim: lim, visit: visit,
		kinds: map[string]kind{}, sizes: map[string]int64{}, tail: &zeroTail{r: s.tar},
	}
	w.sum.format, w.sum.plain = s.format, true
	if err := w.all(); err != nil {
		return nil, err
	}
	w.sum.newest = w.dates.newest
	if w.sum.sum, err = s.finish(); err != nil {
		return nil, err
	}
	return &w.sum, nil
}

// inspect is walk without unpacking.
func inspect(ctx context.Context, archive string, lim limits) (*summary, error) {
	return walk(ctx, archive, lim, func(entry) error { return nil })
}

type walker struct {
	archive string
	lim     limits
	visit   func(entry) error
	kinds   map[string]kind
	sizes   map[string]int64 // of the files so far
	written int64            // unpacked bytes, including copies of hard links and holes of sparse files
	implied int              // directories without an entry of their own
	tail    *zeroTail
	dates   dates
	sum     summary
}

func (w *walker) all() error {
	reader := tar.NewReader(w.tail)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return archiveFailure(w.archive, "", err)
		}
		if err := w.one(header, reader); err != nil {
			return err
		}
	}
	return w.end()
}

func (w *walker) one(header *tar.Header, body io.Reader) error {
	if err := w.count(); err != nil {
		return err
	}
	if header.Typeflag == tar.TypeXGlobalHeader {
		if id := header.PAXRecords["comment"]; commitForm.MatchString(id) && w.sum.commit == "" {
			w.sum.commit = id
		}
		return nil
	}
	e, err := w.place(header)
	if err != nil || e.kind == kindNothing {
		return err
	}
	if err := w.bounded(); err != nil {
		return err
	}
	if err := w.reserve(e, header); err != nil {
		return err
	}
	w.dates.see(header.Name, e.mtime)
	if e.kind == kindFile {
		e.body = &entryReader{r: body, archive: w.archive, entry: header.Name}
	}
	if e.name == cmakeLists && e.kind == kindFile {
		if e.body, err = w.identify(header.Name, e.body); err != nil {
			return err
		}
	}
	if err := w.visit(e); err != nil {
		return err
	}
	if e.kind != kindFile {
		return nil
	}
	// Read the rest of the entry here, so that an error names it.
	_, err = io.Copy(io.Discard, e.body)
	return err
}

// count counts an entry, and refuses more than the limit. A directory without an entry of its
// own counts as one.
func (w *walker) count() error {
	w.sum.entries++
	return w.bounded()
}

func (w *walker) bounded() error {
	if w.sum.entries+w.implied > w.lim.entries {
		return &ArchiveError{Archive: w.archive, Reason: fmt.Sprintf("has more than %d entries", w.lim.entries)}
	}
	return nil
}

// reserve counts an entry's unpacked bytes before any is written: a hard link becomes a copy,
// and a sparse file counts with its holes.
func (w *walker) reserve(e entry, header *tar.Header) error {
	var size int64
	switch e.kind {
	case kindFile:
		size = header.Size
	case kindHardlink:
		size = w.sizes[e.link]
	case kindNothing, kindFolder, kindImplied, kindSymlink:
		return nil
	}
	w.sizes[e.name] = size
	if w.written += size; w.written > w.lim.total {
		return &ArchiveError{
			Archive: w.archive, Entry: header.Name,
			Reason: fmt.Sprintf("has %d bytes, so the archive unpacks to more than %d", size, w.lim.total),
		}
	}
	return nil
}

// identify reads the version from the top CMakeLists.txt, and returns a new reader of its text.
func (w *walker) identify(name string, body io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(io.LimitReader(body, cmakeListsMost+1))
	if err != nil {
		return nil, err
	}
	if w.sum.version, err = packageVersion(text); err != nil {
		return nil, &ArchiveError{Archive: w.archive, Entry: name, Reason: err.Error()}
	}
	return bytes.NewReader(text), nil
}

// end checks that the archive was neither cut between two entries nor continues after its end,
// and that it was an rdma-core.
func (w *walker) end() error {
	zeros := w.tail.zeros
	if zeros < endOfArchive {
		return &ArchiveError{Archive: w.archive, Reason: "is truncated: the end-of-archive blocks are missing", Err: io.ErrUnexpectedEOF}
	}
	before := w.tail.read
	if _, err := io.Copy(io.Discard, w.tail); errors.Is(err, gzip.ErrHeader) {
		return &ArchiveError{Archive: w.archive, Reason: "has data after the end of the compressed stream", Err: err}
	} else if err != nil {
		return archiveFailure(w.archive, "", err)
	}
	if w.tail.zeros-zeros != w.tail.read-before {
		return &ArchiveError{Archive: w.archive, Reason: "has data after the end of the archive"}
	}
	if w.sum.top == "" {
		return &ArchiveError{Archive: w.archive, Reason: "holds no files"}
	}
	if w.sum.version == "" {
		return &ArchiveError{
			Archive: w.archive, Entry: path.Join(w.sum.top, cmakeLists),
			Reason: "is missing, so this is not an rdma-core source",
		}
	}
	return w.dates.fault(w.archive)
}

// endOfArchive is the end of a tar archive: two blocks of zeros.
const endOfArchive = 2 * 512

// zeroTail counts the zero bytes at the end of the data read so far.
type zeroTail struct {
	r           io.Reader
	read, zeros int64
}

func (z *zeroTail) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	rest := len(bytes.TrimRight(p[:n], "\x00"))
	if rest > 0 {
		z.zeros = 0
	}
	z.zeros += int64(n - rest)
	z.read += int64(n)
	return n, err
}

// entryReader adds the entry's name to read errors.
type entryReader struct {
	r              io.Reader
	archive, entry string
}

func (e *entryReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = archiveFailure(e.archive, e.entry, err)
	}
	return n, err
}

// archiveFailure explains a reader's error. Errors that are not about the archive's content (a
// cancellation, the disk) are returned unchanged.
func archiveFailure(archive, entry string, err error) error {
	if own, ok := errors.AsType[*ArchiveError](err); ok {
		if own.Entry == "" {
			own.Entry = entry
		}
		return err
	}
	reason := "is damaged"
	switch {
	case errors.As(err, new(*stopError)):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, xz.ErrBuf):
		reason = "is truncated"
	case errors.Is(err, xz.ErrMemlimit), errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		reason = "needs more memory to unpack than allowed"
	case errors.As(err, new(*fs.PathError)):
		reason = "cannot be read"
	}
	return &ArchiveError{Archive: archive, Entry: entry, Reason: reason, Err: err}
}
