// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// ManifestName is the manifest's name in a provider's directory.
const ManifestName = "provider.yaml"

// Manifest is provider.yaml: the data that cannot be read from the provider's files. It is
// decoded strictly; Check has the rules beyond the schema.
//
//nolint:tagliatelle // ID is written in capitals, as everywhere in rdma-core
type Manifest struct {
	// Name is also the name of the CMake target, verbs_provider_NAME and libNAME.
	Name string `yaml:"name" jsonschema_description:"the provider's name: the directory under providers/"`
	// Directory is by default the name. Target, library, NAME.driver and verbs_provider_NAME
	// always have the name, because rdma-core requires them to be equal.
	Directory   string `yaml:"directory,omitempty" jsonschema_description:"a directory under providers/ other than the name"`
	Description string `yaml:"description" jsonschema_description:"one line of text for the RPM spec's list of drivers"`
	// Title is by default the name in capitals and USERSPACE PROVIDER.
	Title      string     `yaml:"title,omitempty" jsonschema_description:"a title for MAINTAINERS, before the module's name"`
	Maintainer Maintainer `yaml:"maintainer" jsonschema_description:"a mapping with name and email"`
	// CoMaintainers are listed below the maintainer in MAINTAINERS.
	CoMaintainers []Maintainer `yaml:"coMaintainers,omitempty" jsonschema_description:"a list of additional people for MAINTAINERS"`
	// Copyright and License are for debian/copyright, if the files do not state them;
	// see Provider.Copyright.
	Copyright []string `yaml:"copyright,omitempty" jsonschema_description:"a list of lines with years and holder"`
	License   string   `yaml:"license,omitempty" jsonschema_description:"a licence as named in debian/copyright"`
	// ABIHeader is copied to kernel-headers/rdma/ under its base name, and not to
	// providers/NAME. It may be in a subdirectory: many of upstream's providers have
	// a different NAME-abi.h next to their sources. With ../ it is outside of the directory, in the same git
	// repository. ABIHeaders replaces it if there are several. Without either the provider has no kernel header of its own.
	ABIHeader  string   `yaml:"abiHeader,omitempty" jsonschema_description:"a file such as NAME-abi.h, or with ../ of the repository"`
	ABIHeaders []string `yaml:"abiHeaders,omitempty" jsonschema_description:"a list of such files, instead of abiHeader"`
	// IoctlHeaders are copied there too; no kernel-abi/ is generated from them.
	IoctlHeaders []string `yaml:"ioctlHeaders,omitempty" jsonschema_description:"a list of headers such as NAME_user_ioctl_cmds.h"`
	DriverID     DriverID `yaml:"driverID" jsonschema_description:"a mapping with policy and constant"`
	KernelModule string   `yaml:"kernelModule,omitempty" jsonschema_description:"a module's name NAME.ko for README.md"`
	CMake        CMake    `yaml:"cmake" jsonschema_description:"a mapping with coherentDMA: true or false"`
	Device       Device   `yaml:"device" jsonschema_description:"a mapping with the name of the device for the proof"`
	// ReplacesUpstream says that the provider replaces the release's provider of this name.
	ReplacesUpstream bool `yaml:"replacesUpstream,omitempty" jsonschema_description:"true to replace the release's own provider"`
	// BuildRequires are packages in addition to rdma-core's own requirements.
	BuildRequires BuildRequires `yaml:"buildRequires,omitempty" jsonschema_description:"a mapping with rpm and debian, lists of packages"`
	// PrivateFiles are not copied into rdma-core: name or *.ext in any directory,
	// dir/ a directory with all below it, a/b* one path from the provider's directory.
	PrivateFiles []string `yaml:"privateFiles,omitempty" jsonschema_description:"a list of patterns such as *.ext, dir/ and a/b*"`
}

// Maintainer is the provider's maintainer.
type Maintainer struct {
	Name  string `yaml:"name"  jsonschema_description:"a name"`
	Email string `yaml:"email" jsonschema_description:"an address such as name@host"`
}

// BuildRequires are packages that the provider needs to compile, by their names in RPM distros
// (for the specs) and in Debian (for debian/control).
type BuildRequires struct {
	RPM    []string `yaml:"rpm,omitempty" jsonschema_description:"a list of packages such as numactl-devel"`
	Debian []string `yaml:"debian,omitempty" jsonschema_description:"a list of packages such as libnuma-dev"`
}

// Policy determines the provider's driver id.
type Policy string

const (
	// PolicyNext takes the number after the release's last constant. It differs
	// between releases (19 in v42, 22 from v61 on).
	PolicyNext Policy = "next"
	// PolicyExplicit writes the manifest's value, for a kernel driver that
	// reports that number.
	PolicyExplicit Policy = "explicit"
	// PolicyNone writes no constant: the provider matches by name or PCI id alone.
	PolicyNone Policy = "none"
)

