// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"debug/elf"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// state is a machine in a certain state, and the first line that is said of it.
type state struct {
	name   string
	before func(*machine) // what else is so, without which the cause does not show; nil for nothing
	cause  func(*machine)
	reason Reason
	line   string // of the device, or of the machine if there is no device or it is a note
	status Status
}

func nameOps(name string) driverOps {
	return driverOps{name: name, minABI: 1, maxABI: 1, rules: []rule{{kind: ruleModalias, pattern: "rdma_device:*N" + name + "*"}}}
}

func pciOps(name string, vendor, device uint16) driverOps {
	return driverOps{name: name, minABI: 0, maxABI: 1<<31 - 1, rules: []rule{{kind: rulePCI, vendor: vendor, device: device}}}
}

func idOps(name string, id uint64) driverOps {
	return driverOps{name: name, minABI: 1, maxABI: 1, rules: []rule{{kind: ruleDriverID, driverID: id}}}
}

// kernelStates are states of the kernel and of the device.
func kernelStates() []state {
	return []state{
		{
			name: "no RDMA in the kernel", cause: func(m *machine) { m.noDevice(); m.remove("/sys/class/infiniband") },
			reason: ReasonNoRDMA, line: "the kernel has no RDMA: there is no /sys/class/infiniband", status: StatusNothing,
		},
		{
			name: "the RDMA core is not loaded", before: func(m *machine) {
				m.text("/lib/modules/6.12.0/modules.dep", "kernel/drivers/infiniband/core/ib_core.ko.xz:\n")
			},
			cause:  func(m *machine) { m.noDevice(); m.remove("/sys/class/infiniband") },
			reason: ReasonCoreNotLoaded, line: "the kernel's RDMA core, ib_core, is not loaded", status: StatusNothing,
		},
		{
			name: "no device", cause: (*machine).noDevice,
			reason: ReasonNoDevice, line: "the kernel has no verbs device", status: StatusNothing,
		},
		{
			name: "a card without its kernel driver", before: func(m *machine) {
				m.write(ribModule, module(34, pciOps("rib", 0x1d0f, 0xefa9)).bytes())
				m.noDevice()
			},
			cause: func(m *machine) {
				m.text("/sys/bus/pci/devices/0000:3b:00.0/modalias", modaliasOf(0x1d0f, 0xefa9)+"\n")
			},
			reason: ReasonDriverNotLoaded, status: StatusNothing,
			line: "PCI device 0000:3b:00.0 is rib's by VERBS_PCI_MATCH 1d0f:efa9, and has no verbs device",
		},
		{
			name: "ib_uverbs is not loaded", cause: func(m *machine) { m.remove(uverbs, "/dev/infiniband") },
			reason: ReasonUverbsNotLoaded, line: "the kernel module ib_uverbs is not loaded: there is no /sys/class/infiniband_verbs", status: StatusFault,
		},
		{
			name: "no uverbs device", cause: func(m *machine) { m.remove(uverbs + "/uverbs0"); m.devices[0].Chardev = false },
			reason: ReasonNoUverbs, line: "the kernel has no uverbs device for it in /sys/class/infiniband_verbs", status: StatusFault,
		},
		{
			name: "a uverbs device without a number", before: func(m *machine) { m.kernel = syscall.EPROTONOSUPPORT },
			cause:  func(m *machine) { m.remove(uverbs + "/uverbs0/dev") },
			reason: ReasonNoUverbs, line: "its uverbs device has no number in /sys/class/infiniband_verbs/uverbs0/dev", status: StatusFault,
		},
		{
			name: "an interface of uverbs that is no longer", before: func(m *machine) { m.kernel = syscall.EPROTONOSUPPORT },
			cause:  func(m *machine) { m.text(uverbs+"/abi_version", "7\n") },
			reason: ReasonUverbsABI, line: "/sys/class/infiniband_verbs/abi_version is 7; libibverbs supports 3 to 6", status: StatusFault,
		},
		{
			name: "no device file", cause: func(m *machine) { m.remove(ribFile) },
			reason: ReasonNoDeviceFile, line: "there is no device file /dev/infiniband/uverbs0", status: StatusFault,
		},
		{
			name: "a container without device files", before: func(m *machine) { m.text("/.dockerenv", "") },
			cause:  func(m *machine) { m.remove("/dev/infiniband") },
			reason: ReasonContainer, line: "this container (docker) has no /dev/infiniband/uverbs0", status: StatusFault,
		},
		{
			name: "no right to the device file", before: func(m *machine) { chmod(m, ribFile, 0o600) },
			cause:  func(m *machine) { m.open = os.NewSyscallError("open", syscall.EACCES) },
			reason: ReasonFileRefused, line: "this user may not open /dev/infiniband/uverbs0 (mode 0600)", status: StatusFault,
		},
		{
			name: "no right to the directory of device files", cause: func(m *machine) { m.refused = []string{"/dev/infiniband"} },
			reason: ReasonFileRefused, line: "/dev/infiniband/uverbs0 may not be looked at by this user", status: StatusFault,
		},
		{
			name: "a device file of another device", cause: func(m *machine) { m.numbers[ribFile] = true },
			reason: ReasonFileWrong, line: "/dev/infiniband/uverbs0 is device 1:3; the kernel's is 231:192", status: StatusFault,
		},
		{
			name: "a file in the place of the device file", cause: func(m *machine) { m.open = ErrNotDevice },
			reason: ReasonFileWrong, line: "/dev/infiniband/uverbs0 is not a character device", status: StatusFault,
		},
		{
			name: "a device file without a device", cause: func(m *machine) { m.open = os.NewSyscallError("open", syscall.ENXIO) },
			reason: ReasonFileWrong, line: "there is no device behind /dev/infiniband/uverbs0", status: StatusFault,
		},
		{
			name: "the control group refuses", cause: func(m *machine) { m.open = os.NewSyscallError("open", syscall.EPERM) },
			reason: ReasonCgroup, status: StatusFault,
			line: "opening /dev/infiniband/uverbs0 is refused whatever its mode is: by the control group of devices",
		},
		{
			name: "SELinux refuses", before: func(m *machine) { chmod(m, ribFile, 0o666); m.text("/sys/fs/selinux/enforce", "1") },
			cause:  func(m *machine) { m.open = os.NewSyscallError("open", syscall.EACCES) },
			reason: ReasonSELinux, status: StatusFault,
			line: "opening /dev/infiniband/uverbs0 is refused though its mode allows it: SELinux is enforcing",
		},
		{
			name: "SELinux where the mode refuses", before: func(m *machine) { chmod(m, ribFile, 0o600); m.text("/sys/fs/selinux/enforce", "1") },
			cause:  func(m *machine) { m.open = os.NewSyscallError("open", syscall.EACCES) },
			reason: ReasonFileRefused, line: "this user may not open /dev/infiniband/uverbs0 (mode 0600)", status: StatusFault,
		},
		{
			name: "a device of another network namespace", cause: func(m *machine) { m.devices = nil },
			reason: ReasonNamespace, line: "sysfs has it, and the kernel does not list it for this network namespace", status: StatusFault,
		},
		{
			name: "a small limit on locked memory", cause: func(m *machine) { *m.live.Memlock = 64 << 10 },
			reason: ReasonMemlock, line: "this user may lock 64 KiB of memory; registering more fails",
		},
		{
			name: "a port that is down", cause: func(m *machine) { m.text(ribDevice+"/ports/1/state", "1: DOWN\n") },
			reason: ReasonPortDown, line: "port 1 is DOWN",
		},
	}
}

