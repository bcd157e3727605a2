// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/resnics/verbsmith/mage/internal/stage"
)

const bootstrapScript = "standin-bootstrap.sh"

// userlandImage is a Debian suite bootstrapped on this machine: a base for Debian's packages
// and for the stand-in.
func userlandImage(suite string) (image, error) {
	i, err := ownImage("standin-rootfs", suite, bootstrapped{Suite: suite, Script: stage.Scripts{bootstrapScript}})
	i.note = "bootstrap Debian " + suite
	return i, err
}

// bootstrapped is a userland that a script on this machine bootstraps.
type bootstrapped struct {
	Suite  string
	Script stage.Scripts
}

// make implements maker.
func (in bootstrapped) make(ctx context.Context, w work) error {
	dir, err := os.MkdirTemp("", "verbsmith-rootfs-")
	if err != nil {
		return fmt.Errorf("create a directory for the stand-in's userland: %w", err)
	}
	defer os.RemoveAll(dir)
	archive := filepath.Join(dir, "rootfs.tar")
	if err := stage.HostScript(ctx, w.Stage, in.Script[0], in.Suite, archive); err != nil {
		return err
	}
	return importFile(ctx, w, archive, w.ref)
}

// importFile makes an image of an archive on this machine.
func importFile(ctx context.Context, w work, archive, ref string) error {
	f, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("open the bootstrapped userland: %w", err)
	}
	defer f.Close()
	_, err = w.engine.Import(ctx, f, ref, nil)
	return err
}

// The steps of debianScript, each of which is an image: in what packages are tested, and where they are built.
const (
	debianBase  = "base"
	debianTools = "tools"

	debianScript = "debian.sh"
)

// debianImages are the images of a suite with the Debian packages of the stand-in. All distros on the suite share them.
func (b *Builder) debianImages(suite string) (base, tools image, err error) {
	text, err := fs.ReadFile(b.Files, standinDir+"/"+debianScript)
	if err != nil {
		return base, tools, fmt.Errorf("read the stand-in's %s: %w", debianScript, err)
	}
	how := installedDebian{Suite: suite, Script: stage.Scripts{bootstrapScript}, Steps: text}
	if base, err = ownImage("standin-"+debianBase, suite, how); err != nil {
		return base, tools, err
	}
	if tools, err = ownImage("standin-"+debianTools, suite, how); err != nil {
		return base, tools, err
	}
	how.refs = map[string]string{debianBase: base.ref, debianTools: tools.ref}
	for _, i := range []*image{&base, &tools} {
		i.how, i.lock, i.note = how, "standin-debian-"+suite, "install Debian "+suite
	}
	return base, tools, nil
}

// installedDebian is both images of a suite: a script on this machine bootstraps it and installs the packages, because that
// takes much longer in an image's layers. An archive is imported as soon as it is there.
type installedDebian struct {
	Suite  string
	Script stage.Scripts
	Steps  []byte            // text of debianScript
	refs   map[string]string `key:"-"` // of the images, by step
}

// make implements maker.
func (in installedDebian) make(ctx context.Context, w work) error {
	dir, err := os.MkdirTemp("", "verbsmith-standin-")
	if err != nil {
		return fmt.Errorf("create a directory for the stand-in's userland: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := stage.WriteFile(dir, debianScript, in.Steps); err != nil {
		return err
	}
	images := filepath.Join(dir, "images") // the script's tree is next to it, so it is removed with dir in any case
	if err := os.Mkdir(images, 0o755); err != nil {
		return fmt.Errorf("create a directory for the stand-in's images: %w", err)
	}
	steps := []string{debianBase, debianTools}
	argv := append([]string{in.Suite, images, filepath.Join(dir, debianScript)}, steps...)
	var failed error
	ended := make(chan struct{})
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(ended)
		failed = stage.HostScript(running, w.Stage, in.Script[0], argv...)
		return failed
	})
	group.Go(func() error {
		for _, step := range steps {
			archive := filepath.Join(images, step+".tar")
			if appears(archive, ended); !exists(archive) && failed != nil {
				return failed
			}
			if err := importFile(running, w, archive, in.refs[step]); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait() //nolint:wrapcheck // of the two
}

// appears waits for a file, until what makes it has ended.
func appears(file string, ended <-chan struct{}) {
	const often = 100 * time.Millisecond
	for !exists(file) {
		select {
		case <-ended:
			return
		case <-time.After(often):
		}
	}
}

// exists reports whether there is such a file.
func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