// DriverID is the provider's constant in enum rdma_driver_id.
type DriverID struct {
	Constant string `yaml:"constant,omitempty" jsonschema_description:"a constant: RDMA_DRIVER_ and the name in capitals"`
	Policy   Policy `yaml:"policy" jsonschema:"enum=next,enum=explicit,enum=none" jsonschema_description:"where the number comes from"`
	// Value is the number that the kernel driver reports; with PolicyExplicit only.
	Value int `yaml:"value,omitempty" jsonschema_description:"a number, with policy explicit only"`
	// Shared says that another provider of the release may match the same number.
	Shared bool `yaml:"shared,omitempty" jsonschema_description:"true if another provider of the release may have the same number"`
}

// CMake has the options of the provider's build.
//
//nolint:tagliatelle // DMA is written in capitals, as everywhere in rdma-core
type CMake struct {
	CoherentDMA bool `yaml:"coherentDMA" jsonschema_description:"true or false: whether it needs if (HAVE_COHERENT_DMA)"`
	// Condition is a CMake condition for an if() around add_subdirectory.
	Condition string `yaml:"condition,omitempty" jsonschema_description:"a condition for if() such as ENABLE_FOO"`
	// Subdirectories have their own CMakeLists.txt and are built after the provider, like man
	// of some upstream providers.
	Subdirectories []string `yaml:"subdirectories,omitempty" jsonschema_description:"a list of subdirectories such as man"`
}

// Device is the device that the proof presents to ibv_devices.
//
//nolint:tagliatelle // ABI is written in capitals, as everywhere in rdma-core
type Device struct {
	Name string `yaml:"name" jsonschema_description:"a device's name with its number such as rib0"`
	// KernelABI is a kernel ABI that the provider supports. The default is 1, which
	// most kernel drivers have.
	KernelABI int `yaml:"kernelABI,omitempty" jsonschema:"minimum=0" jsonschema_description:"the uverbs ABI of its driver (default 1)"`
	// Modalias is for a provider that matches by PCI id and not by name.
	Modalias string `yaml:"modalias,omitempty" jsonschema_description:"a modalias such as pci:v00001AF4d00001041sv*sd*bc*sc*i*"`
	// ByDriverID is for a provider with only its driver id in the match table: the proof then
	// simulates the kernel's netlink, which reports it.
	ByDriverID bool `yaml:"byDriverID,omitempty" jsonschema_description:"true if it matches by its driver id alone"`
}

// decode reads provider.yaml. file names it in errors, which are strictyaml's. After an error
// the manifest has the values that could be read.
func (m *Manifest) decode(file string, data []byte) error {
	*m = Manifest{Device: Device{KernelABI: 1}}
	return strictyaml.Decode(file, data, m)
}

// Folder is the directory of the provider in rdma-core's tree, slash separated.
func (m *Manifest) Folder() string {
	if m.Directory != "" {
		return providersFolder + m.Directory
	}
	return providersFolder + m.Name
}

// BuildFolders are the directories that the top CMakeLists.txt adds for the provider. With an
// empty CMakeLists.txt in each and nothing else in Folder, an integrated tree builds without any
// of the provider's own code.
func (m *Manifest) BuildFolders() []string {
	folders := []string{m.Folder()}
	for _, dir := range m.CMake.Subdirectories {
		folders = append(folders, path.Join(m.Folder(), dir))
	}
	return folders
}

// providersFolder is where rdma-core has its providers.
const providersFolder = "providers/"

// maintainersTitle is the title of the section in MAINTAINERS, in upstream's form.
func (m *Manifest) maintainersTitle() string {
	title := m.Title
	if title == "" {
		title = strings.ToUpper(m.Name) + " USERSPACE PROVIDER"
	}
	if m.KernelModule == "" {
		return title
	}
	return title + " (for " + m.KernelModule + ")"
}

// ABIs returns the headers from which make_abi_structs.py generates kernel-abi/, by their paths
// in the provider's directory: abiHeader, or abiHeaders.
func (m *Manifest) ABIs() []string {
	if m.ABIHeader != "" {
		return []string{m.ABIHeader}
	}
	return slices.Clone(m.ABIHeaders)
}

// headerField is a kernel header and where the manifest names it.
type headerField struct{ field, name string }

func (m *Manifest) headerFields() []headerField {
	var all []headerField
	if m.ABIHeader != "" {
		all = append(all, headerField{"abiHeader", m.ABIHeader})
	}
	for i, name := range m.ABIHeaders {
		all = append(all, headerField{fmt.Sprintf("abiHeaders[%d]", i), name})
	}
	for i, name := range m.IoctlHeaders {
		all = append(all, headerField{fmt.Sprintf("ioctlHeaders[%d]", i), name})
	}
	return all
}

// KernelHeaders returns the files that go to kernel-headers/rdma.
func (m *Manifest) KernelHeaders() []string { return slices.Concat(m.ABIs(), m.IoctlHeaders) }

// headerName is a kernel header's name in kernel-headers/rdma.
func headerName(file string) string { return path.Base(file) }

// canonical returns the manifest's content independent of layout and comments: %#v quotes every
// text.
func (m *Manifest) canonical() string { return fmt.Sprintf("%#v", *m) }
