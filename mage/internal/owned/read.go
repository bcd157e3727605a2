// SPDX-License-Identifier: Apache-2.0

package owned

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// ReadFile reads a file of verbsmith's, a regular one of up to most bytes. Whatever else has its name is
// not waited for, as a pipe would be.
//
// Errors: *ForeignError if it is no such file; those of the file system.
func ReadFile(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &ForeignError{Path: path, Why: "is no regular file"}
	}
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, &ForeignError{Path: path, Why: fmt.Sprintf("has more than %d bytes", most)}
	}
	return data, nil
}
