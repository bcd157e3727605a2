// SPDX-License-Identifier: Apache-2.0

package diagnose

// Reason is why something is as it is, in a word that stays the same. docs/diagnose.md explains each.
type Reason string

// The reasons of a machine that has nothing to ask.
const (
	ReasonNoRDMA          Reason = "no-rdma"
	ReasonCoreNotLoaded   Reason = "core-not-loaded"
	ReasonNoDevice        Reason = "no-device"
	ReasonDriverNotLoaded Reason = "kernel-driver-not-loaded"
)

// The reasons of a device, before any provider is asked.
const (
	ReasonUverbsNotLoaded Reason = "uverbs-not-loaded"
	ReasonNoUverbs        Reason = "no-uverbs"
	ReasonUverbsABI       Reason = "uverbs-abi"
	ReasonNoDeviceFile    Reason = "no-device-file"
	ReasonContainer       Reason = "container-without-devices"
	ReasonFileRefused     Reason = "device-file-refused"
	ReasonFileWrong       Reason = "device-file-wrong"
	ReasonCgroup          Reason = "cgroup-refuses"
	ReasonSELinux         Reason = "selinux-refuses"
	ReasonNamespace       Reason = "other-namespace"
)

// The reasons of libibverbs and of what it is told to load.
const (
	ReasonNoLibibverbs   Reason = "no-libibverbs"
	ReasonBadLibibverbs  Reason = "libibverbs-unusable"
	ReasonTwoLibibverbs  Reason = "two-libibverbs"
	ReasonOtherLibrary   Reason = "other-libibverbs"
	ReasonCacheStale     Reason = "loader-cache-stale"
	ReasonMounted        Reason = "mounted-from-outside"
	ReasonNoConfigDir    Reason = "no-config-dir"
	ReasonConfigRefused  Reason = "config-refused"
	ReasonFileEmpty      Reason = "driver-file-empty"
	ReasonFileBad        Reason = "driver-file-bad"
	ReasonFileMissing    Reason = "driver-file-missing"
	ReasonFileStale      Reason = "driver-file-stale"
	ReasonEnvironment    Reason = "environment-driver-missing"
	ReasonPackageChanged Reason = "package-changed"
)

// The reasons of a provider's module.
const (
	ReasonModuleMissing   Reason = "module-missing"
	ReasonModuleElsewhere Reason = "module-elsewhere"
	ReasonModuleABI       Reason = "module-other-abi"
	ReasonModuleBad       Reason = "module-unreadable"
	ReasonModuleArch      Reason = "module-other-arch"
	ReasonLibraryMissing  Reason = "library-missing"
	ReasonVersionMissing  Reason = "version-missing"
	ReasonSymbolMissing   Reason = "symbol-missing"
	ReasonNotProvider     Reason = "module-no-provider"
	ReasonMatchUnknown    Reason = "match-unknown"
	ReasonNoProvider      Reason = "no-provider"
)

// The reasons of a device that no provider takes, or not the expected one.
const (
	ReasonKernelABI       Reason = "kernel-abi"
	ReasonDriverIDUnknown Reason = "driver-id-unknown"
	ReasonNetlinkRefused  Reason = "netlink-refused"
	ReasonDriverID        Reason = "driver-id-unmatched"
	ReasonPCI             Reason = "pci-unmatched"
	ReasonName            Reason = "name-unmatched"
	ReasonRenamed         Reason = "device-renamed"
	ReasonOtherFirst      Reason = "other-provider-first"
	ReasonMemlock         Reason = "memlock"
	ReasonPortDown        Reason = "port-down"
)

// Reasons are all of them.
func Reasons() []Reason {
	return []Reason{
		ReasonNoRDMA, ReasonCoreNotLoaded, ReasonNoDevice, ReasonDriverNotLoaded, ReasonUverbsNotLoaded, ReasonNoUverbs,
		ReasonUverbsABI, ReasonNoDeviceFile, ReasonContainer, ReasonFileRefused, ReasonFileWrong, ReasonCgroup,
		ReasonSELinux, ReasonNamespace, ReasonNoLibibverbs, ReasonBadLibibverbs, ReasonTwoLibibverbs, ReasonOtherLibrary,
		ReasonCacheStale, ReasonMounted, ReasonNoConfigDir, ReasonConfigRefused, ReasonFileEmpty, ReasonFileBad,
		ReasonFileMissing, ReasonFileStale, ReasonEnvironment, ReasonPackageChanged, ReasonModuleMissing,
		ReasonModuleElsewhere, ReasonModuleABI, ReasonModuleBad, ReasonModuleArch, ReasonLibraryMissing,
		ReasonVersionMissing, ReasonSymbolMissing, ReasonNotProvider, ReasonMatchUnknown, ReasonNoProvider, ReasonKernelABI,
		ReasonDriverIDUnknown, ReasonNetlinkRefused, ReasonDriverID, ReasonPCI, ReasonName, ReasonRenamed,
		ReasonOtherFirst, ReasonMemlock, ReasonPortDown,
	}
}

// Level says what follows from a finding.
type Level string

// The levels.
const (
	LevelFault Level = "fault" // programs cannot use what it is about
	LevelNote  Level = "note"  // good to know
)

// Finding is one answer: why, in one line, and what to do about it, in another.
type Finding struct {
	Reason Reason `json:"reason"`
	Level  Level  `json:"level"`
	Text   string `json:"text"`
	Advice string `json:"advice"`
}

func fault(reason Reason, text, advice string) *Finding {
	return &Finding{Reason: reason, Level: LevelFault, Text: text, Advice: advice}
}

func note(reason Reason, text, advice string) *Finding {
	return &Finding{Reason: reason, Level: LevelNote, Text: text, Advice: advice}
}
