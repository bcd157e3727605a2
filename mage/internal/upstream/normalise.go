// SPDX-License-Identifier: Apache-2.0

package upstream

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// WriteTarball writes rdma-core-VERSION.tar.gz to file, whose top directory is
// rdma-core-VERSION/. The file appears whole or not at all.
//
// An archive of that form is copied byte for byte. One with another compression is
// recompressed, with the same tar stream. Any other is normalised: sorted names, owner 0, every
// time the Epoch, modes 0644 and 0755. Equal inputs produce equal outputs.
//
// Errors: those of [Verified.Unpack].
func (v *Verified) WriteTarball(ctx context.Context, file string) error {
	if err := v.ready(ctx); err != nil {
		return err
	}
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return writeError(dir, err)
	}
	out, err := renameio.NewPendingFile(file, renameio.WithTempDir(dir), renameio.WithStaticPermissions(0o644))
	if err != nil {
		return writeError(file, err)
	}
	defer func() { _ = out.Cleanup() }()
	if err := v.writeTarball(ctx, dir, out); err != nil {
		return writeError(file, err)
	}
	return writeError(file, out.CloseAtomicallyReplace())
}

func (v *Verified) writeTarball(ctx context.Context, dir string, out io.Writer) error {
	buffered := bufio.NewWriterSize(out, 64<<10)
	var err error
	switch rightTop := v.sum.plain && v.sum.top == v.topName(); {
	case rightTop && v.sum.format == unpack.Gzip:
		err = v.copyBytes(ctx, buffered)
	case rightTop:
		err = compress(buffered, func(w io.Writer) error { return v.copyTar(ctx, w) })
	default:
		err = compress(buffered, func(w io.Writer) error { return v.normalise(ctx, dir, w) })
	}
	if err != nil {
		return err
	}
	return buffered.Flush()
}

// copyBytes copies the archive unchanged, and fails if it is no longer the verified one.
func (v *Verified) copyBytes(ctx context.Context, w io.Writer) error {
	file, err := openRegular(v.archive.path, v.archive.lim.packed)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, sum), &ctxReader{ctx, file}); err != nil {
		return err
	}
	return v.same(hex.EncodeToString(sum.Sum(nil)))
}

// copyTar copies the archive's tar stream, likewise.
func (v *Verified) copyTar(ctx context.Context, w io.Writer) error {
	s, err := openStream(ctx, v.archive.path, v.archive.lim)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	if _, err := io.Copy(w, s.tar); err != nil {
		return s.fail(err)
	}
	sum, err := s.finish()
	if err != nil {
		return err
	}
	return v.same(sum)
}

// compress writes gzip data that depends only on its input: no name, no time, a fixed level.
func compress(w io.Writer, fill func(io.Writer) error) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := fill(z); err != nil {
		return err
	}
	return z.Close()
}

// normalise unpacks the archive next to the output, with all checks of [Verified.Unpack], and
// packs it again in sorted order, so that sorting needs no memory.
func (v *Verified) normalise(ctx context.Context, dir string, w io.Writer) error {
	beside, err := os.MkdirTemp(dir, ".rdma-core-normalise-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(beside) }()
	tree := filepath.Join(beside, v.topName())
	entries, err := v.unpackInto(ctx, tree)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	p := &packer{root: root, out: tar.NewWriter(w), v: v, ctx: func() error { return context.Cause(ctx) }}
	return p.pack(entries)
}

type packer struct {
	root *os.Root
	out  *tar.Writer
	v    *Verified
	ctx  func() error
}

func (p *packer) pack(entries []entry) error {
	if id := p.v.commit(); id != "" {
		// Like git archive, to preserve the commit.
		global := &tar.Header{
			Typeflag: tar.TypeXGlobalHeader, Name: "pax_global_header",
			PAXRecords: map[string]string{"comment": id},
		}
		if err := p.out.WriteHeader(global); err != nil {
			return err
		}
	}
	for _, e := range withFolders(entries) {
		if err := p.ctx(); err != nil {
			return err
		}
		if err := p.one(e); err != nil {
			return err
		}
	}
	return p.out.Close()
}

func (p *packer) one(e entry) error {
	header := &tar.Header{Name: path.Join(p.v.topName(), e.name), ModTime: p.v.epoch(), Mode: int64(mode(e))}
	switch e.kind {
	case kindFolder:
		header.Typeflag, header.Mode = tar.TypeDir, 0o755
		header.Name += "/"
		return p.out.WriteHeader(header)
	case kindSymlink:
		header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, e.link, 0o777
		return p.out.WriteHeader(header)
	case kindFile, kindHardlink, kindNothing, kindImplied:
	}
	file, err := p.root.Open(filepath.FromSlash(e.name))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	// The size and mode of a hard link are those of the file it became.
	header.Typeflag, header.Size, header.Mode = tar.TypeReg, info.Size(), int64(info.Mode().Perm())
	if err := p.out.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(p.out, file)
	return err
}

// withFolders sorts the entries by name and adds the directories without an entry of their own.
func withFolders(entries []entry) []entry {
	have := map[string]bool{}
	for _, e := range entries {
		have[e.name] = true
	}
	all := slices.Clone(entries)
	add := func(name string) {
		if !have[name] {
			have[name] = true
			all = append(all, entry{name: name, kind: kindFolder})
		}
	}
	add(".")
	for _, e := range entries {
		for up := path.Dir(e.name); up != "."; up = path.Dir(up) {
			add(up)
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(sortKey(a), sortKey(b)) })
	return all
}

// sortKey keeps a directory's content together, and the top directory first.
func sortKey(e entry) string {
	if e.name == "." {
		return ""
	}
	return strings.ReplaceAll(e.name, "/", "\x00")
}
