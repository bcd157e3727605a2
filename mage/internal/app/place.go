// SPDX-License-Identifier: Apache-2.0

package app

import (
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/resnics/verbsmith/provider"
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
