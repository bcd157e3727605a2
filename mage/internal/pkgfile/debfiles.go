// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"archive/tar"
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
)

var (
	errNoDeb  = errors.New("not a Debian package")
	errMember = errors.New("damaged header of a member")
)

// DebFiles are the files and links that a Debian package installs, in its order.
func DebFiles(file string) ([]string, error) {
	files, err := debFiles(file)
	if err != nil {
		return nil, fmt.Errorf("read package %s: %w", file, err)
	}
	return files, nil
}

// debFiles reads an ar archive (deb(5)), whose member data.tar has the files.
func debFiles(file string) ([]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const magic = "!<arch>\n"
	r := bufio.NewReader(f)
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(r, head); err != nil || string(head) != magic {
		return nil, errNoDeb
	}
	for {
		name, size, err := debMember(r)
		if err != nil {
			return nil, noEOF(err)
		}
		if strings.HasPrefix(name, "data.tar") {
			return tarFiles(io.LimitReader(r, size))
		}
		if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
			return nil, noEOF(err)
		}
	}
}

// debMember reads the header of a member.
func debMember(r io.Reader) (name string, size int64, err error) {
	const header, nameEnd, sizeFrom, sizeEnd = 60, 16, 48, 58
	raw := make([]byte, header)
	if _, err := io.ReadFull(r, raw); err != nil {
		return "", 0, err
	}
	size, err = strconv.ParseInt(strings.TrimSpace(string(raw[sizeFrom:sizeEnd])), 10, 64)
	if err != nil || size < 0 || string(raw[sizeEnd:]) != "`\n" {
		return "", 0, errMember
	}
	return strings.TrimRight(string(raw[:nameEnd]), " /"), size, nil
}

func tarFiles(r io.Reader) ([]string, error) {
	plain, err := uncompressed(r)
	if err != nil {
		return nil, err
	}
	var files []string
	for archive := tar.NewReader(io.LimitReader(plain, mostTar)); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read data.tar: %w", err)
		}
		if h.Typeflag != tar.TypeDir {
			files = append(files, path.Join("/", h.Name))
		}
	}
}
