// SPDX-License-Identifier: Apache-2.0

// Package specs holds verbsmith's data: the releases of rdma-core and where they come from
// (releases.yaml; releases/VERSION.yaml for each that releases:add has added), the interface between each release and a provider's module
// (interfaces.yaml), the distros (distros/NAME.yaml), and the pinned checksums of archives
// (rdma-core.sum).
//
// The types here are the only description of those files: their JSON schemas, in schema/,
// are generated from them and validate the files (package strictyaml). After a change of a
// type, "go test ./specs -update" regenerates the schemas.
package specs
