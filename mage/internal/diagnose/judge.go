// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// judge answers for each device, and for the machine.
func (a *asker) judge() {
	switch {
	case a.refusedClass:
		dir := show(path.Join(a.sysfsDir(), "class/infiniband"))
		a.add(fault(ReasonFileRefused, dir+" may not be read by this user", "give all users the right to read it: chmod a+rx "+dir))
	case a.noRDMA:
		a.judgeKernel()
	case len(a.report.Devices) == 0:
		a.add(fault(ReasonNoDevice, "the kernel has no verbs device",
			"plug in the card, or load its kernel driver: dmesg says what became of it"))
	}
	a.judgeCards()
	a.judgeLibraries()
	a.packageFindings()
	a.mountFinding()
	a.judgeMemlock()
	a.report.Status = StatusFine
	if len(a.report.Devices) == 0 {
		a.report.Status = StatusNothing
	}
	for _, d := range a.report.Devices {
		if a.judgeDevice(d); d.Why != nil {
			a.report.Status = StatusFault
		}
	}
}

// judgeKernel says why there is no RDMA at all.
func (a *asker) judgeKernel() {
	if file := a.kernelModule("ib_core"); file != "" {
		a.add(fault(ReasonCoreNotLoaded, "the kernel's RDMA core, ib_core, is not loaded",
			"load the kernel driver of the card, for example: modprobe mlx5_ib, modprobe rdma_rxe"))
		return
	}
	a.add(fault(ReasonNoRDMA, "the kernel has no RDMA: there is no "+show(path.Join(a.sysfsDir(), "class/infiniband")),
		"install the kernel's RDMA modules (kernel-modules-extra, linux-modules-extra), or a kernel with them"))
}

// kernelModule is the file of a module of the running kernel, "" if there is none.
func (a *asker) kernelModule(name string) string {
	release := a.tree.attr("/proc/sys/kernel/osrelease", maxAttr)
	if release == "" {
		releases, _ := a.tree.Names("/lib/modules")
		if len(releases) != 1 {
			return ""
		}
		release = releases[0]
	}
	data, _ := a.tree.ReadFile(path.Join("/lib/modules", release, "modules.dep"), maxList)
	for line := range strings.Lines(string(data)) {
		file, _, _ := strings.Cut(line, ":")
		base, ok := strings.CutPrefix(strings.ReplaceAll(path.Base(file), "-", "_"), name+".ko")
		if ok && (base == "" || base[0] == '.') {
			return file
		}
	}
	return ""
}

// judgeCards looks for PCI devices that a provider knows and that have no verbs device: their kernel driver is not loaded.
func (a *asker) judgeCards() {
	dir := path.Join(a.sysfsDir(), "bus/pci/devices")
	names, _ := a.tree.Names(dir)
	slices.Sort(names)
	for _, name := range names {
		card := path.Join(dir, name)
		modalias := a.tree.attr(path.Join(card, "modalias"), modaliasSize)
		if modalias == "" || a.tree.Has(path.Join(card, "infiniband")) {
			continue
		}
		who, by := a.knows(modalias)
		if who == "" && !strings.HasPrefix(a.tree.attr(path.Join(card, "class"), valueSize), "0x0207") { // InfiniBand controller
			continue
		}
		text := fmt.Sprintf("PCI device %s (%s) has no verbs device", show(name), pciID(modalias))
		if who != "" {
			text = fmt.Sprintf("PCI device %s is %s's by %s, and has no verbs device", show(name), show(who), by)
		}
		advice := "load its kernel driver: modprobe " + show(modalias)
		if driver := a.tree.Base(path.Join(card, "driver")); driver != "" {
			advice = "load the RDMA driver that belongs to the kernel driver " + show(driver) + ", which has it"
			if driver == "mlx5_core" || driver == "mlx4_core" {
				advice = "modprobe " + strings.TrimSuffix(driver, "core") + "ib"
			}
		}
		a.add(note(ReasonDriverNotLoaded, text, advice))
	}
	if len(a.report.Findings) > 1 && len(a.report.Devices) == 0 { // what is there comes first
		slices.SortStableFunc(a.report.Findings, func(x, y Finding) int {
			return boolOrder(x.Reason == ReasonDriverNotLoaded, y.Reason == ReasonDriverNotLoaded)
		})
	}
}