func chmod(m *machine, name string, mode fs.FileMode) {
	if err := os.Chmod(m.path(name), mode); err != nil {
		m.t.Fatal(err)
	}
}

// libraryStates are states of libibverbs and of its directory of drivers.
func libraryStates() []state {
	return []state{
		{
			name: "no libibverbs", cause: func(m *machine) { m.remove("/usr/lib64/libibverbs.so.1") },
			reason: ReasonNoLibibverbs, line: "there is no libibverbs.so.1", status: StatusFault,
		},
		{
			name: "libibverbs where the loader does not look", cause: func(m *machine) {
				m.remove("/usr/lib64/libibverbs.so.1")
				m.write("/opt/acme/lib/libibverbs.so.1", verbsLibrary(34, providerDir).bytes())
			},
			reason: ReasonNoLibibverbs, line: "no libibverbs.so.1 in the loader's search path; /opt/acme/lib/libibverbs.so.1 is outside of it", status: StatusFault,
		},
		{
			name: "a libibverbs that lacks a library", cause: func(m *machine) {
				lib := verbsLibrary(34, providerDir)
				lib.needed = []string{"libnl-3.so.200"}
				m.write("/usr/lib64/libibverbs.so.1", lib.bytes())
			},
			reason: ReasonBadLibibverbs, line: "libibverbs cannot be loaded: libibverbs.so.1 needs libnl-3.so.200, which is not there", status: StatusFault,
		},
		{
			name: "a second libibverbs", cause: func(m *machine) {
				m.write("/opt/acme/lib/libibverbs.so.1", verbsLibrary(57, "/opt/acme/lib/libibverbs").bytes())
			},
			reason: ReasonTwoLibibverbs,
			line: "2 libibverbs: programs get /usr/lib64/libibverbs.so.1 (private ABI 34, by default directory), not /opt/acme/lib/libibverbs.so.1" +
				" (private ABI 57)",
		},
		{
			name: "LD_LIBRARY_PATH with another libibverbs", before: func(m *machine) {
				m.write("/opt/acme/lib/libibverbs.so.1", verbsLibrary(57, "/opt/acme/lib/libibverbs").bytes())
			},
			cause:  func(m *machine) { m.live.Env["LD_LIBRARY_PATH"] = "/opt/acme/lib" },
			reason: ReasonOtherLibrary, status: StatusFault,
			line: "/usr/lib64/libibverbs/librib-rdmav34.so is for /usr/lib64/libibverbs.so.1, and programs get /opt/acme/lib/libibverbs.so.1",
		},
		{
			name: "ldconfig was not run", before: func(m *machine) {
				m.write("/opt/acme/lib/libibverbs.so.1", verbsLibrary(34, providerDir).bytes())
				m.text("/etc/ld.so.conf", "include ld.so.conf.d/*.conf\n")
			},
			cause:  func(m *machine) { m.text("/etc/ld.so.conf.d/acme.conf", "/opt/acme/lib\n") },
			reason: ReasonCacheStale,
			line:   "/opt/acme/lib/libibverbs.so.1 is in a directory that /etc/ld.so.conf names, and ld.so.cache does not know it",
		},
		{
			name: "libibverbs is mounted into the container", before: func(m *machine) { m.text("/run/.containerenv", "") },
			cause: func(m *machine) {
				m.text("/proc/self/mountinfo", "36 35 98:0 /usr/lib64/libibverbs.so.1 /usr/lib64/libibverbs.so.1 ro - ext4 /dev/sda1 ro\n")
			},
			reason: ReasonMounted, line: "/usr/lib64/libibverbs.so.1 is mounted into the container from outside",
		},
		{
			name: "no directory of drivers", cause: func(m *machine) { m.remove("/etc/libibverbs.d") },
			reason: ReasonNoConfigDir, line: "/etc/libibverbs.d, which names the providers to load, is not there", status: StatusFault,
		},
		{
			name: "no right to the directory of drivers", cause: func(m *machine) { m.refused = []string{"/etc/libibverbs.d"} },
			reason: ReasonConfigRefused, line: "/etc/libibverbs.d may not be read by this user", status: StatusFault,
		},
		{
			name: "no right to the driver file", cause: func(m *machine) { m.refused = []string{ribDriver} },
			reason: ReasonConfigRefused, line: "/etc/libibverbs.d/rib.driver may not be read by this user", status: StatusFault,
		},
		{
			name: "no driver file", cause: func(m *machine) { m.remove(ribDriver) },
			reason: ReasonFileMissing, status: StatusFault,
			line: "no file in /etc/libibverbs.d names driver rib, whose module is /usr/lib64/libibverbs/librib-rdmav34.so",
		},
		{
			name: "an empty driver file", cause: func(m *machine) { m.text(ribDriver, "# driver rib\n") },
			reason: ReasonFileEmpty, line: "/etc/libibverbs.d/rib.driver is empty", status: StatusFault,
		},
		{
			name: "a wrong word in the driver file", cause: func(m *machine) { m.text(ribDriver, "\ndrivers rib\n") },
			reason: ReasonFileBad, line: `/etc/libibverbs.d/rib.driver: line 2: "drivers rib" is not "driver NAME"`, status: StatusFault,
		},
		{
			name: "a driver file with a carriage return", cause: func(m *machine) { m.text(ribDriver, "driver rib\r\n") },
			reason: ReasonFileBad, line: `/etc/libibverbs.d/rib.driver:1 names no driver that can be: "rib\r"`, status: StatusFault,
		},
		{
			name: "the same without the module", cause: func(m *machine) { m.remove(ribModule); m.text(ribDriver, "driver rib\r\n") },
			reason: ReasonFileBad, line: `/etc/libibverbs.d/rib.driver:1 names no driver that can be: "rib\r"`, status: StatusFault,
		},
		{
			name: "a driver file that is a link to nowhere", cause: func(m *machine) { m.remove(ribDriver); m.link(ribDriver, "/usr/share/rib.driver") },
			reason: ReasonFileBad, line: "/etc/libibverbs.d/rib.driver is a link that leads nowhere", status: StatusFault,
		},
		{
			name: "a driver file without its module", cause: func(m *machine) { m.remove(ribModule) },
			reason: ReasonModuleMissing, status: StatusFault,
			line: "/etc/libibverbs.d/rib.driver:1 names driver rib, and there is no /usr/lib64/libibverbs/librib-rdmav34.so",
		},
		{
			name: "a driver file that rpm has left", cause: func(m *machine) {
				m.remove(ribModule, ribDriver)
				m.text("/etc/libibverbs.d/rib.driver.rpmsave", "driver rib\n")
			},
			reason: ReasonFileStale, status: StatusFault,
			line: "/etc/libibverbs.d/rib.driver.rpmsave:1 is left of a package that is gone: there is no librib-rdmav34.so",
		},
		{
			name: "a driver file of a package that dpkg has removed", before: func(m *machine) { m.remove(ribModule); dpkg(m, "install ok installed") },
			cause:  func(m *machine) { dpkg(m, "deinstall ok config-files") },
			reason: ReasonFileStale, status: StatusFault,
			line: "/etc/libibverbs.d/rib.driver:1 is left of a package that is gone: there is no librib-rdmav34.so",
		},
		{
			name: "a driver file that no package of rpm has", before: func(m *machine) { m.remove(ribModule); rpm(m, map[string]string{ribDriver: "rib"}, "") },
			cause:  func(m *machine) { rpm(m, nil, "") },
			reason: ReasonFileStale, status: StatusFault,
			line: "/etc/libibverbs.d/rib.driver:1 is left of a package that is gone: there is no librib-rdmav34.so",
		},
		{
			// As on Enterprise Linux with dpkg from EPEL.
			name: "a driver file of rpm on a machine that has dpkg too", before: func(m *machine) {
				m.text(dpkgStatus, "Package: other\nStatus: install ok installed\n")
				rpm(m, map[string]string{ribModule: "rib", ribDriver: "rib"}, "")
			},
			cause:  func(m *machine) { m.remove(ribModule) },
			reason: ReasonModuleMissing, status: StatusFault,
			line: "/etc/libibverbs.d/rib.driver:1 names driver rib, and there is no /usr/lib64/libibverbs/librib-rdmav34.so",
		},
		{
			name: "rpm's database without rpm", before: func(m *machine) {
				rpm(m, nil, "")
				m.live.Run = func(context.Context, string, ...string) ([]byte, error) {
					return nil, &exec.Error{Name: "rpm", Err: exec.ErrNotFound}
				}
			},
			cause:  func(m *machine) { m.remove(ribModule) },
			reason: ReasonModuleMissing, status: StatusFault,
			line: "/etc/libibverbs.d/rib.driver:1 names driver rib, and there is no /usr/lib64/libibverbs/librib-rdmav34.so",
		},
		{
			name: "a variable with a driver that is not there", cause: func(m *machine) {
				m.remove(ribModule, ribDriver)
				m.text("/etc/libibverbs.d/other.driver", "driver other\n")
				m.live.Env["IBV_DRIVERS"] = "rib"
			},
			reason: ReasonEnvironment, status: StatusFault,
			line: "IBV_DRIVERS names driver rib, and there is no librib-rdmav34.so",
		},
		{
			name: "dpkg's verification", before: func(m *machine) { dpkg(m, "install ok installed") },
			cause: func(m *machine) {
				m.text("/var/lib/dpkg/info/rib.md5sums", strings.Repeat("0", 32)+"  usr/lib64/libibverbs/librib-rdmav34.so\n")
			},
			reason: ReasonPackageChanged,
			line:   "a file of package rib is not as it installed it: /usr/lib64/libibverbs/librib-rdmav34.so changed",
		},
		{
			name: "rpm's verification", before: func(m *machine) { rpm(m, map[string]string{ribModule: "rib"}, ".......T.    /x\n") },
			cause: func(m *machine) {
				rpm(m, map[string]string{ribModule: "rib"}, "S.5....T.  c /etc/libibverbs.d/rib.driver\nmissing     /usr/lib64/librib.so.1\n")
			},
			reason: ReasonPackageChanged,
			line:   "2 files of package rib are not as it installed them: /etc/libibverbs.d/rib.driver changed",
		},
	}
}

