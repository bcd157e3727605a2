// SPDX-License-Identifier: Apache-2.0

package job

import (
	"cmp"
	"runtime"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/specs"
)

// Job is what a user asks for: one release, one target, one provider.
type Job struct {
	Target   Target
	Version  string // of rdma-core, without the leading v; empty: what Given holds
	Release  *specs.Release
	Given    string             // tarball, source package or git clone given by the user; empty: fetch
	Provider *provider.Provider // nil: the release as upstream ships it
	Needs    []string           // what else the build requires, without a Provider: see Stock
	Suffix   string             // of the packages' release; empty: see ReleaseSuffix and DebianSuffix
	Base     BaseMode
	Engine   specs.Processor // that the engine's containers have; empty: no engine was asked
	Cross    specs.Processor // that packages are cross-compiled for; empty: none, they are for Engine
}

// Processor is the one that packages are for, this machine's if no engine was asked. What compares or names processors uses it.
func (j Job) Processor() specs.Processor {
	return cmp.Or(j.Cross, j.Engine, specs.ProcessorOf(runtime.GOARCH))
}

// Stock is the job without its provider, but with what that one's build requires: for a
// toolchain of the release's own spec.
func (j Job) Stock() Job {
	if j.Provider != nil {
		j.Needs = j.Provider.Manifest.BuildRequires.RPM
		if _, debian := j.Target.(Deb); debian {
			j.Needs = j.Provider.Manifest.BuildRequires.Debian
		}
	}
	j.Provider = nil
	return j
}

// Distro is the target's distro; the zero value if the target is not RPMs.
func (j Job) Distro() specs.Distro {
	rpm, _ := j.Target.(RPM)
	return rpm.Distro
}

// Suite is the target's Debian suite; the zero value if the target is not Debian's
// packages.
func (j Job) Suite() specs.Suite {
	deb, _ := j.Target.(Deb)
	return deb.Suite
}

// BaseMode says which image a toolchain starts from.
type BaseMode string

// The base modes.
const (
	BaseAuto     BaseMode = "auto"     // the real image if it is available, else the stand-in
	BaseRegistry BaseMode = "registry" // the real image or an error
	BaseStandin  BaseMode = "standin"  // the stand-in
)

// BaseModes lists the modes, for messages.
func BaseModes() []string {
	return []string{string(BaseAuto), string(BaseRegistry), string(BaseStandin)}
}
