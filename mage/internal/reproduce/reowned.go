// SPDX-License-Identifier: Apache-2.0

package reproduce

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

// reowned is a tar stream in which what is the builder's is another user's.
func reowned(write func(io.Writer) error, uid int) func(io.Writer) error {
	return func(out io.Writer) error {
		from, to := io.Pipe()
		go func() { _ = to.CloseWithError(write(to)) }()
		err := copyOwned(out, from, uid)
		_ = from.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // what still writes, ends
		return err
	}
}

func copyOwned(out io.Writer, in io.Reader, uid int) error {
	archive := tar.NewWriter(out)
	for entries := tar.NewReader(in); ; {
		head, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read an input of the container: %w", err)
		}
		if head.Uid == stage.BuilderUID {
			head.Uid, head.Gid = uid, uid
		}
		if err := archive.WriteHeader(head); err != nil {
			return fmt.Errorf("write an input of the container: %w", err)
		}
		if _, err := io.CopyN(archive, entries, head.Size); err != nil {
			return fmt.Errorf("copy an input of the container: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("write an input of the container: %w", err)
	}
	return nil
}

// ownedFolder is a tar stream that gives a directory of the container to a user.
func ownedFolder(name string, uid int) func(io.Writer) error {
	return func(out io.Writer) error {
		archive := tar.NewWriter(out)
		err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755, Uid: uid, Gid: uid})
		if err = errors.Join(err, archive.Close()); err != nil {
			return fmt.Errorf("write an input of the container: %w", err)
		}
		return nil
	}
}
