// SPDX-License-Identifier: Apache-2.0

package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/pkgrepo"
	"github.com/resnics/verbsmith/mage/internal/signing"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

const (
	repodata       = pkgrepo.Repodata
	repomdFile     = pkgrepo.RepomdFile
	inRelease      = pkgrepo.InRelease
	releaseFile    = pkgrepo.ReleaseFile
	packagesIn     = "/release"
	metadataOut    = "/metadata"
	mostMetadata   = 256 << 20 // bytes of a file
	metadataScript = "repositories.sh"
)

// makeMetadata has the metadata of all repositories of an index made in a container, which gets no key, and puts them into the draft.
func (p *Publisher) makeMetadata(ctx context.Context, s *ui.Stage, d *draft, x Index) error {
	files := d.packages(x)
	out, err := os.MkdirTemp("", "verbsmith-metadata-")
	if err != nil {
		return fmt.Errorf("create a directory for the metadata: %w", err)
	}
	defer os.RemoveAll(out)
	_, err = p.Script(ctx, s, containers.RunSpec{
		Argv: []string{metadataScript, packagesIn, metadataOut, strconv.FormatInt(x.Epoch, 10), x.Name},
		Name: "repositories", Image: p.Image, User: "65534:65534", Env: map[string]string{"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/tmp"},
		Inputs:  []containers.Input{{Path: packagesIn, Write: stage.Tar(files)}},
		Volumes: []containers.VolumeMount{{Path: metadataOut, UID: nobody, GID: nobody}},
		Outputs: []containers.Output{{Path: metadataOut, Dir: out}},
	})
	if err != nil {
		return err
	}
	made, err := stage.Files(out)
	if err != nil {
		return err
	}
	for _, f := range made {
		data, err := owned.ReadFile(f.Path, mostMetadata)
		if err == nil {
			err = d.write(f.Name, data)
		}
		if err != nil {
			return fmt.Errorf("take %s: %w", f.Name, err)
		}
	}
	return nil
}

const nobody = 65534

// packages are a draft's, with the times of their builds, which dnf's metadata have.
func (d *draft) packages(x Index) []stage.File {
	var files []stage.File
	for _, b := range x.Builds {
		for _, p := range b.Packages {
			files = append(files, stage.File{
				Name: p.Path, Path: filepath.Join(d.dir, filepath.FromSlash(p.Path)), Mode: 0o644, Time: time.Unix(b.Epoch, 0).UTC(),
			})
		}
	}
	return sortedFiles(files)
}

// keepFormer keeps the metadata that the present index files of repositories name: who has just read one still gets what it names.
func (d *draft) keepFormer(x Index) error {
	for _, repository := range x.Repositories() {
		if !strings.HasPrefix(repository, rpmFolder+"/") {
			continue
		}
		for _, folder := range x.folders(repository) {
			if err := d.keepNamed(folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepNamed is keepFormer for one directory of packages.
func (d *draft) keepNamed(folder string) error {
	data, err := owned.ReadFile(filepath.Join(d.into, filepath.FromSlash(folder), repodata, repomdFile), mostMetadata)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the present metadata: %w", err)
	}
	md, err := pkgrepo.ReadRepomd(data)
	for _, of := range md.Data {
		if err == nil {
			err = d.keep(path.Join(folder, of.Path()))
		}
	}
	return err
}

// keep keeps a file of the directory unless the draft has one of that name.
func (d *draft) keep(name string) error {
	if !fs.ValidPath(name) {
		return &IndexError{filepath.Join(d.into, repomdFile), "paths in its directory", strconv.Quote(name)}
	}
	from, to := filepath.Join(d.into, filepath.FromSlash(name)), filepath.Join(d.dir, filepath.FromSlash(name))
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	return copyFile(from, to)
}

// signMetadata signs the index file of each repository.
func (d *draft) signMetadata(ctx context.Context, key *signing.Key, when signing.When) error {
	files, err := stage.Files(d.dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		dir, base := path.Split(f.Name)
		dnf := base == repomdFile && strings.HasSuffix(dir, "/"+repodata+"/")
		apt := base == releaseFile && strings.HasPrefix(dir, debFolder+"/dists/")
		if !dnf && !apt {
			continue
		}
		text, err := owned.ReadFile(f.Path, mostMetadata)
		if err != nil {
			return fmt.Errorf("sign %s: %w", f.Name, err)
		}
		var signed []byte
		out := f.Name + ".asc"
		if dnf {
			signed, err = key.Armored(ctx, bytes.NewReader(text), when)
		} else {
			out = dir + inRelease
			signed, err = key.Clear(ctx, text, when)
		}
		if err == nil && apt {
			err = d.remove(f.Name) // one file, so that nobody reads two that differ
		}
		if err == nil {
			err = d.write(out, signed)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
