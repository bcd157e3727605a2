// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/diagnose/layer"
)

// Request is what a command asks about.
type Request struct {
	Root string // a directory with another machine's files, "" for this machine
	// Image is the name of an image, "" for none; Export streams its files as a tar archive.
	Image  string
	Export func(ctx context.Context, read func(io.Reader) error) error
	// Alone asks about packages alone: neither this machine, nor a directory, nor an image.
	Alone bool
	// LookupEnv reads the environment of this machine.
	LookupEnv func(string) (string, bool)
}

var (
	errOtherSystem = errors.New("this system has no verbs devices: give a Linux machine's files with -root=DIR")
	errTwoTrees    = errors.New("-root cannot be combined with -image: each is the tree to ask")
)

// Source is a machine, a tree, an image or nothing, into which packages can be installed for a question.
type Source struct {
	request Request
	root    *os.Root // that is read, nil for none
	image   *layer.Files
	files   fs.FS // nil for nothing
	live    *Live
}

// Open opens what is asked about; an image's files are read once. The caller closes it.
//
// Errors: of a root that is no directory that can be opened; of Export; of ctx.
func Open(ctx context.Context, r Request) (*Source, error) {
	s := &Source{request: r}
	switch {
	case r.Root != "" && r.Image != "":
		return nil, errTwoTrees
	case r.Image != "":
		if err := s.readImage(ctx); err != nil {
			return nil, err
		}
		return s, nil
	case r.Root == "" && r.Alone:
		return s, nil
	}
	dir := r.Root
	if dir == "" {
		dir = "/"
		if s.live = ThisMachine(r.LookupEnv); s.live == nil {
			return nil, errOtherSystem
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the tree to ask: %w", err)
	}
	s.root, s.files = root, root.FS()
	return s, nil
}

// readImage reads an image. The devices of this machine are what its programs can see, if there are any.
func (s *Source) readImage(ctx context.Context) error {
	files, err := layer.New(nil)
	if err != nil {
		return err
	}
	err = s.request.Export(ctx, func(r io.Reader) error { return files.AddTar(ctx, r) })
	if err != nil {
		return errors.Join(fmt.Errorf("read image %s: %w", s.request.Image, err), files.Close())
	}
	s.image, s.files = files, files
	root, err := os.OpenRoot("/")
	if err != nil {
		return nil //nolint:nilerr // then there are no devices
	}
	if names, _ := NewTree(root.FS()).Names("/sys/class/infiniband"); len(names) == 0 {
		return root.Close()
	}
	s.root, s.files = root, deviceFS{files, root.FS()}
	s.live = &Live{Env: map[string]string{}}
	if here := ThisMachine(func(string) (string, bool) { return "", false }); here != nil {
		s.live.Kernel = here.Kernel
	}
	return nil
}

// Close closes it.
func (s *Source) Close() error {
	var errs []error
	if s.image != nil {
		errs = append(errs, s.image.Close())
	}
	if s.root != nil {
		errs = append(errs, s.root.Close())
	}
	return errors.Join(errs...)
}

// Ask asks about it, with the packages in it that paths name, if any: files, and directories with packages.
//
// Errors: of a path or a package; packages that cannot be installed together; of ctx.
func (s *Source) Ask(ctx context.Context, packages []string) (*Report, error) {
	o := Options{Root: s.request.Root, Live: s.live}
	if s.image != nil {
		o.Origin = FromImage
	}
	files := s.files
	if len(packages) > 0 {
		with, err := layer.New(files)
		if err != nil {
			return nil, err
		}
		defer with.Close()
		if packages, o.Arch, err = install(ctx, with, packages); err != nil {
			return nil, err
		}
		o.Origin = FromInstallation
		if files == nil {
			o.Origin = FromPackages
		}
		files = with
	}
	o.Tree = NewTree(files)
	report, err := Ask(ctx, o)
	if err != nil {
		return nil, err
	}
	report.Image, report.Packages = s.request.Image, packages
	return report, nil
}

// install adds the packages that paths name. It gives their files, and their architecture, "" if none has one.
func install(ctx context.Context, into *layer.Files, paths []string) (files []string, arch string, err error) {
	if files, err = layer.PackageFiles(paths); err != nil {
		return nil, "", err
	}
	seen := map[layer.Package]string{}
	for _, file := range files {
		p, err := into.AddPackage(ctx, file)
		if err != nil {
			return nil, "", err
		}
		if other := seen[p]; other != "" {
			return nil, "", fmt.Errorf("%s and %s are both package %s: name one", other, file, p.Name) //nolint:err113 // for people
		}
		seen[p] = file
		if p.Arch != "" && arch != "" && p.Arch != arch {
			return nil, "", fmt.Errorf("%s is for %s, and packages before it are for %s", file, p.Arch, arch) //nolint:err113 // for people
		}
		if p.Arch != "" {
			arch = p.Arch
		}
	}
	return files, arch, nil
}

// deviceFS is an image's files with the devices of this machine, as a container has them that is started with /dev/infiniband.
type deviceFS struct{ image, machine fs.FS }

func (d deviceFS) of(name string) fs.FS {
	for _, dir := range []string{"sys", "dev"} {
		if name == dir || strings.HasPrefix(name, dir+"/") {
			return d.machine
		}
	}
	return d.image
}

func (d deviceFS) Open(name string) (fs.File, error)      { return d.of(name).Open(name) }
func (d deviceFS) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(d.of(name), name) }
func (d deviceFS) ReadLink(name string) (string, error)   { return fs.ReadLink(d.of(name), name) }

// Format is how a report is written.
type Format struct {
	JSON    bool
	Columns int // of text, as for WriteText
}

// Write writes a report.
func (f Format) Write(w io.Writer, r *Report) error {
	if f.JSON {
		return r.WriteJSON(w)
	}
	return r.WriteText(w, f.Columns)
}

// Do asks, writes the report to out, and gives it.
//
// Errors: those of Open and Ask; of writing.
func Do(ctx context.Context, r Request, packages []string, format Format, out io.Writer) (*Report, error) {
	s, err := Open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	report, err := s.Ask(ctx, packages)
	if err != nil {
		return nil, err
	}
	if err := format.Write(out, report); err != nil {
		return nil, err
	}
	return report, nil
}
