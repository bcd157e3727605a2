// SPDX-License-Identifier: Apache-2.0

package pkgfile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

// RPMLibraries reads the libraries of an RPM, by their sonames. A package without libraries is not unpacked.
func RPMLibraries(ctx context.Context, p RPM, file string) ([]Library, error) {
	if !slices.ContainsFunc(p.Files, func(f File) bool { return f.Link == "" && isLibrary(f.Path) }) {
		return nil, nil
	}
	all, err := rpmLibraries(ctx, file)
	if err != nil {
		return nil, fmt.Errorf("read package %s: %w", file, err)
	}
	slices.SortFunc(all, func(a, b Library) int { return strings.Compare(a.Soname, b.Soname) })
	return all, nil
}

func rpmLibraries(ctx context.Context, file string) ([]Library, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	header, err := unpack.ReadRPMHeader(r)
	if err != nil {
		return nil, err
	}
	bound := &io.LimitedReader{N: mostPayload}
	archive, err := unpack.RPMPayload(r, header, mostName, func(plain io.Reader) io.Reader {
		bound.R = plain
		return bound
	})
	if err != nil || archive == nil {
		return nil, err
	}
	var all []Library
	for range mostFiles {
		entry, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
		const typeMask, typeRegular = 0o170000, 0o100000
		if entry.Mode&typeMask != typeRegular || !isLibrary(entry.Name) {
			continue
		}
		lib, err := readLibrary(archive)
		if err != nil {
			return nil, fmt.Errorf("%.200q: %w", entry.Name, err)
		}
		if lib.Soname != "" {
			all = append(all, lib)
		}
	}
	return nil, errLarge
}
