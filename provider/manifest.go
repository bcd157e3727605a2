// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"strings"
)

// ManifestName is the manifest's name in a provider's folder.
const ManifestName = "provider.yaml"

// Manifest is provider.yaml: what must be known of a provider besides its
// files. It is decoded strictly; Check holds the rules beyond its shape.
//
//nolint:tagliatelle // ID is written in capitals, as everywhere in rdma-core
type Manifest struct {
	// Name is also that of the CMake target, verbs_provider_NAME and libNAME.
	Name        string `yaml:"name" jsonschema_description:"The folder under providers/; librib's rib."`
	Description string `yaml:"description" jsonschema_description:"One line, for the RPM spec's list of drivers."`
	// Title is by default the name in capitals and USERSPACE PROVIDER.
	Title      string     `yaml:"title,omitempty" jsonschema_description:"In MAINTAINERS, before the module's name."`
	Maintainer Maintainer `yaml:"maintainer" jsonschema_description:"For MAINTAINERS and the patch's header."`
	// ABIHeader goes to kernel-headers/rdma/ and not to providers/NAME.
	ABIHeader    string   `yaml:"abiHeader" jsonschema_description:"A file of this folder, NAME-abi.h."`
	DriverID     DriverID `yaml:"driverID" jsonschema_description:"The constant in enum rdma_driver_id."`
	KernelModule string   `yaml:"kernelModule" jsonschema_description:"NAME.ko, for README.md and MAINTAINERS."`
	CMake        CMake    `yaml:"cmake" jsonschema_description:"Where CMakeLists.txt takes the provider in."`
	Device       Device   `yaml:"device" jsonschema_description:"The device of the proof."`
	// PrivateFiles are not copied into rdma-core: name or *.ext in any folder,
	// dir/ a folder with all below it, a/b* one path from the provider's folder.
	PrivateFiles []string `yaml:"privateFiles,omitempty" jsonschema_description:"Patterns: *.ext, dir/, a/b*."`
}

// Maintainer answers for the provider.
type Maintainer struct {
	Name  string `yaml:"name"`
	Email string `yaml:"email"`
}

// Policy says where the provider's driver id comes from.
type Policy string

const (
	// PolicyNext takes the number behind the release's last constant. It is
	// another one in different releases (19 in v42, 22 from v61 on).
	PolicyNext Policy = "next"
	// PolicyExplicit writes the manifest's value, for a kernel driver that
	// reports that number.
	PolicyExplicit Policy = "explicit"
)

// DriverID is the provider's constant in enum rdma_driver_id.
type DriverID struct {
	Constant string `yaml:"constant" jsonschema_description:"RDMA_DRIVER_ and the name in capitals."`
	Policy   Policy `yaml:"policy" jsonschema:"enum=next,enum=explicit" jsonschema_description:"Whence the number."`
	// Value is what the kernel driver reports; with PolicyExplicit only.
	Value int `yaml:"value,omitempty" jsonschema_description:"The number, with policy explicit only."`
}

// CMake says how the provider is built.
//
//nolint:tagliatelle // DMA is written in capitals, as everywhere in rdma-core
type CMake struct {
	CoherentDMA bool `yaml:"coherentDMA" jsonschema_description:"Inside if (HAVE_COHERENT_DMA), or beside it."`
	// Subdirectories have a CMakeLists.txt of their own and are built behind
	// the provider, as man is for some of upstream's.
	Subdirectories []string `yaml:"subdirectories,omitempty" jsonschema_description:"Folders below, such as man."`
}

// Device is what the proof shows to ibv_devices.
//
//nolint:tagliatelle // ABI is written in capitals, as everywhere in rdma-core
type Device struct {
	Name string `yaml:"name" jsonschema_description:"A name that the provider matches, with its number: rib0."`
	// KernelABI is one that the provider supports; 0 stands for 1, which most kernel drivers have.
	KernelABI int `yaml:"kernelABI,omitempty" jsonschema:"minimum=1" jsonschema_description:"The uverbs ABI, else 1."`
	// Modalias is for a provider that matches by PCI id and not by name.
	Modalias string `yaml:"modalias,omitempty" jsonschema_description:"pci:v0000....d0000....sv*sd*bc*sc*i*"`
}

// ABI is the kernel ABI that the device of the proof reports.
func (d Device) ABI() int { return max(d.KernelABI, 1) }

// maintainersTitle is the title of the section in MAINTAINERS, in upstream's form.
func (m *Manifest) maintainersTitle() string {
	title := m.Title
	if title == "" {
		title = strings.ToUpper(m.Name) + " USERSPACE PROVIDER"
	}
	return title + " (for " + m.KernelModule + ")"
}

// canonical gives the manifest's content in one form whatever its layout and
// comments: %#v quotes every text.
func (m *Manifest) canonical() string { return fmt.Sprintf("%#v", *m) }