func boolOrder(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	default:
		return 1
	}
}

// knows is a provider whose table has a modalias.
func (a *asker) knows(modalias string) (name string, by *rule) {
	for _, p := range a.report.Providers {
		for i := range p.ops {
			if r := p.ops[i].byText(modalias); r != nil {
				return p.Name, r
			}
		}
	}
	return "", nil
}

// judgeLibraries says which libibverbs programs get, if there are several.
func (a *asker) judgeLibraries() {
	libs := a.report.Libraries
	if file := a.loader.confButNotCache(libs); file != "" {
		a.add(note(ReasonCacheStale, show(file)+" is in a directory that "+configFile+" names, and ld.so.cache does not know it",
			"run ldconfig as root"))
	}
	if a.lib == nil || len(libs) < 2 {
		return
	}
	others := make([]string, 0, len(libs)-1)
	for _, lib := range libs[1:] {
		others = append(others, fmt.Sprintf("%s (private ABI %d)", show(lib.File), lib.PrivateABI))
	}
	text := fmt.Sprintf("%d libibverbs: programs get %s (private ABI %d, by %s), not %s",
		len(libs), show(a.lib.File), a.lib.PrivateABI, a.lib.Via, strings.Join(others, ", "))
	a.add(note(ReasonTwoLibibverbs, text, "keep one, or be sure that each program gets the one that its provider is for"))
}

// judgeMemlock warns of a limit with which programs register hardly any memory. libibverbs warns below 32 KiB, and root has no limit.
func (a *asker) judgeMemlock() {
	const enough = 64 << 20
	switch limit := a.live.Memlock; {
	case limit == nil:
		a.skip("the limit on locked memory, which is that of a process")
	case a.live.UID != 0 && *limit < enough:
		a.add(note(ReasonMemlock, fmt.Sprintf("this user may lock %d KiB of memory; registering more fails", *limit>>10),
			"raise memlock in /etc/security/limits.d (* - memlock unlimited), or LimitMEMLOCK of the service, and log in again"))
	}
}

// judgeDevice finds which provider takes a device, or the first reason why none does.
func (a *asker) judgeDevice(d *Device) {
	if d.Why = a.blocked(d); d.Why != nil {
		return
	}
	switch {
	case a.lib == nil:
		d.Why = a.noLibrary()
	case a.lib.err != nil:
		d.Why = a.badLibrary()
	default:
		if !a.take(d) {
			d.Why = a.untaken(d)
			return
		}
		d.Why = a.refused(d)
	}
	for _, p := range d.Ports {
		if p.State == "DOWN" && d.Why == nil {
			text := fmt.Sprintf("port %d is DOWN", p.Number)
			d.Notes = append(d.Notes, *note(ReasonPortDown, text, "check the cable and the network interface"))
		}
	}
}

func (a *asker) noLibrary() *Finding {
	for _, lib := range a.report.Libraries {
		return fault(ReasonNoLibibverbs, "no libibverbs.so.1 in the loader's search path; "+show(lib.File)+" is outside of it",
			"run ldconfig after adding "+show(path.Dir(lib.File))+" to /etc/ld.so.conf.d, or set LD_LIBRARY_PATH")
	}
	return fault(ReasonNoLibibverbs, "there is no libibverbs.so.1", "install libibverbs (Enterprise Linux, Fedora) or libibverbs1 (Debian)")
}

