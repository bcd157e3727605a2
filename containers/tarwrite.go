// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
)

func tarOfFile(name, content string) (io.Reader, error) {
	var stream bytes.Buffer
	w := tar.NewWriter(&stream)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return nil, fmt.Errorf("tar of %s: %w", name, err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		return nil, fmt.Errorf("tar of %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("tar of %s: %w", name, err)
	}
	return &stream, nil
}
