// SPDX-License-Identifier: Apache-2.0

// Package pipeline holds the stages that turn a release and a provider into
// packages, each a function from typed values to typed values:
//
//	Source     resolve, verify, unpack       -> Source
//	Integrate  provider into the source      -> Tree
//	Patch      pristine against integrated   -> Patch
//	Spec       the release's spec, edited    -> Spec
//	Base       real image or stand-in        -> Base
//	Toolchain  Containerfile on the base     -> Toolchain
//	Build      build.sh in a volume          -> Build
//	RPM        rpmbuild -ba                  -> Packages
//	Collect    into dist/                    -> Dist
//	Prove      clean container, verdicts     -> report.Suite
//
// The kernel lab goes on from the packages:
//
//	Lab          QEMU and a kernel           -> Lab
//	Fixture      the provider's lab/         -> Fixture
//	Exercise     the program that checks     -> Exercise
//	DebugModule  the provider unoptimised    -> DebugModule
//	Guest        dnf install, a disk         -> Guest
//	Boot         the cases                   -> lab.Outcome
//
// A stage's output is stored under the digest of all its inputs by stagecache,
// the one place that decides whether a stage runs. The stages before Base are
// pure Go and need no container engine.
package pipeline
