// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// debMagic begins a Debian package, which is an ar archive (deb(5)).
const debMagic = "!<arch>\n"

// dataMember begins the name of the member with the files, which is the last one that is read.
const dataMember = "data.tar"

var (
	errMember  = errors.New("damaged header in the ar archive")
	errNoData  = errors.New("no data.tar in the ar archive")
	errControl = errors.New("no control file with Package and Architecture")
)

func (f *Files) addDeb(ctx context.Context, r *bufio.Reader) (Package, error) {
	var p Package
	if _, err := r.Discard(len(debMagic)); err != nil {
		return p, err
	}
	for {
		name, size, err := member(r)
		if errors.Is(err, io.EOF) {
			return p, errNoData
		}
		if err != nil {
			return p, err
		}
		body := &io.LimitedReader{R: r, N: size}
		if err := f.addMember(ctx, &p, name, body); err != nil {
			return p, fmt.Errorf("%s: %w", name, err)
		}
		if strings.HasPrefix(name, dataMember) {
			return p, nil
		}
		if size%2 == 1 {
			_, _ = r.Discard(1) // at the end of the file, it may be missing
		}
	}
}

// addMember reads a member of the package.
func (f *Files) addMember(ctx context.Context, p *Package, name string, body *io.LimitedReader) (err error) {
	switch {
	case strings.HasPrefix(name, "control.tar"):
		*p, err = readControl(body)
	case strings.HasPrefix(name, dataMember) && p.Name == "":
		return errControl
	case strings.HasPrefix(name, dataMember):
		return f.addData(ctx, body)
	}
	if err != nil {
		return err
	}
	return drain(body)
}

// addData adds the files of a package.
func (f *Files) addData(ctx context.Context, body *io.LimitedReader) error {
	plain, err := decompressed(body)
	if err != nil {
		return err
	}
	if err := f.AddTar(ctx, &bounded{plain, maxPayload}); err != nil {
		return err
	}
	return drain(body)
}

// drain reads the rest of a member, which may not be cut: an archive ends well at the end of an entry.
func drain(body *io.LimitedReader) error {
	_, err := io.Copy(io.Discard, body)
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

func decompressed(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	head, _ := buffered.Peek(8)
	_, plain, err := unpack.Uncompressed(head, buffered)
	return plain, err
}

// readControl reads a package's name and architecture.
func readControl(r io.Reader) (Package, error) {
	const most = 1 << 20
	plain, err := decompressed(r)
	if err != nil {
		return Package{}, err
	}
	archive := tar.NewReader(&bounded{plain, maxPayload})
	for range maxEntries {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Package{}, err
		}
		if path.Clean(h.Name) != "control" {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(archive, most))
		if err != nil {
			return Package{}, err
		}
		p := Package{}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
			switch value = strings.TrimSpace(value); {
			case name == "Package":
				p.Name = value
			case name == "Architecture" && (value == "amd64" || value == "arm64"):
				p.Arch = value
			}
		}
		if p.Name != "" {
			return p, nil
		}
	}
	return Package{}, errControl
}
