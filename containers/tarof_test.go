// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"bytes"
	"fmt"
)

// tarOf makes a tar stream of pairs of a header and a content.
func tarOf(pairs ...any) ([]byte, error) {
	var stream bytes.Buffer
	w := tar.NewWriter(&stream)
	for i := 0; i < len(pairs); i += 2 {
		header, content := pairs[i].(tar.Header), pairs[i+1].(string)
		header.Size = int64(len(content))
		if err := w.WriteHeader(&header); err != nil {
			return nil, fmt.Errorf("%q: %w", header.Name, err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			return nil, fmt.Errorf("%q: %w", header.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return stream.Bytes(), nil
}
