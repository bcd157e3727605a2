// SPDX-License-Identifier: Apache-2.0

package lab

// Plan lists a guest's work. It is the file PlanFile of its initramfs.
type Plan struct {
	Provider   string   `json:"provider"`   // the one under test, such as rib
	DriverID   int      `json:"driverId"`   // reported by the kernel for its devices
	KernelABI  int      `json:"kernelAbi"`  // uverbs ABI version that it supports
	PrivateABI int      `json:"privateAbi"` // of libibverbs, the NN in libNAME-rdmavNN.so
	Devices    []Device `json:"devices"`    // the first is the provider's, the others are compared with
	// DebugModule replaces the packaged module with that of DebugFolder in all cases.
	DebugModule bool `json:"debugModule,omitempty"`

	Cases   []string `json:"cases"`           // names, in the order in which they run
	SoakOps int      `json:"soakOps"`         // operations of the soak
	Rounds  int      `json:"rounds"`          // initial rounds of each measurement
	Suite   []string `json:"suite,omitempty"` // tests of rdma-core's suite; none is all
}

// Device is a soft-RoCE device that the guest creates on its own netdev.
type Device struct {
	Name     string `json:"name"`     // such as rib0
	Provider string `json:"provider"` // that must claim it
	DriverID int    `json:"driverId"` // that netlink must report
	Address  string `json:"address"`  // IPv4 address of the netdev, with its prefix length
}

// Paths in the guest. The lab's files are below Folder, first in the initramfs and then next to
// the packages under test. In each directory of kernel modules, OrderFile lists them in load
// order.
const (
	Folder        = "/lab"
	PlanFile      = Folder + "/plan.json"
	DiskModules   = Folder + "/modules/disk"  // before there is a disk
	CoreModules   = Folder + "/modules/core"  // before the fixture
	VerbsModules  = Folder + "/modules/verbs" // after it
	OrderFile     = "order"                   // one file name a line
	FixtureFolder = Folder + "/fixture"       // the provider's lab modules
	DebugFolder   = Folder + "/debug"         // its module for libibverbs, built for debugging
	Exercise      = Folder + "/bin/exercise"  // the program of directory exercise
	Recorder      = Folder + "/recorder.py"   // runs rdma-core's suite
	StampModule   = "rib_stamp"               // gives a driver id to soft-RoCE devices by name
	DeviceModule  = "rib_lab_dev"             // a device for matching only
	Disk          = "/dev/vda"                // the packages' file system
)

// NoPlan is what a guest without a plan prints before it shuts down.
const NoPlan = "guest: no plan"

// SoftRoCE is the driver id of the kernel's rdma_rxe, RDMA_DRIVER_RXE of
// include/uapi/rdma/ib_user_ioctl_verbs.h, and the name of its provider.
const (
	SoftRoCE   = 14
	StockName  = "rxe"
	linkDevice = "0"
)

// Devices are the two that every guest has: the provider's own and a stock one
// on the same kernel, for comparison.
func Devices(provider string, driverID int) []Device {
	return []Device{
		{Name: provider + linkDevice, Provider: provider, DriverID: driverID, Address: "10.44.0.1/24"},
		{Name: StockName + linkDevice, Provider: StockName, DriverID: SoftRoCE, Address: "10.44.1.1/24"},
	}
}
