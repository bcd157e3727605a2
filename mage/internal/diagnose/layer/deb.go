// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

const debMagic = unpack.DebMagic

var errControl = errors.New("no control file with Package and Architecture")

func (f *Files) addDeb(ctx context.Context, r *bufio.Reader) (p Package, err error) {
	err = unpack.Deb(r, func(control io.Reader) (err error) {
		p, err = readControl(control)
		return err
	}, func(data io.Reader) error {
		if p.Name == "" {
			return errControl
		}
		return f.AddTar(ctx, &bounded{data, maxPayload})
	})
	return p, err
}

// readControl reads a package's name and architecture.
func readControl(plain io.Reader) (Package, error) {
	const most = 1 << 20
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