// dpkg makes dpkg's files for a package rib in a state.
func dpkg(m *machine, status string) {
	m.text(dpkgStatus, "Package: other\nStatus: install ok installed\n\nPackage: rib\nStatus: "+status+"\nArchitecture: amd64\n")
	m.text(dpkgInfo+"/rib.list", "/.\n/etc/libibverbs.d/rib.driver\n/usr/lib64/libibverbs/librib-rdmav34.so\n")
}

// rpm makes an rpm that knows the owners of files, and verifies.
func rpm(m *machine, owners map[string]string, verified string) {
	m.text(rpmData+"/rpmdb.sqlite", "")
	m.live.Run = func(_ context.Context, name string, args ...string) ([]byte, error) {
		switch {
		case name != "rpm":
			return nil, errors.New("not rpm")
		case args[0] == "-V":
			return []byte(verified), errors.New("exit status 1")
		}
		if owner := owners[args[len(args)-1]]; owner != "" {
			return []byte(owner + "\n"), nil
		}
		return []byte("file is not owned by any package\n"), errors.New("exit status 1")
	}
}

// moduleStates are states of a provider's module.
func moduleStates() []state {
	write := func(change func(*elfFile)) func(*machine) {
		return func(m *machine) {
			f := module(34, ribOps...)
			change(&f)
			m.write(ribModule, f.bytes())
		}
	}
	return []state{
		{
			name: "a module of another private ABI", cause: func(m *machine) {
				m.remove(ribModule)
				m.write(providerDir+"/librib-rdmav57.so", module(57, ribOps...).bytes())
			},
			reason: ReasonModuleABI, status: StatusFault,
			line: "/usr/lib64/libibverbs/librib-rdmav57.so is for private ABI 57; /usr/lib64/libibverbs.so.1 has 34",
		},
		{
			name: "a module of another private ABI under the right name", cause: func(m *machine) { m.write(ribModule, module(57, ribOps...).bytes()) },
			reason: ReasonModuleABI, status: StatusFault,
			line: "librib-rdmav34.so is for libibverbs with private ABI 57; /usr/lib64/libibverbs.so.1 has 34",
		},
		{
			name: "a module in another directory", cause: func(m *machine) {
				m.remove(ribModule)
				m.write("/usr/lib/x86_64-linux-gnu/libibverbs/librib-rdmav34.so", module(34, ribOps...).bytes())
			},
			reason: ReasonModuleElsewhere, status: StatusFault,
			line: "/usr/lib/x86_64-linux-gnu/libibverbs/librib-rdmav34.so is not where /usr/lib64/libibverbs.so.1 looks: /usr/lib64/libibverbs",
		},
		{
			name: "a library that the module needs", cause: write(func(f *elfFile) { f.needed = append(f.needed, "libacme.so.3") }),
			reason: ReasonLibraryMissing, line: "librib-rdmav34.so needs libacme.so.3, which is not there", status: StatusFault,
		},
		{
			name: "a library that a library of the module needs", before: func(m *machine) {
				m.write("/usr/lib64/libacme.so.3", elfFile{soname: "libacme.so.3"}.bytes())
				write(func(f *elfFile) { f.needed = append(f.needed, "libacme.so.3") })(m)
			},
			cause: func(m *machine) {
				m.write("/usr/lib64/libacme.so.3", elfFile{soname: "libacme.so.3", needed: []string{"libdeep.so.1"}}.bytes())
			},
			reason: ReasonLibraryMissing, line: "libacme.so.3 needs libdeep.so.1, which is not there", status: StatusFault,
		},
		{
			name: "a version that a library does not have", before: func(m *machine) {
				m.write("/usr/lib64/libc.so.6", elfFile{soname: "libc.so.6", defines: []string{"GLIBC_2.34", "GLIBC_2.38"}, symbols: []string{"strlcpy"}}.bytes())
				write(func(f *elfFile) {
					f.needed = append(f.needed, "libc.so.6")
					f.wants = append(f.wants, elfWant{"strlcpy", "GLIBC_2.38", "libc.so.6"})
				})(m)
				m.write("/usr/lib64/libc.so.6", elfFile{soname: "libc.so.6", defines: []string{"GLIBC_2.38"}, symbols: []string{"strlcpy"}}.bytes())
			},
			cause: func(m *machine) {
				m.write("/usr/lib64/libc.so.6", elfFile{soname: "libc.so.6", defines: []string{"GLIBC_2.34"}, symbols: []string{"strlcpy"}}.bytes())
			},
			reason: ReasonVersionMissing, line: "librib-rdmav34.so needs version GLIBC_2.38 of libc.so.6, which has another", status: StatusFault,
		},
		{
			name: "a function that no library has", cause: write(func(f *elfFile) { f.wants = append(f.wants, elfWant{name: "acme_open"}) }),
			reason: ReasonSymbolMissing, line: "librib-rdmav34.so needs the function or variable acme_open, which no library has", status: StatusFault,
		},
		{
			name: "a function that this libibverbs does not have", cause: write(func(f *elfFile) {
				f.wants = append(f.wants, elfWant{"ibv_cmd_create_qp_ex2", "IBVERBS_PRIVATE_34", soName})
			}),
			reason: ReasonSymbolMissing, status: StatusFault,
			line: "librib-rdmav34.so needs the function or variable ibv_cmd_create_qp_ex2@IBVERBS_PRIVATE_34, which no library has",
		},
		{
			name: "a module that is no ELF file", cause: func(m *machine) { m.text(ribModule, "version https://git-lfs") },
			reason: ReasonModuleBad, line: "/usr/lib64/libibverbs/librib-rdmav34.so: not an ELF file", status: StatusFault,
		},
		{
			name: "a truncated module", cause: func(m *machine) {
				data := module(34, ribOps...).bytes()
				m.write(ribModule, data[:len(data)-64])
			},
			reason: ReasonModuleBad, status: StatusFault,
			line: "/usr/lib64/libibverbs/librib-rdmav34.so: a truncated ELF file: it lacks bytes that its program headers name",
		},
		{
			name: "a module cut before its program headers", cause: func(m *machine) { m.write(ribModule, module(34, ribOps...).bytes()[:100]) },
			reason: ReasonModuleBad, line: "/usr/lib64/libibverbs/librib-rdmav34.so: a truncated ELF file", status: StatusFault,
		},
		{
			name: "a module cut in its header", cause: func(m *machine) { m.write(ribModule, module(34, ribOps...).bytes()[:40]) },
			reason: ReasonModuleBad, line: "/usr/lib64/libibverbs/librib-rdmav34.so: a truncated ELF file", status: StatusFault,
		},
		{
			name: "no right to the class of devices", cause: func(m *machine) { m.refused = []string{"/sys/class/infiniband"} },
			reason: ReasonFileRefused, line: "/sys/class/infiniband may not be read by this user", status: StatusNothing,
		},
		{
			name: "no right to the module", cause: func(m *machine) { m.refused = []string{ribModule} },
			reason: ReasonModuleBad, line: "/usr/lib64/libibverbs/librib-rdmav34.so may not be read by this user", status: StatusFault,
		},
		{
			name: "a module for another architecture", cause: write(func(f *elfFile) { f.arch = elf.EM_AARCH64 }),
			reason: ReasonModuleArch, status: StatusFault,
			line: "/usr/lib64/libibverbs/librib-rdmav34.so: for another architecture than the programs here (AARCH64)",
		},
		{
			name: "a module that registers nothing", cause: write(func(f *elfFile) { f.wants = nil }),
			reason: ReasonNotProvider, line: "/usr/lib64/libibverbs/librib-rdmav34.so registers no provider with libibverbs", status: StatusFault,
		},
		{
			name: "a module that decides by a function", cause: write(func(f *elfFile) {
				f.ops = []driverOps{{name: "rib", minABI: 1, maxABI: 1, function: true}}
			}),
			reason: ReasonMatchUnknown, line: "only rib may take it: which devices it takes cannot be read from its file", status: StatusFault,
		},
		{
			name: "a module without a table that can be found", cause: write(func(f *elfFile) { f.ops = nil }),
			reason: ReasonMatchUnknown, line: "only rib may take it: which devices it takes cannot be read from its file", status: StatusFault,
		},
	}
}

