// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is a made machine: a tree, and what its kernel and its packages say. It begins with a device rib0 that programs can use.
type machine struct {
	t    *testing.T
	dir  string
	live *Live

	devices []KernelDevice
	kernel  error           // of netlink
	open    error           // of a device file
	refused []string        // paths that this user may not look at
	numbers map[string]bool // paths that are the null device
}

// ribID is the driver id of the made device; its provider also knows it by name.
const ribID = 22

var (
	ribRules = []rule{{kind: ruleDriverID, driverID: ribID}, {kind: ruleModalias, pattern: "rdma_device:*Nrib*"}}
	ribOps   = []driverOps{{name: "rib", minABI: 1, maxABI: 1, rules: ribRules}}
)

// verbsLibrary is a libibverbs of a private ABI.
func verbsLibrary(abi int, providers string) elfFile {
	private := fmt.Sprintf("IBVERBS_PRIVATE_%d", abi)
	return elfFile{
		soname: soName, defines: []string{private, "IBVERBS_1.1"}, symbols: []string{fmt.Sprintf("verbs_register_driver_%d", abi), "verbs_set_ops"},
		texts: []string{fmt.Sprintf("%s/lib%%s-rdmav%d.so", providers, abi), fmt.Sprintf("lib%%s-rdmav%d.so", abi), "/etc/libibverbs.d"},
	}
}

// module is a provider's module for a private ABI.
func module(abi int, ops ...driverOps) elfFile {
	private := fmt.Sprintf("IBVERBS_PRIVATE_%d", abi)
	return elfFile{
		needed: []string{soName}, ops: ops,
		wants: []elfWant{{fmt.Sprintf("verbs_register_driver_%d", abi), private, soName}, {"verbs_set_ops", private, soName}},
	}
}

const (
	libDir      = "/usr/lib64"
	providerDir = "/usr/lib64/libibverbs"
	ribModule   = providerDir + "/librib-rdmav34.so"
	ribDriver   = "/etc/libibverbs.d/rib.driver"
	uverbs      = "/sys/class/infiniband_verbs"
	ribDevice   = "/sys/class/infiniband/rib0"
	ribFile     = "/dev/infiniband/uverbs0"
)

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, dir: t.TempDir(), numbers: map[string]bool{}}
	limit := uint64(1 << 40)
	m.live = &Live{Env: map[string]string{}, UID: 1000, Memlock: &limit}
	m.live.Open = func(string) error { return m.open }
	m.live.Kernel = func(_ context.Context, chardev bool) ([]KernelDevice, error) {
		answers := slices.Clone(m.devices)
		for i := range answers {
			answers[i].Chardev = answers[i].Chardev && chardev
		}
		return answers, m.kernel
	}
	m.write("/usr/lib64/libibverbs.so.1", verbsLibrary(34, providerDir).bytes())
	m.write(ribModule, module(34, ribOps...).bytes())
	m.text(ribDriver, "driver rib\n")
	m.text(uverbs+"/abi_version", "6\n")
	m.device("rib0", "uverbs0", ribID)
	return m
}

func (m *machine) path(name string) string { return filepath.Join(m.dir, filepath.FromSlash(name)) }

func (m *machine) write(name string, data []byte) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.path(name)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.path(name), data, 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) text(name, text string) { m.t.Helper(); m.write(name, []byte(text)) }

