// SPDX-License-Identifier: Apache-2.0

// Package scripts holds what runs inside containers or prepares a machine:
// files that shellcheck reads, embedded so that a compiled verbsmith carries
// them. Nothing in here is a template; scripts take argv and environment.
package scripts

import (
	"embed"
	"fmt"
)

//go:embed *.sh
var files embed.FS

// Netlink is the C source of what plays the kernel's RDMA netlink to a program.
//
//go:embed netlink/rdma-netlink.c
var Netlink []byte

// Read returns the bytes of the script called name, such as "verdict.sh".
// The error says which scripts there are to an unknown name's author.
func Read(name string) ([]byte, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("no script %q is embedded: %w", name, err)
	}
	return data, nil
}

// Names lists the embedded scripts in order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // an embedded folder always reads
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
