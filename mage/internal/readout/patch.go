// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/xi2/xz"

	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/page"
)

// patchMost bounds what is read of a patch, in bytes.
const patchMost = 4 << 20

// patch is the one that puts the provider into the release.
func (r *reader) patch() page.Patch {
	if r.m.Provider == "" {
		return page.Patch{}
	}
	if r.m.Suite != "" {
		return r.debianPatch()
	}
	name := path.Join("SOURCES", "rdma-core-"+r.m.Provider+".patch")
	if !r.exists(name) {
		return page.Patch{}
	}
	data, err := owned.ReadFile(filepath.Join(r.dir, filepath.FromSlash(name)), patchMost)
	if err != nil {
		return page.Patch{File: name, Why: "The patch is not shown: " + err.Error()}
	}
	return page.Patch{File: name, Text: page.Text(data)}
}

// debianPatch is the last one of debian/patches, in the archive of debian/.
func (r *reader) debianPatch() page.Patch {
	const suffix = ".debian.tar.xz"
	for _, f := range r.m.Files {
		if !strings.HasSuffix(f.Path, suffix) || !r.exists(f.Path) {
			continue
		}
		text, name, err := lastPatch(filepath.Join(r.dir, filepath.FromSlash(f.Path)))
		switch {
		case err != nil:
			r.note(fmt.Errorf("read the patch in %s: %w", f.Path, err))
		case text != nil:
			return page.Patch{File: f.Path, Text: page.Text(text), Why: name + " of the Debian source package."}
		}
	}
	return page.Patch{}
}

var errTooLong = errors.New("it has more bytes than a patch of verbsmith's can have")

// lastPatch is the last patch that debian/patches/series names; nil if there is none.
func lastPatch(archive string) (text []byte, name string, err error) {
	const dictionary = 64 << 20 // what xz -9 uses
	f, err := os.Open(archive)
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	unpacked, err := xz.NewReader(bufio.NewReader(f), dictionary)
	if err != nil {
		return nil, "", fmt.Errorf("unpack it: %w", err)
	}
	const all = 64 << 20
	const folder = "debian/patches/"
	bounded := &io.LimitedReader{R: unpacked, N: all}
	patches := map[string][]byte{}
	for tr := tar.NewReader(bounded); ; {
		head, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, "", err
		}
		if head.Typeflag != tar.TypeReg || !strings.HasPrefix(head.Name, folder) {
			continue
		}
		if head.Size > patchMost {
			return nil, "", errTooLong
		}
		if patches[strings.TrimPrefix(head.Name, folder)], err = io.ReadAll(tr); err != nil {
			return nil, "", err
		}
	}
	names := strings.Fields(string(bytes.TrimSpace(patches["series"])))
	if len(names) == 0 {
		return nil, "", nil
	}
	last := names[len(names)-1]
	return patches[last], folder + last, nil
}
