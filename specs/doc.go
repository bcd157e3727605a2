// SPDX-License-Identifier: Apache-2.0

// Package specs holds what verbsmith knows of the world outside as data: the releases of
// rdma-core and where they come from (releases.yaml), what each agrees on with a provider's
// module (interfaces.yaml), the distros (distros/NAME.yaml), and the sums of archives that
// somebody has pinned (rdma-core.sum).
//
// The types here are the only description of those files: their JSON schemas, in schema/,
// are generated from them and are what validates (package strictyaml). After a change of a
// type, "go test ./specs -update" writes the schemas anew.
package specs
