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

	addonSource   = Recipe{AddonSource, Integrate, Patch, AddonTools}
	addonPackaged = addonSource.then(Base, Toolchain, Addon, Collect)
	debAddon      = Recipe{Toolchain, Addon, Lintian, Collect}
	stockPackaged = Recipe{StockSource, StockIntegrate, StockSpec, StockBase, StockToolchain, StockRPM, StockCollect}
	addonAndStock = addonPackaged.then(stockPackaged...).then(StockGiven)

	stockDebs = Recipe{StockReleaseSource, StockIntegrate, StockDebianSource, StockBase, StockToolchain, StockDeb, StockCollect}
	judged    = Recipe{Judges, AskJudges}

	remade = Recipe{Base, Toolchain, Remake, SameOutputs}

	compiledAlone = Recipe{StockBase, StockToolchain, CompileProvider, DiscoverProvider}

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

	ForTestJudges    = packaged.then(stockPackaged...).then(judged...)
	ForTestJudgesDeb = debPackaged.then(Collect).then(stockDebs...).then(judged...)

	ForRemakeRPM   = Recipe{Source, SameSource, Integrate, Patch, Spec}.then(remade...)
	ForRemakeDeb   = Recipe{ReleaseSource, SameSource, Integrate, DebianSource}.then(remade...)
	ForRemakeAddon = Recipe{AddonSource, SameSource, Integrate, Patch, AddonTools}.then(remade...)

	ForReproduceRPM   = compiles.then(VaryLibrary)
	ForReproduceDeb   = debCompiles.then(VaryLibrary)
	ForReproduceAddon = addonSource.then(Base, Toolchain, VaryLibrary)
	ForRemake         = Recipe{Remake}

	ForRelease       = Recipe{Publishing, Release}
	ForReleaseVerify = Recipe{Base, Customer}

	ForAddonPlan = Recipe{AddonPlan}
	ForAddon     = addonPackaged
	ForTestAddon = addonAndStock.then(Update, ProveAddon)

	ForDebAddon     = addonSource.then(Base).then(debAddon...)
	ForTestDebAddon = Recipe{Base, StockDistro, StockGiven, AddonChoice}.then(addonSource...).then(debAddon...).
			then(Update, Across, ProveAddon)

	ForTestKernel      = packaged.then(machine...)
	ForTestKernelTree  = compiles.then(Collected).then(machine...)
	ForTestKernelAddon = addonAndStock.then(machine...)
	ForTestKernelDeb   = debCompiles.then(Deb, Collect).then(machine...)

	ForToolchainBuild    = compiles
	ForToolchainBuildDeb = debCompiles
	ForToolchainLock     = compiles.then(ReadBuildRoot)
	ForToolchainLockDeb  = debCompiles.then(ReadBuildRoot)
	ForToolchainList     = edited.then(DebianSources)

	// ForCellEdit and the next are cells of a matrix at the depths that no other target has. Those with packages are the targets' own.
	ForCellEdit       = Recipe{Source, Integrate, Patch, ProvePatch, Spec}
	ForCellEditDeb    = debSource
	ForCellEditAddon  = Recipe{AddonSource, Integrate, Patch, ProvePatch}
	ForCellCompile    = Recipe{Source, Integrate, ShareSource, StockSpec}.then(compiledAlone...)
	ForCellCompileDeb = Recipe{ReleaseSource, Integrate, ShareSource, StockIntegrate, StockDebianSource}.then(compiledAlone...)

	ForDistroProbe = Recipe{Source, Spec, Base, Probe}

	ForReleasesEdit    = releasesEdit.then(Changes)
	ForReleasesSpec    = releasesSpec.then(Changes)
	ForReleasesCompile = releasesSpec.then(CheckBuilds, Changes)
	ForReleasesAPI     = Recipe{DriverHistory}
	ForReleasesAdd     = measured
	ForReleasesAddAll  = measured.then(Base, Toolchain, MeasureLayout)

	ForProviderAdopt   = Recipe{Source}
	ForProviderEdit    = Recipe{Source, Integrate, CheckABI}
	ForProviderCompile = Recipe{
		Source, Integrate, ShareSource, StockSpec, StockBase, StockToolchain, CheckABI, CompileProvider, DiscoverProvider,
	}

	ForTransplants        = Recipe{Transplants}
	ForTransplantsCompile = Recipe{StockSource, StockSpec, StockBase, StockToolchain, Transplants}

	ForStrangers        = Recipe{Releases, Strangers}
	ForStrangersCompile = Recipe{Releases, ReleasesTools, Base, Toolchain, Strangers}
)
