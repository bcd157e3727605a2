// SPDX-License-Identifier: Apache-2.0

package app

import (
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// providerPlace maps the files of a compiled tree to those that they were copied
// from: the ones to edit.
type providerPlace struct {
	mu    sync.Mutex
	files map[string]string // path below the tree -> file it was copied from
}

// set takes the run's provider.
func (l *providerPlace) set(p *provider.Provider) {
	files := map[string]string{}
	for _, c := range p.CopyPlan() {
		from := filepath.Join(fromHere(p.Dir), filepath.FromSlash(c.From.Name))
		files[c.To] = from
		// The build has a kernel header under another name as well.
		if header, ok := strings.CutPrefix(c.To, "kernel-headers/"); ok {
			files[path.Join("include", header)] = from
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files = files
}

// locate maps a source file of the tree that was compiled to the provider's own.
func (l *providerPlace) locate(file string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := path.Clean(file); rest != ""; {
		if mine, ok := l.files[rest]; ok {
			return mine
		}
		_, rest, _ = strings.Cut(rest, "/")
	}
	return file
}

// placeOf is the annotation of an error in a file that somebody has to edit; ok says that there is one.
func placeOf(err error) (a ui.Annotation, ok bool) {
	switch err := err.(type) { //nolint:errorlint // what it wraps has a place of its own
	case *provider.SourceError:
		a.File, a.Line, a.Col = err.File, err.Line, err.Column
	case *strictyaml.Mistake:
		a.File, a.Line, a.Col = err.File, err.Line, err.Column
	case *provider.PlaceError:
		a.File, a.Line = err.File, err.Line
	case *provider.FileError:
		a.File = err.File
	case saidError:
		a.File, a.Line, a.Col = err.File, err.Line, err.Col
	default:
		return a, false
	}
	a.Message = err.Error()
	return a, true
}
