// SPDX-License-Identifier: Apache-2.0

// Package pipeline knows the order of the stages: recipes.go lists for each target what it
// does. A step takes from a run's State what earlier ones have put there:
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
// pipeline.go gives each family of stages what it needs of the run and of the other
// families, none of which imports another.
package pipeline