// blocked says why libibverbs leaves out a device before it asks any provider.
func (a *asker) blocked(d *Device) *Finding {
	sysfs := path.Join(a.sysfsDir(), "class/infiniband_verbs")
	switch {
	case d.hidden:
		return fault(ReasonNamespace, "sysfs has it, and the kernel does not list it for this network namespace",
			"move it here: rdma dev set "+show(d.Name)+" netns NAME; or share devices: rdma system set netns shared")
	case !d.declared && !a.hasUverbs:
		advice := "modprobe ib_uverbs; libibverbs has the kernel do that, where it can"
		if a.kernelModule("ib_uverbs") == "" {
			advice = "modprobe ib_uverbs, which comes with the kernel's extra modules"
		}
		return fault(ReasonUverbsNotLoaded, "the kernel module ib_uverbs is not loaded: there is no "+show(sysfs), advice)
	case !d.declared:
		return fault(ReasonNoUverbs, "the kernel has no uverbs device for it in "+show(sysfs),
			"see dmesg: its kernel driver does not support user space, or ib_uverbs failed to add it")
	}
	number := a.tree.attr(path.Join(sysfs, d.Uverbs, "dev"), valueSize)
	answered := d.kernel != nil && d.kernel.Chardev
	if !answered && !deviceNumbers.MatchString(number) {
		return fault(ReasonNoUverbs, "its uverbs device has no number in "+show(path.Join(sysfs, d.Uverbs, "dev")),
			"see dmesg: ib_uverbs failed to add it")
	}
	if f := a.deviceFile(d, number); f != nil {
		return f
	}
	const least, most = 3, 6 // IB_USER_VERBS_MIN_ABI_VERSION and IB_USER_VERBS_MAX_ABI_VERSION
	if abi, err := strconv.Atoi(a.uverbsABI); !answered && (err != nil || abi < least || abi > most) {
		text := fmt.Sprintf("%s/abi_version is %s; libibverbs supports %d to %d", show(sysfs), show(a.uverbsABI), least, most)
		return fault(ReasonUverbsABI, text, "use a kernel and an rdma-core that belong together")
	}
	return nil
}

// deviceNumbers is what libibverbs takes for MAJOR:MINOR.
var deviceNumbers = regexp.MustCompile(`^\s*[0-9]+:\s*[0-9]+`)

const (
	deviceDir   = "/dev/infiniband"
	udevTrigger = "udevadm trigger --subsystem-match=infiniband_verbs"
)

// deviceFile says what is wrong with the place of a device's file.
func (a *asker) deviceFile(d *Device, number string) *Finding {
	file := path.Join(deviceDir, d.Uverbs)
	info, err := a.tree.Stat(file)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault(ReasonFileRefused, show(file)+" may not be looked at by this user", "chmod a+rx "+deviceDir)
	case err != nil && a.report.Container != "":
		return fault(ReasonContainer, fmt.Sprintf("this container (%s) has no %s", a.report.Container, show(file)),
			"start it with --device="+deviceDir+" (docker, podman), or with the RDMA device plugin (Kubernetes)")
	case err != nil:
		return fault(ReasonNoDeviceFile, "there is no device file "+show(file), "start udev, or: "+udevTrigger)
	}
	if have, ok := deviceNumber(info); ok && number != "" && have != number {
		return fault(ReasonFileWrong, fmt.Sprintf("%s is device %s; the kernel's is %s", show(file), have, show(number)),
			"remove it and: "+udevTrigger)
	}
	return nil
}

// refused says why a device that a provider takes cannot be opened.
func (a *asker) refused(d *Device) *Finding {
	if a.live.Open == nil {
		a.skip("whether the device files can be opened")
		return nil
	}
	file := path.Join(deviceDir, d.Uverbs)
	err := a.live.Open(file)
	if err == nil {
		return nil
	}
	info, _ := a.tree.Stat(file)
	const everybody = 0o006
	switch {
	case errors.Is(err, ErrNotDevice):
		return fault(ReasonFileWrong, show(file)+" is not a character device", "remove it and: "+udevTrigger)
	case errors.Is(err, syscall.EPERM):
		return fault(ReasonCgroup, "opening "+show(file)+" is refused whatever its mode is: by the control group of devices",
			"start the container with --device="+deviceDir+", or allow it in DeviceAllow of the service")
	case errors.Is(err, syscall.EACCES) && a.enforcing() && info != nil && info.Mode().Perm()&everybody == everybody:
		return fault(ReasonSELinux, "opening "+show(file)+" is refused though its mode allows it: SELinux is enforcing",
			"see ausearch -m avc -ts recent; for a container: setsebool -P container_use_devices 1")
	case errors.Is(err, syscall.EACCES) && info != nil:
		return fault(ReasonFileRefused, fmt.Sprintf("this user may not open %s (mode %#o)", show(file), info.Mode().Perm()),
			"as root: chmod 666 "+show(file)+"; rdma-core's udev rules do that for good")
	case errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return fault(ReasonFileWrong, "there is no device behind "+show(file), "remove it and: "+udevTrigger)
	default:
		return fault(ReasonFileRefused, "opening "+show(file)+" fails: "+show(err.Error()), "see dmesg")
	}
}
