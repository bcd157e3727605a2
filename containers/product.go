// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"regexp"
	"slices"
	"strings"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/system"
)

// Product is the program that an engine is.
type Product string

// The products. Podman answers Docker's API, with the differences that are in podman.go.
const (
	Docker Product = "Docker"
	Podman Product = "Podman"
)

// Title names the engine with its version, e.g. "Podman 4.3.1, rootless".
func (i Info) Title() string {
	title := string(i.Product) + " " + i.Version
	if i.Rootless {
		title += ", rootless"
	} else if i.Product == Podman {
		title += ", rootful"
	}
	return title
}

// podmanEngine is the name of the component that only Podman reports.
const podmanEngine = "Podman Engine"

// productOf is the only place that finds out what an engine is.
func productOf(version types.Version) Product {
	if slices.ContainsFunc(version.Components, func(c types.ComponentVersion) bool { return c.Name == podmanEngine }) {
		return Podman
	}
	return Docker
}

// rootlessOption is how an engine says that it runs as a user other than root.
const rootlessOption = "name=rootless"

func isRootless(machine system.Info) bool {
	return slices.Contains(machine.SecurityOptions, rootlessOption)
}

var (
	podmanRuntime  = regexp.MustCompile(`^OCI Runtime \((.+)\)$`)
	podmansVersion = regexp.MustCompile(`^\S+ version ([^\s,]+)`)
)

// partOf returns a component as Docker names it. Podman has "OCI Runtime (runc)" for "runc", and all lines that the
// program prints for its version.
func partOf(c types.ComponentVersion) Part {
	p := Part{Name: c.Name, Version: c.Version}
	if m := podmanRuntime.FindStringSubmatch(c.Name); m != nil {
		p.Name = m[1]
	}
	if m := podmansVersion.FindStringSubmatch(strings.TrimSpace(c.Version)); m != nil {
		p.Version = m[1]
	}
	return p
}