// matchStates are states of a device that no provider takes, or another than expected.
func matchStates() []state {
	only := func(ops ...driverOps) func(*machine) {
		return func(m *machine) { m.write(ribModule, module(34, ops...).bytes()) }
	}
	return []state{
		{
			name: "a kernel ABI that the provider does not support", cause: func(m *machine) { m.devices[0].ABI = 2 },
			reason: ReasonKernelABI, status: StatusFault,
			line: "rib matches by VERBS_DRIVER_ID 22 and supports kernel ABI 1; the kernel's driver has 2",
		},
		{
			name: "a driver id that no provider has", before: only(idOps("rib", ribID)), cause: func(m *machine) { m.id(200) },
			reason: ReasonDriverID, line: "no provider has driver id 200", status: StatusFault,
		},
		{
			name: "an upstream driver id without its provider", before: func(m *machine) { only(idOps("rib", ribID))(m); m.pci(0x15b3, 0x1017) },
			cause:  func(m *machine) { m.id(1) },
			reason: ReasonDriverID, line: "no provider has driver id 1, which is mlx5's, nor PCI 15b3:1017", status: StatusFault,
		},
		{
			name: "a PCI id that no provider has", before: func(m *machine) {
				only(pciOps("rib", 0x1d0f, 0xefa9))(m)
				m.id(0)
				m.pci(0x1d0f, 0xefa9)
			},
			cause:  func(m *machine) { m.pci(0x1d0f, 0xefaa) },
			reason: ReasonPCI, line: "no provider has PCI 1d0f:efaa", status: StatusFault,
		},
		{
			name: "a name that no provider has", before: func(m *machine) { only(nameOps("rib"))(m); m.id(0) },
			cause:  func(m *machine) { m.rename("fly0") },
			reason: ReasonName, line: "no provider has the name fly0, and the kernel reports no driver id", status: StatusFault,
		},
		{
			name: "a device that udev has renamed", before: func(m *machine) { only(nameOps("rib"))(m); m.id(0) },
			cause:  func(m *machine) { m.rename("rocep59s0") },
			reason: ReasonRenamed, line: "udev has renamed it, and rib knows its devices by the name rib… alone", status: StatusFault,
		},
		{
			name: "netlink is refused", before: func(m *machine) { only(idOps("rib", ribID))(m) },
			cause:  func(m *machine) { m.kernel = syscall.EPROTONOSUPPORT },
			reason: ReasonNetlinkRefused, status: StatusFault,
			line: "the kernel's netlink refuses to answer, so there is no driver id; no provider has the name rib0",
		},
		{
			name: "a tree has no driver ids", before: only(idOps("rib", ribID)), cause: func(m *machine) { m.live = nil },
			reason: ReasonDriverIDUnknown, line: "no provider has the name rib0, and a tree has no driver ids", status: StatusFault,
		},
		{
			name: "a provider that comes first", before: func(m *machine) { only(nameOps("rib"))(m) },
			cause: func(m *machine) {
				m.write(providerDir+"/librxe-rdmav34.so", module(34, idOps("rxe", ribID)).bytes())
				m.text("/etc/libibverbs.d/rxe.driver", "driver rxe\n")
			},
			reason: ReasonOtherFirst,
			line:   `rib would take it too, by VERBS_NAME_MATCH "rib"; rxe is asked before it: a driver id counts first`,
		},
		{
			name: "an unknown driver that may have it", before: func(m *machine) { only(idOps("rib", ribID))(m) },
			cause:  func(m *machine) { m.id(200); m.text("/etc/libibverbs.d/fly.driver", "driver fly\n") },
			reason: ReasonDriverID, line: "no provider has driver id 200; fly, which does not load, may", status: StatusFault,
		},
	}
}

