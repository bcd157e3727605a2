// SPDX-License-Identifier: Apache-2.0

// Package pipeline wires the families of stages together: it gives each family what it
// needs of the run and of the other families, none of which imports another. The stages
// are functions from typed values to typed values, in this order:
//
//	Source     source  resolve, verify, unpack       -> Source
//	Integrate  edit    provider into the source      -> Tree
//	Patch      edit    pristine against integrated   -> Patch
//	Spec       edit    the release's spec, edited    -> Spec
//	Base       image   real image or stand-in        -> Base
//	Toolchain  image   Containerfile on the base     -> Toolchain
//	Build      pack    build.sh in a volume          -> Build
//	RPM        pack    rpmbuild -ba                  -> Packages
//	Collect    dist    into dist/                    -> Dist
//	Prove      prove   clean container, verdicts     -> report.Suite
//
// The kernel lab continues from the packages:
//
//	Lab          image  QEMU and a kernel           -> Lab
//	Fixture      bench  the provider's lab/         -> Fixture
//	Exercise     bench  the program that checks     -> Exercise
//	DebugModule  bench  the provider unoptimised    -> DebugModule
//	Guest        bench  dnf install, a disk         -> Guest
//	Boot         bench  the cases                   -> lab.Outcome
//
// A stage's output is stored under the digest of all its inputs by stagecache, the one
// place that decides whether a stage runs. The stages before Base are pure Go and need
// no container engine.
package pipeline
