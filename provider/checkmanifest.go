// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/specs/strictyaml"
)

// The kernel's driver ids are 32 bit, an enum constant of C is an int.
const maxDriverID = 1<<31 - 1

var (
	nameForm     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	constantForm = regexp.MustCompile(`^RDMA_DRIVER_[A-Z0-9_]{1,48}$`)
	headerForm   = regexp.MustCompile(`^(?:\.\./){0,8}(?:[A-Za-z0-9_][A-Za-z0-9_.-]*/){0,8}[a-z0-9][a-z0-9_-]{0,60}\.h$`)
	moduleForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*\.ko$`)
	deviceForm   = regexp.MustCompile(`^[a-z][a-z0-9_]*\d$`)
	modaliasForm = regexp.MustCompile(`^[a-z0-9]+:[A-Za-z0-9*?_.,:+-]{1,200}$`)
	folderForm   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$`)
	licenseForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+ ()-]{0,99}$`)
	emailForm    = regexp.MustCompile(`^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$`)
)

const (
	maxDeviceName = 63      // the kernel's IB_DEVICE_NAME_MAX without the final zero
	maxKernelABI  = 1 << 30 // libibverbs reads it into an int
)

// reserved says why a name cannot be a provider's, "" if it can: verbs.h, CMake and rdma-core's
// libraries use some names.
func reserved(name string) string {
	switch name {
	case staticAll, staticNone:
		return "verbs.h reserves the names all and none"
	case "test", "install", "clean", "help", "package", "package_source", "edit_cache", "rebuild_cache", "depend":
		return "CMake has a target of that name"
	case "ibverbs", "rdmacm", "ibumad", "ibmad", "ibnetdisc", "rdma_util", "ccan", "ibacm":
		return "rdma-core has a library of that name"
	}
	if cmake.IsKeyword(name) {
		return "it is a CMake keyword"
	}
	return ""
}

// ChecksPart marks that Check accepts a manifest with missing values.
func (m *Manifest) ChecksPart() {}

// Check returns the problems of the manifest beyond its schema.
func (m *Manifest) Check() []strictyaml.Problem {
	var c checker
	c.match("name", m.Name, nameForm, "a C name of up to 32 of a-z, 0-9 and _, starting with a letter")
	if why := reserved(m.Name); why != "" {
		c.add("name", "an unused name", strconv.Quote(m.Name)+": "+why)
	}
	c.directory(m)
	c.line("description", m.Description, 100)
	if m.Title != "" {
		c.line("title", m.Title, 80)
		if maintainersField.MatchString(m.Title) || strings.ContainsAny(m.Title[:1], " \t") {
			c.add("title", "a title that does not look like an entry of MAINTAINERS", strconv.Quote(m.Title))
		}
	}
	c.person("maintainer", m.Maintainer)
	for i, one := range m.CoMaintainers {
		c.person(fmt.Sprintf("coMaintainers[%d]", i), one)
	}
	c.copyright(m)
	c.headers(m)
	c.driverID(m.DriverID)
	if m.KernelModule != "" {
		c.match("kernelModule", m.KernelModule, moduleForm, "NAME.ko, of letters, digits, _ and -")
	}
	c.device(m.Device)
	if m.Device.ByDriverID && m.DriverID.Policy == PolicyNone {
		c.add("device.byDriverID", "false with driverID.policy none: there is no id to match by", "true")
	}
	c.cmake(m.CMake)
	c.buildRequires(m.BuildRequires)
	for i, p := range m.PrivateFiles {
		if want := badPattern(p); want != "" {
			c.add(fmt.Sprintf("privateFiles[%d]", i), want, strconv.Quote(p))
		}
	}
	return c.problems
}

type checker struct{ problems []strictyaml.Problem }

func (c *checker) add(path, want, got string) {
	c.problems = append(c.problems, strictyaml.Problem{Path: path, Want: want, Got: got})
}

func (c *checker) match(path, value string, form *regexp.Regexp, want string) {
	if !form.MatchString(value) {
		c.add(path, want, strconv.Quote(value))
	}
}

// line checks a text for one line of a foreign file. "%" would be a macro in an RPM spec.
func (c *checker) line(path, value string, most int) {
	switch {
	case value == "" || strings.TrimSpace(value) != value:
		c.add(path, "text without leading or trailing blanks", strconv.Quote(value))
	case !utf8.ValidString(value) || strings.ContainsFunc(value, isUnprintable):
		c.add(path, "one line of text without control characters", strconv.Quote(value))
	case strings.Contains(value, "%"):
		c.add(path, "text without %, which RPM would read as a macro", strconv.Quote(value))
	case strings.ContainsAny(value, "$`\\"):
		c.add(path, "text without $, ` and \\, which shells and make would expand", strconv.Quote(value))
	case utf8.RuneCountInString(value) > most:
		c.add(path, fmt.Sprintf("at most %d characters", most), strconv.Itoa(utf8.RuneCountInString(value)))
	}
}

// isUnprintable includes Unicode's line ends, zero-width characters and those that change the
// direction of text.
func isUnprintable(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

func (c *checker) person(path string, m Maintainer) {
	c.line(path+".name", m.Name, 80)
	if strings.ContainsAny(m.Name, "<>\"") {
		c.add(path+".name", "a name without < > and quotes", strconv.Quote(m.Name))
	}
	_, err := mail.ParseAddress(m.Email)
	if err != nil || !emailForm.MatchString(m.Email) {
		c.add(path+".email", "an address such as name@host", strconv.Quote(m.Email))
	}
}

func (c *checker) device(d Device) {
	c.match("device.name", d.Name, deviceForm, "a device name of a-z, 0-9 and _ with its number, such as rib0")
	if len(d.Name) > maxDeviceName {
		c.add("device.name", fmt.Sprintf("at most %d bytes", maxDeviceName), strconv.Itoa(len(d.Name)))
	}
	if d.KernelABI > maxKernelABI {
		c.add("device.kernelABI", fmt.Sprintf("a number from 0 to %d", maxKernelABI), strconv.Itoa(d.KernelABI))
	}
	if d.Modalias != "" {
		c.match("device.modalias", d.Modalias, modaliasForm, "a modalias such as pci:v00001AF4d00001041sv*sd*bc*sc*i*")
	}
}

func (c *checker) driverID(id DriverID) {
	if id.Policy != PolicyNone {
		c.match("driverID.constant", id.Constant, constantForm, "RDMA_DRIVER_ followed by capitals, digits and _")
	} else if id.Constant != "" {
		c.add("driverID.constant", "none with policy none", strconv.Quote(id.Constant))
	}
	switch {
	case id.Policy == PolicyExplicit && (id.Value < 1 || id.Value > maxDriverID):
		want := fmt.Sprintf("a number from 1 to %d with policy explicit", maxDriverID)
		c.add("driverID.value", want, strconv.Itoa(id.Value))
	case id.Policy != PolicyExplicit && id.Value != 0:
		c.add("driverID.value", "none with policy "+string(id.Policy), strconv.Itoa(id.Value))
	}
}
