// SPDX-License-Identifier: Apache-2.0

// Package pipeline has the order of the stages: recipes.go lists the steps of each target. A
// step reads the results of earlier ones from the run's State:
//
//	Source     source  resolve, verify, unpack       Source
//	Integrate  edit    provider into the source      Tree
//	Patch      edit    pristine against integrated   Patch
//	Spec       edit    the release's spec, edited    Spec
//	Base       image   real image or stand-in        Base
//	Toolchain  image   Containerfile on the base     Toolchain
//	Build      pack    build.sh in a volume          Build
//	RPM        pack    rpmbuild -ba                  Packages
//	Collect    dist    into dist/                    Dist
//	Prove      prove   clean container, verdicts     Suite
//
// pipeline.go connects each family of stages with the run and with the other families, because
// none imports another.
package pipeline
