// SPDX-License-Identifier: Apache-2.0

package pipeline

// The steps of each target, in order. Each step is described at its definition.

// The parts that recipes share.
var (
	edited   = Recipe{Source, Integrate, Patch, Spec}
	compiles = edited.then(Base, Toolchain)
	packaged = compiles.then(RPM, Collect)

	debSource   = Recipe{ReleaseSource, Integrate, DebianSource}
	debCompiles = debSource.then(Base, Toolchain)
	debPackaged = debCompiles.then(Deb, Lintian)

	addonPackaged = Recipe{AddonSource, Integrate, Patch, AddonTools, Base, Toolchain, Addon, Collect}
	stockPackaged = Recipe{StockSource, StockIntegrate, StockSpec, StockBase, StockToolchain, StockRPM, StockCollect}
	addonAndStock = addonPackaged.then(stockPackaged...).then(StockGiven)

	machine = Recipe{Lab, Fixture, Exercise, DebugModule, Guest, Boot}

	measured     = Recipe{Source, Spec, MeasureRelease}
	releasesEdit = Recipe{Releases, CheckEdits}
	releasesSpec = releasesEdit.then(ReleasesTools, Base, Toolchain, CheckSpecs)
)

// The targets.
var (
	ForPatch = Recipe{Source, Integrate, Patch, ProvePatch}
	ForSpec  = edited

	ForBuild           = Recipe{Source, Integrate, Spec, Base, Toolchain, Build, Discover} // no patch: it needs none
	ForRPM             = packaged.then(DistroRelease)
	ForInspect         = packaged
	ForTestIntegration = packaged.then(Prove)
	ForRebuild         = packaged.then(Rebuild)

	ForDeb      = debPackaged.then(Collect)
	ForDebStock = debPackaged // upstream's own packages, for lintian
	ForTestDeb  = ForDeb.then(Prove)

	ForAddonPlan = Recipe{AddonPlan}
	ForAddon     = addonPackaged
	ForTestAddon = addonAndStock.then(Update, ProveAddon)

	ForTestKernel      = packaged.then(machine...)
	ForTestKernelTree  = compiles.then(Collected).then(machine...)
	ForTestKernelAddon = addonAndStock.then(machine...)

	ForToolchainBuild    = compiles
	ForToolchainBuildDeb = debCompiles
	ForToolchainList     = edited.then(DebianSources)

	ForDistroProbe = Recipe{Source, Spec, Base, Probe}

	ForReleasesEdit    = releasesEdit.then(Changes)
	ForReleasesSpec    = releasesSpec.then(Changes)
	ForReleasesCompile = releasesSpec.then(CheckBuilds, Changes)
	ForReleasesAPI     = Recipe{DriverHistory}
	ForReleasesAdd     = measured
	ForReleasesAddAll  = measured.then(Base, Toolchain, MeasureLayout)

	ForProviderEdit    = Recipe{Source, Integrate, CheckABI}
	ForProviderCompile = Recipe{
		Source, Integrate, ShareSource, StockSpec, StockBase, StockToolchain, CheckABI, CompileProvider, DiscoverProvider,
	}

	ForTransplants        = Recipe{Transplants}
	ForTransplantsCompile = Recipe{StockSource, StockSpec, StockBase, StockToolchain, Transplants}
)
