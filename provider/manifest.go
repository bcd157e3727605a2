// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"encoding/json"
	"strings"
)

// ManifestName is the manifest's name in a provider's folder.
const ManifestName = "provider.yaml"

// Manifest is provider.yaml: what must be known of a provider besides its
// files. It is decoded strictly; Check holds the rules beyond its shape.
type Manifest struct {
	Name         string     `yaml:"name" json:"name" jsonschema_description:"The folder under providers/, the CMake target and the NAME of verbs_provider_NAME and libNAME."`
	Description  string     `yaml:"description" json:"description" jsonschema_description:"One line, for the RPM spec's list of drivers."`
	Title        string     `yaml:"title,omitempty" json:"title,omitempty" jsonschema_description:"The title in MAINTAINERS before the kernel module's name. Without one: the name in capitals and USERSPACE PROVIDER."`
	Maintainer   Maintainer `yaml:"maintainer" json:"maintainer" jsonschema_description:"For MAINTAINERS and the patch's header."`
	ABIHeader    string     `yaml:"abiHeader" json:"abiHeader" jsonschema_description:"A file of this folder, NAME-abi.h, that goes to kernel-headers/rdma/."`
	DriverID     DriverID   `yaml:"driverID" json:"driverID" jsonschema_description:"The constant in enum rdma_driver_id."`
	KernelModule string     `yaml:"kernelModule" json:"kernelModule" jsonschema_description:"NAME.ko, for README.md and MAINTAINERS."`
	CMake        CMake      `yaml:"cmake" json:"cmake" jsonschema_description:"Where the top CMakeLists.txt takes the provider in."`
	Device       Device     `yaml:"device" json:"device" jsonschema_description:"The device of the proof."`
	PrivateFiles []string   `yaml:"privateFiles,omitempty" json:"privateFiles,omitempty" jsonschema_description:"Patterns of files that are not copied into rdma-core: name or *.ext in any folder, dir/ for a folder, a/b* for one path."`
}

// Maintainer answers for the provider.
type Maintainer struct {
	Name  string `yaml:"name" json:"name"`
	Email string `yaml:"email" json:"email"`
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
	Constant string `yaml:"constant" json:"constant" jsonschema_description:"RDMA_DRIVER_ and the name in capitals."`
	Policy   Policy `yaml:"policy" json:"policy" jsonschema:"enum=next,enum=explicit" jsonschema_description:"next: the number behind the release's last one. explicit: value."`
	Value    int    `yaml:"value,omitempty" json:"value,omitempty" jsonschema_description:"With policy explicit only: the number that the kernel driver reports."`
}

// CMake says how the provider is built.
type CMake struct {
	CoherentDMA    bool     `yaml:"coherentDMA" json:"coherentDMA" jsonschema_description:"Inside if (HAVE_COHERENT_DMA), or beside it."`
	Subdirectories []string `yaml:"subdirectories,omitempty" json:"subdirectories,omitempty" jsonschema_description:"Folders below with a CMakeLists.txt of their own, as man is for some of upstream's providers."`
}

// Device is what the proof shows to ibv_devices.
type Device struct {
	Name string `yaml:"name" json:"name" jsonschema_description:"A device name that the provider matches, with its number: rib0."`
	// KernelABI is one that the provider supports; 0 stands for 1, which most kernel drivers have.
	KernelABI int    `yaml:"kernelABI,omitempty" json:"kernelABI,omitempty" jsonschema:"minimum=1" jsonschema_description:"The uverbs ABI version of the kernel driver, one that the provider supports. Without one: 1."`
	Modalias  string `yaml:"modalias,omitempty" json:"modalias,omitempty" jsonschema_description:"For a provider that matches by PCI id and not by name: the device's modalias, pci:v0000....d0000....sv*sd*bc*sc*i*."`
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

// canonical gives the manifest's content in one form whatever its layout and comments.
func (m *Manifest) canonical() ([]byte, error) { return json.Marshal(m) }
