// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	rpmutils "github.com/sassoftware/go-rpmutils"

	"github.com/resnics/verbsmith/mage/internal/unpack"
)

const rpmMagic = unpack.RPMMagic

var errSourcePackage = errors.New("a source package, which installs nothing")

func (f *Files) addRPM(r *bufio.Reader) (Package, error) {
	header, err := unpack.ReadRPMHeader(r)
	if err != nil {
		return Package{}, err
	}
	if !header.HasTag(rpmutils.SOURCERPM) {
		return Package{}, errSourcePackage
	}
	name, errName := header.GetString(rpmutils.NAME)
	arch, errArch := header.GetString(rpmutils.ARCH)
	if err := errors.Join(errName, errArch); err != nil {
		return Package{}, err
	}
	p := Package{Name: name, Arch: map[string]string{"x86_64": "amd64", "aarch64": "arm64"}[arch]}
	archive, err := unpack.RPMPayload(r, header, maxName, func(plain io.Reader) io.Reader { return &bounded{plain, maxPayload} })
	if err != nil || archive == nil {
		return p, err
	}
	return p, f.addCPIO(archive)
}

// The file types in a mode.
const (
	modeType      = 0o170000
	modeDirectory = 0o040000
	modeRegular   = 0o100000
	modeLink      = 0o120000
)

// payload is a payload that is being added. Of a file with several names, only the last entry has the content.
type payload struct {
	to      *Files
	archive *unpack.CPIO
	names   map[uint32][]string // by inode, of files whose content comes later
}

func (f *Files) addCPIO(archive *unpack.CPIO) error {
	p := &payload{f, archive, map[uint32][]string{}}
	for range maxEntries {
		e, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.add(e); err != nil {
			return fmt.Errorf("file %.200q: %w", e.Name, err)
		}
	}
	return &LimitError{"files", maxEntries}
}

func (p *payload) add(e unpack.CPIOEntry) error {
	name, err := local(e.Name)
	if err != nil {
		return err
	}
	switch e.Mode & modeType {
	case modeDirectory:
		return p.to.addDirectory(name)
	case modeLink:
		target, err := io.ReadAll(io.LimitReader(p.archive, maxName+1))
		if err != nil {
			return err
		}
		return p.to.addLink(name, string(target))
	case modeRegular:
		names := []string{name}
		if e.Links > 1 {
			p.names[e.Inode] = append(p.names[e.Inode], name)
			names = p.names[e.Inode]
		}
		if e.Links > 1 && e.Size == 0 {
			return nil
		}
		return p.to.addFile(names, p.archive)
	default:
		return nil // devices and pipes
	}
}
