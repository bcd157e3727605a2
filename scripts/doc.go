// SPDX-License-Identifier: Apache-2.0

// Package scripts holds what runs inside containers or prepares a machine:
// plain shell files for shellcheck, embedded into the compiled verbsmith. None is
// a template: scripts take arguments and environment variables.
package scripts

import (
	"embed"
	"fmt"
	"io/fs"
	"sync/atomic"
)

// Files are the scripts that come with verbsmith.
//
//go:embed *.sh
var Files embed.FS

// used is what Read reads, if not Files.
var used atomic.Pointer[fs.FS] //nolint:gochecknoglobals // as Files: what a run's scripts are does not change within it

// Netlink is the C source of the library that simulates the kernel's RDMA netlink.
//
//go:embed netlink/rdma-netlink.c
var Netlink []byte

// VaryText is the C source of the library that answers a build's questions about the machine differently.
//
//go:embed vary/vary.c
var VaryText []byte

// Use makes Read take the scripts from files, which has all of Files, for the rest of the run: a repository may have its own.
func Use(files fs.FS) { used.Store(&files) }

// Read returns the bytes of the script called name, such as "verdict.sh".
func Read(name string) ([]byte, error) {
	var files fs.FS = Files
	if own := used.Load(); own != nil {
		files = *own
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("no script %q is embedded: %w", name, err)
	}
	return data, nil
}

// Names lists the embedded scripts in sorted order.
func Names() []string {
	entries, err := Files.ReadDir(".")
	if err != nil {
		return nil // an embedded directory always reads
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
