// SPDX-License-Identifier: Apache-2.0

package adopt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/skeleton"
)

// InPlace reports whether the driver's directory is the provider's as it is: no file has to be copied.
func (a *Adoption) InPlace() bool { return len(a.Moved) == 0 }

// WriteInPlace writes the manifest into the driver's directory, as place names it.
//
// Errors: *ExistsError; those of provider.Load for files that no provider can have. Nothing is written then.
func (a *Adoption) WriteInPlace(ctx context.Context, place string) (*provider.Provider, error) {
	data, err := skeleton.Manifest(&a.Manifest, place, a.notes)
	if err != nil {
		return nil, err
	}
	dir := a.place.Driver
	p, err := provider.LoadAs(ctx, dir, data)
	if err != nil {
		return nil, err
	}
	beside, err := os.CreateTemp(dir, ".verbsmith-new-")
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	defer func() { _ = os.Remove(beside.Name()) }()
	_, err = beside.Write(data)
	if err == nil {
		err = beside.Chmod(0o644)
	}
	if err = errors.Join(err, beside.Close()); err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	// A link, unlike a rename, replaces nothing.
	file := filepath.Join(dir, provider.ManifestName)
	err = os.Link(beside.Name(), file)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = writeOnce(file, data) // some file systems have no links
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, &ExistsError{File: file}
	case err != nil:
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	return p, nil
}

// writeOnce writes a file that does not exist.
func writeOnce(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}

// WriteNew writes a new directory with the driver's files, its kernel headers and the manifest.
//
// Errors: *skeleton.ExistsError; those of provider.Load for files that no provider can have. Nothing is left then.
func (a *Adoption) WriteNew(ctx context.Context, dir, place string) (*provider.Provider, error) {
	m := a.Manifest
	m.PrivateFiles = nil // they are not copied
	data, err := skeleton.Manifest(&m, place, a.notes)
	if err != nil {
		return nil, err
	}
	files := make([]skeleton.File, 0, len(a.files)+1)
	for _, f := range a.files {
		files = append(files, skeleton.File{Name: f.Name, Mode: f.Mode, Data: f.Data()})
	}
	return skeleton.Write(ctx, dir, append(files, skeleton.File{Name: provider.ManifestName, Data: data}))
}
