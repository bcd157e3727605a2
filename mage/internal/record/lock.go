// SPDX-License-Identifier: Apache-2.0

package record

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
)

// LockFormat names the format of a lock, and its version.
const LockFormat = "verbsmith-lock/1"

// Lock is what a target's toolchains had installed when they were locked.
type Lock struct {
	Format string               `json:"format"`
	Base   string               `json:"base"` // the image's name with its digest, for readers
	RPM    []artifact.Installed `json:"rpm,omitempty"`
	Dpkg   []artifact.Installed `json:"dpkg,omitempty"`
}

// Change is a package that a toolchain has in another state than the lock.
type Change struct{ Was, Is string } // "" is not there

// String says it in words.
func (c Change) String() string {
	switch c.Was {
	case "":
		return c.Is + " is new"
	case c.Is:
		return c.Is + " has other content"
	}
	return c.Was + " is now " + c.Is
}

// DriftError says that a toolchain has other packages than its lock.
type DriftError struct {
	File    string
	Changes []Change
}

// Error names the first of them.
func (e *DriftError) Error() string {
	words := make([]string, 0, len(e.Changes))
	for _, c := range e.Changes {
		words = append(words, c.String())
	}
	return fmt.Sprintf("the toolchain has other packages than %s: %s", e.File, several(words))
}

// ReadLock reads a lock. file is its name for errors.
//
// Errors: *FileError.
func ReadLock(file string, data []byte) (Lock, error) {
	var l Lock
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		line := bytes.Count(data[:min(int(decoder.InputOffset()), len(data))], []byte("\n")) + 1
		return l, &FileError{File: file, Line: lineOf(data, err, line), Want: "the lock of a toolchain, as JSON", Got: err.Error()}
	}
	if l.Format != LockFormat {
		return l, &FileError{File: file, Want: fmt.Sprintf("\"format\": %q", LockFormat), Got: fmt.Sprintf("%q", l.Format)}
	}
	return l, nil
}

// Text is the lock as a file.
func (l Lock) Text() ([]byte, error) {
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the lock: %w", err)
	}
	return append(data, '\n'), nil
}

// With is the lock with what a toolchain has: other toolchains of the target have more packages, which stay.
func (l Lock) With(base string, root artifact.BuildRoot) Lock {
	return Lock{
		Format: LockFormat, Base: base,
		RPM: replaced(l.RPM, root.RPM, rpmName), Dpkg: replaced(l.Dpkg, root.Dpkg, dpkgName),
	}
}

func replaced(locked, there []artifact.Installed, name func(string) string) []artifact.Installed {
	names := map[string]bool{}
	for _, p := range there {
		names[name(p.Package)] = true
	}
	all := slices.Clone(there)
	for _, p := range locked {
		if !names[name(p.Package)] {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b artifact.Installed) int { return cmp.Compare(a.Package, b.Package) })
	return all
}

// Changes are the packages of a toolchain that the lock has in another state, or not at all.
func (l Lock) Changes(root artifact.BuildRoot) []Change {
	return append(changes(l.RPM, root.RPM, rpmName), changes(l.Dpkg, root.Dpkg, dpkgName)...)
}

func changes(locked, there []artifact.Installed, name func(string) string) []Change {
	was := map[string]artifact.Installed{}
	for _, p := range locked {
		was[name(p.Package)] = p
	}
	var all []Change
	for _, p := range there {
		if before := was[name(p.Package)]; before != p {
			all = append(all, Change{Was: before.Package, Is: p.Package})
		}
	}
	return all
}

// rpmName is the name and architecture of a NEVRA. Keys of vendors have all the same name, and count as a whole.
func rpmName(nevra string) string {
	const parts = 3
	fields := strings.Split(nevra, "-")
	if len(fields) < parts || strings.HasPrefix(nevra, "gpg-pubkey-") {
		return nevra
	}
	arch := nevra[strings.LastIndex(nevra, ".")+1:]
	return strings.Join(fields[:len(fields)-2], "-") + "." + arch
}

func dpkgName(text string) string {
	name, _, _ := strings.Cut(text, "=")
	return name
}
