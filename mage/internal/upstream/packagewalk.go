// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"  //nolint:gosec // old packages carry no other digest of their payload
	"crypto/sha1" //nolint:gosec // nor of their header
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// packageWalker reads a source package from end to end.
type packageWalker struct {
	pkg    *Package
	header *rpmutils.RpmHeader
	out    *VerifiedPackage
	visit  func(unpack.CPIOEntry, io.Reader) error

	payload, both hash.Hash // of the payload; of header and payload
	files         map[string]packageFile
	listed        []unpack.CPIOEntry // files, in the header's order
	seen          map[string]bool
	dates         dates
	visitErr      error
}

// packageFile is a file in the header.
type packageFile struct {
	size   int64
	digest string
}

// walkPackage reads a source package, refuses invalid content, and calls visit for each file.
// It returns an error if anything differs from the package's header.
func walkPackage(ctx context.Context, pkg *Package, visit func(unpack.CPIOEntry, io.Reader) error) (*VerifiedPackage, error) {
	file, err := openRegular(pkg.path, pkg.lim.packed)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	w := &packageWalker{
		pkg: pkg, visit: visit, payload: sha256.New(), both: md5.New(), //nolint:gosec // see above
		out: &VerifiedPackage{pkg: pkg}, seen: map[string]bool{},
	}
	if err := w.all(ctx, file); err != nil {
		if w.visitErr != nil {
			return nil, err // of the disk, or named already
		}
		return nil, archiveFailure(pkg.path, "", err)
	}
	return w.out, nil
}

func (w *packageWalker) all(ctx context.Context, file *os.File) error {
	whole := sha256.New()
	in := io.TeeReader(&ctxReader{ctx, file}, whole)
	header, raw, err := unpack.ReadRPMHeaderBytes(in)
	if errors.As(err, new(*stopError)) {
		return err
	}
	if err != nil {
		return w.refuse("%w", err)
	}
	w.header = header
	if err := w.describe(raw); err != nil {
		return err
	}
	w.both.Write(raw)
	rest := bufio.NewReaderSize(io.TeeReader(in, io.MultiWriter(w.payload, w.both)), 64<<10)
	// A wrong digest explains damage better than errors from reading the damaged bytes.
	errRead := w.read(rest)
	if errors.As(errRead, new(*stopError)) {
		return errRead
	}
	if _, err := io.Copy(io.Discard, rest); err != nil {
		return err
	}
	if err := w.digests(); err != nil {
		return err
	}
	if errRead != nil {
		return errRead
	}
	w.out.SHA256 = hex.EncodeToString(whole.Sum(nil))
	return w.end()
}

// refuse returns an error about the whole package.
func (w *packageWalker) refuse(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &ArchiveError{Archive: w.pkg.path, Reason: err.Error()}
}

func (w *packageWalker) refuseEntry(name, format string, args ...any) error {
	return &ArchiveError{Archive: w.pkg.path, Entry: name, Reason: fmt.Sprintf(format, args...)}
}

