// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"strings"
)

func tarOfFile(name, content string) (io.Reader, error) {
	return tarOfEntries([]tar.Header{{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}}, content)
}

func tarOfDirectories(directories []tar.Header) (io.Reader, error) {
	return tarOfEntries(directories, "")
}

// directoryEntry is the entry of a path in a stream for the directory that it is below, such as an absolute one for the root directory.
func directoryEntry(dir string, uid, gid int) tar.Header {
	name := strings.TrimPrefix(dir, "/") + "/"
	return tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755, Uid: uid, Gid: gid}
}

// tarOfEntries returns every entry the same content.
func tarOfEntries(entries []tar.Header, content string) (io.Reader, error) {
	var stream bytes.Buffer
	w := tar.NewWriter(&stream)
	for _, header := range entries {
		header.Size = int64(len(content))
		if err := w.WriteHeader(&header); err != nil {
			return nil, fmt.Errorf("tar entry %q: %w", header.Name, err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			return nil, fmt.Errorf("tar entry %q: %w", header.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("tar stream: %w", err)
	}
	return &stream, nil
}