// Each state has its own first line, and without its cause nobody says it.
func TestStates(t *testing.T) {
	seen := map[Reason]bool{}
	var states []state
	for _, list := range [][]state{kernelStates(), libraryStates(), moduleStates(), matchStates()} {
		states = append(states, list...)
	}
	for _, s := range states {
		seen[s.reason] = true
		t.Run(s.name, func(t *testing.T) {
			m := newMachine(t)
			if s.before != nil {
				s.before(m)
			}
			without := m.ask()
			for _, f := range all(without) {
				if f.Text == s.line {
					t.Errorf("%q is said without its cause", s.line)
				}
			}
			s.cause(m)
			report := m.ask()
			first := why(report)
			if s.status != StatusFault {
				first = firstOther(report)
			}
			if first.Reason != s.reason || first.Text != s.line || first.Advice == "" {
				t.Errorf("got  %s: %s\nwant %s: %s", first.Reason, first.Text, s.reason, s.line)
			}
			if report.Status != s.status {
				t.Errorf("got the status %d, want %d", report.Status, s.status)
			}
			checkText(t, report, s.line)
		})
	}
	if len(states) < 30 {
		t.Errorf("%d states, want 30", len(states))
	}
	for _, reason := range Reasons() {
		if reason != ReasonNoProvider && !seen[reason] {
			t.Errorf("no state has the reason %s", reason)
		}
	}
}

// firstOther is the first finding that is not a fault of the made device.
func firstOther(r *Report) *Finding {
	for i := range r.Findings {
		return &r.Findings[i]
	}
	for _, d := range r.Devices {
		for i := range d.Notes {
			return &d.Notes[i]
		}
	}
	return &Finding{}
}

// checkText looks for a line in the text, which is as wide as asked.
func checkText(t *testing.T, r *Report, line string) {
	t.Helper()
	const narrow = 60
	var out strings.Builder
	if err := r.WriteText(&out, narrow); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), line) {
		t.Errorf("want %q in\n%s", line, out.String())
	}
	for l := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimSuffix(l, "\n"))); n > narrow {
			t.Errorf("%d columns: %s", n, l)
		}
	}
}