// nvrForm matches a name, version or release; they become part of file names.
var nvrForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+~^-]{0,99}$`)

// describe reads the package's identity, and the digests of its header.
func (w *packageWalker) describe(raw []byte) error {
	if w.header.HasTag(rpmutils.SOURCERPM) {
		return w.refuse("is a binary package (built from %s): want a source package, NAME-VERSION-RELEASE.src.rpm",
			w.text(rpmutils.SOURCERPM))
	}
	w.out.Info = PackageInfo{
		Name: w.text(rpmutils.NAME), Version: w.text(rpmutils.VERSION), Release: w.text(rpmutils.RELEASE),
		Vendor: w.text(rpmutils.VENDOR), Distribution: w.text(rpmutils.DISTRIBUTION),
	}
	for _, v := range []string{w.out.Info.Name, w.out.Info.Version, w.out.Info.Release} {
		if !nvrForm.MatchString(v) {
			return w.refuse("has an invalid name, version or release: %q", w.out.Info.NVR())
		}
	}
	const most = 256
	if len(w.out.Info.Vendor) > most || len(w.out.Info.Distribution) > most {
		return w.refuse("has a vendor or distribution of more than %d bytes", most)
	}
	if format := w.text(rpmutils.PAYLOADFORMAT); format != "" && format != "cpio" {
		return w.refuse("has a payload of the unknown format %q: want cpio", format)
	}
	known := false
	for _, d := range []struct {
		tag int
		sum hash.Hash
	}{{rpmutils.SIG_SHA256, sha256.New()}, {rpmutils.SIG_SHA1, sha1.New()}} { //nolint:gosec // see above
		if !w.header.HasTag(d.tag) {
			continue
		}
		known = true
		d.sum.Write(raw)
		if got := hex.EncodeToString(d.sum.Sum(nil)); got != w.text(d.tag) {
			return w.refuse("has the header digest %s, but records %q", got, w.text(d.tag))
		}
	}
	if !known {
		return w.refuse("records no digest of its header")
	}
	return w.list()
}

// text is the value of a tag with one string, "" if it has none.
func (w *packageWalker) text(tag int) string {
	value, err := w.header.GetString(tag)
	if err != nil {
		return ""
	}
	return value
}

// list reads the header's list of files.
func (w *packageWalker) list() error {
	names, err := w.header.GetStrings(rpmutils.BASENAMES)
	if err != nil {
		return w.refuse("lists no files: %w", err)
	}
	sizeTag := rpmutils.FILESIZES
	if w.header.HasTag(rpmutils.LONGFILESIZES) { // the only one of RPM 6
		sizeTag = rpmutils.LONGFILESIZES
	}
	sizes, err := w.header.GetUint64s(sizeTag)
	if err != nil {
		return w.refuse("lists no sizes of files: %w", err)
	}
	digests, err := w.header.GetStrings(rpmutils.FILEDIGESTS)
	if err != nil {
		return w.refuse("lists no digests of files: %w", err)
	}
	if len(sizes) != len(names) || len(digests) != len(names) {
		return w.refuse("lists %d files with %d sizes and %d digests", len(names), len(sizes), len(digests))
	}
	w.files = make(map[string]packageFile, len(names))
	for i, name := range names {
		if sizes[i] > math.MaxInt64 {
			return w.refuseEntry(name, "has %d bytes in the package's header", sizes[i])
		}
		w.files[name] = packageFile{size: int64(sizes[i]), digest: digests[i]}
	}
	return w.listEntries(names)
}

// listEntries reads the rest of what a payload needs that has no descriptions of its own.
func (w *packageWalker) listEntries(names []string) error {
	if !w.header.HasTag(rpmutils.FILEMODES) || !w.header.HasTag(rpmutils.FILEMTIMES) {
		return nil // the payload has to describe them
	}
	modes, errModes := w.header.GetUint32s(rpmutils.FILEMODES)
	times, errTimes := w.header.GetUint32s(rpmutils.FILEMTIMES)
	if err := errors.Join(errModes, errTimes); err != nil {
		return w.refuse("lists no modes and times of files: %w", err)
	}
	if len(modes) != len(names) || len(times) != len(names) {
		return w.refuse("lists %d files with %d modes and %d times", len(names), len(modes), len(times))
	}
	for i, name := range names {
		e := unpack.CPIOEntry{Name: name, Mode: modes[i], Links: 1, MTime: int64(times[i]), Size: w.files[name].size}
		w.listed = append(w.listed, e)
	}
	return nil
}

// digests compares the payload with the digests in the package: SHA-256 in newer packages, MD5
// in all of them (unless built where MD5 is forbidden). At least one is required.
func (w *packageWalker) digests() error {
	known := false
	if w.header.HasTag(rpmutils.PAYLOADDIGEST) {
		known = true
		const sha256ID = 8 // as in OpenPGP
		if algo, err := w.header.GetUint32s(rpmutils.PAYLOADDIGESTALGO); err == nil && (len(algo) != 1 || algo[0] != sha256ID) {
			return w.refuse("has a payload digest of the unknown algorithm %v: want %d", algo, sha256ID)
		}
		want, err := w.header.GetStrings(rpmutils.PAYLOADDIGEST)
		got := hex.EncodeToString(w.payload.Sum(nil))
		if err != nil || len(want) == 0 || want[0] != got {
			return w.refuse("has the payload digest %s, but records %q: it is damaged or truncated", got, want)
		}
	}
	if want, err := w.header.GetBytes(rpmutils.SIG_MD5); err == nil {
		known = true
		if got := w.both.Sum(nil); !bytes.Equal(got, want) {
			return w.refuse("has the MD5 %x, but records %x: it is damaged or truncated", got, want)
		}
	}
	if !known {
		return w.refuse("records no digest of its payload")
	}
	return nil
}

func (w *packageWalker) read(rest *bufio.Reader) error {
	head, err := rest.Peek(8)
	if len(head) == 0 {
		return w.refuse("has no payload: it is truncated (%w)", err)
	}
	format, plain, err := unpack.Uncompressed(head, rest)
	if err != nil {
		return err
	}
	if format == unpack.Plain && !bytes.HasPrefix(head, []byte("0707")) {
		compressor := w.text(rpmutils.PAYLOADCOMPRESSOR)
		return w.refuse("has a payload (%s) that is not a cpio archive, plain or compressed with gzip, xz, zstd or bzip2", compressor)
	}
	bounded := &boundedReader{r: plain, left: w.pkg.lim.total, limit: w.pkg.lim.total, path: w.pkg.path}
	cpio := unpack.NewCPIO(bounded, w.pkg.lim.name, w.listed)
	for n := 1; ; n++ {
		e, err := cpio.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n > w.pkg.lim.entries {
			return w.refuse("has more than %d entries", w.pkg.lim.entries)
		}
		if err := w.one(e, cpio); err != nil {
			return err
		}
	}
	tail := &zeroTail{r: bounded}
	if _, err := io.Copy(io.Discard, tail); err != nil {
		return err
	}
	if tail.read != tail.zeros {
		return w.refuse("has data after the end of the payload")
	}
	return nil
}

// The file types in a mode.
const (
	modeType    = 0o170000
	modeRegular = 0o100000
)

// typeName names the type of a mode that is not a regular file's.
func typeName(mode uint32) string {
	switch mode & modeType {
	case 0o040000:
		return "a directory"
	case 0o120000:
		return "a link"
	case 0o020000, 0o060000:
		return "a device"
	case 0o010000:
		return "a named pipe"
	default:
		return "of an unknown type"
	}
}

// one checks an entry against the header and passes it to visit.
func (w *packageWalker) one(e unpack.CPIOEntry, body io.Reader) error {
	raw := e.Name
	e.Name = strings.TrimPrefix(e.Name, "./")
	listed, ok := w.files[e.Name]
	switch {
	case !plainName(e.Name):
		return w.refuseEntry(raw, "is not a plain file name: a source package has no directories")
	case e.Mode&modeType != modeRegular:
		return w.refuseEntry(raw, "is %s, not a regular file (mode %o)", typeName(e.Mode), e.Mode)
	case e.Links > 1:
		return w.refuseEntry(raw, "is a hard link")
	case w.seen[e.Name]:
		return w.refuseEntry(raw, "appears twice")
	case e.Size > w.pkg.lim.file:
		return w.refuseEntry(raw, "has %d bytes, more than the limit of %d for a file", e.Size, w.pkg.lim.file)
	case !ok:
		return w.refuseEntry(raw, "is not listed in the package's header")
	case listed.size != e.Size:
		return w.refuseEntry(raw, "has %d bytes, but %d in the package's header", e.Size, listed.size)
	}
	w.seen[e.Name] = true
	sum := fileDigest(listed.digest)
	reader := io.TeeReader(&entryReader{r: body, archive: w.pkg.path, entry: raw}, sum)
	if w.visitErr = w.visit(e, reader); w.visitErr != nil {
		return w.visitErr
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != listed.digest {
		return w.refuseEntry(raw, "has the digest %s, but %q in the package's header", got, listed.digest)
	}
	w.dates.see(raw, time.Unix(e.MTime, 0).UTC())
	return nil
}

// fileDigest returns the algorithm of a digest, by its length: rpm uses MD5 in old packages,
// SHA-256 in those of this decade.
func fileDigest(digest string) hash.Hash {
	switch len(digest) {
	case 2 * md5.Size:
		return md5.New() //nolint:gosec // see above
	case 2 * sha1.Size:
		return sha1.New() //nolint:gosec // see above
	case 2 * sha512.Size:
		return sha512.New()
	default:
		return sha256.New()
	}
}

// end checks the package as a whole.
func (w *packageWalker) end() error {
	var specs []string
	for name := range w.files {
		if !w.seen[name] {
			return w.refuseEntry(name, "is listed in the package's header, but missing from its payload")
		}
		w.out.Files = append(w.out.Files, name)
		if strings.HasSuffix(name, ".spec") {
			specs = append(specs, name)
		}
	}
	slices.Sort(w.out.Files)
	slices.Sort(specs)
	switch len(specs) {
	case 0:
		return w.refuse("holds no spec: want one file whose name ends in .spec")
	case 1:
		w.out.Spec, w.out.Newest = specs[0], w.dates.newest
		return w.dates.fault(w.pkg.path)
	}
	return w.refuse("holds %d specs (%s): want one", len(specs), strings.Join(specs, ", "))
}