func (m *machine) link(name, to string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.path(name)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink(to, m.path(name)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) remove(names ...string) {
	m.t.Helper()
	for _, name := range names {
		if _, err := os.Lstat(m.path(name)); err != nil {
			m.t.Fatal(err)
		}
		if err := os.RemoveAll(m.path(name)); err != nil {
			m.t.Fatal(err)
		}
	}
}

// device adds a device of kernel ABI 1 to sysfs and netlink. The driver id 0 is one that the kernel does not know.
func (m *machine) device(name, uv string, id uint32) {
	m.t.Helper()
	m.text("/sys/class/infiniband/"+name+"/node_guid", "0011:2233:4455:6677\n")
	m.text("/sys/class/infiniband/"+name+"/ports/1/state", "4: ACTIVE\n")
	m.text(uverbs+"/"+uv+"/ibdev", name+"\n")
	m.text(uverbs+"/"+uv+"/abi_version", "1\n")
	m.text(uverbs+"/"+uv+"/dev", "231:192\n")
	m.text("/dev/infiniband/"+uv, "")
	m.devices = append(m.devices, KernelDevice{Name: name, Chardev: true, Uverbs: uv, ABI: 1, DriverID: &id})
}

// noDevice takes the made device away.
func (m *machine) noDevice() {
	m.remove("/sys/class/infiniband", uverbs, "/dev")
	m.devices = nil
	m.text("/sys/class/infiniband_verbs/abi_version", "6\n")
	if err := os.MkdirAll(m.path("/sys/class/infiniband"), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// pci gives the made device a modalias.
func (m *machine) pci(vendor, device int) {
	m.text(ribDevice+"/device/modalias", modaliasOf(vendor, device)+"\n")
}

func modaliasOf(vendor, device int) string {
	return fmt.Sprintf("pci:v%08Xd%08Xsv00001AF4sd00001100bc02sc00i00", vendor, device)
}

// id sets the driver id that the kernel reports.
func (m *machine) id(n uint32) { m.devices[0].DriverID = &n }

// rename renames the made device.
func (m *machine) rename(name string) {
	m.t.Helper()
	if err := os.Rename(m.path(ribDevice), m.path("/sys/class/infiniband/"+name)); err != nil {
		m.t.Fatal(err)
	}
	m.text(uverbs+"/uverbs0/ibdev", name+"\n")
	m.devices[0].Name = name
}

// tree is the machine's tree, seen by its user.
func (m *machine) tree() *Tree {
	root, err := os.OpenRoot(m.dir)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { root.Close() })
	return NewTree(userFS{root.FS().(fs.ReadLinkFS), m})
}

// ask asks the machine.
func (m *machine) ask() *Report {
	m.t.Helper()
	r, err := Ask(m.t.Context(), Options{Tree: m.tree(), Live: m.live})
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

// userFS refuses paths as a kernel does to a user who is not root, and has device files, which only root makes.
type userFS struct {
	fs.ReadLinkFS

	m *machine
}

func (f userFS) refuse(op, name string) error {
	for _, p := range f.m.refused {
		if path.Join("/", name) == p || op == "lstat" && strings.HasPrefix(path.Join("/", name), p+"/") {
			if op == "lstat" && path.Join("/", name) == p {
				continue
			}
			return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
		}
	}
	return nil
}

func (f userFS) Open(name string) (fs.File, error) {
	if err := f.refuse("open", name); err != nil {
		return nil, err
	}
	return f.ReadLinkFS.Open(name)
}

func (f userFS) Lstat(name string) (fs.FileInfo, error) {
	if err := f.refuse("lstat", name); err != nil {
		return nil, err
	}
	if f.m.numbers[path.Join("/", name)] {
		return os.Stat(os.DevNull)
	}
	return f.ReadLinkFS.Lstat(name)
}

// why is the finding about the made device.
func why(r *Report) *Finding {
	if len(r.Devices) == 0 {
		return &Finding{}
	}
	if w := r.Devices[len(r.Devices)-1].Why; w != nil {
		return w
	}
	return &Finding{}
}

// all are all findings of a report.
func all(r *Report) []Finding {
	found := slices.Clone(r.Findings)
	for _, d := range r.Devices {
		if d.Why != nil {
			found = append(found, *d.Why)
		}
		found = append(found, d.Notes...)
	}
	for _, p := range r.Providers {
		if p.Why != nil {
			found = append(found, *p.Why)
		}
	}
	return found
}
