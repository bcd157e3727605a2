// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ruleKind is how an entry of a match table compares, numbered as in driver.h.
type ruleKind uint8

const (
	rulePCI      ruleKind = 1
	ruleModalias ruleKind = 2
	ruleDriverID ruleKind = 3
)

// rule is an entry of a provider's match table.
type rule struct {
	kind           ruleKind
	pattern        string // of a modalias or of a name
	driverID       uint64
	vendor, device uint16
}

// namePattern is what VERBS_NAME_MATCH makes of a name.
const (
	namePrefix = "rdma_device:*N"
	nameSuffix = "*"
)

// String is the rule as the provider's source has it.
func (r rule) String() string {
	switch r.kind {
	case rulePCI:
		return fmt.Sprintf("VERBS_PCI_MATCH %04x:%04x", r.vendor, r.device)
	case ruleDriverID:
		return fmt.Sprintf("VERBS_DRIVER_ID %d", r.driverID)
	default:
		if name, ok := r.name(); ok {
			return "VERBS_NAME_MATCH " + strconv.QuoteToASCII(name)
		}
		return "VERBS_MODALIAS_MATCH " + strconv.QuoteToASCII(r.pattern)
	}
}

// name is what the rule compares a device's name with, if that is what it is for.
func (r rule) name() (string, bool) {
	name, ok := strings.CutPrefix(r.pattern, namePrefix)
	return strings.TrimSuffix(name, nameSuffix), ok && r.kind == ruleModalias
}

// matchesText says whether the rule matches a modalias, or a name that was made one.
func (r rule) matchesText(text string) bool {
	switch r.kind {
	case rulePCI:
		return fnmatch(fmt.Sprintf("pci:v%08Xd%08Xsv*", r.vendor, r.device), text)
	case ruleModalias:
		return fnmatch(r.pattern, text)
	default:
		return false
	}
}

// driverOps is what a provider registers with libibverbs: a struct verbs_device_ops, as far as it says which devices it takes.
type driverOps struct {
	name           string
	minABI, maxABI uint32 // of the kernel's uverbs ABI for this device, both inclusive
	rules          []rule
	function       bool // it has a match_device function, which decides after the table
}

// Offsets in struct verbs_device_ops and the size of struct verbs_match_ent, which are the same from rdma-core 34 to 65 wherever
// a pointer has 8 bytes (libibverbs/driver.h).
const (
	opsMinABI   = 8
	opsMaxABI   = 12
	opsTable    = 16
	opsMatch    = 32
	opsContext  = 40
	opsAlloc    = 56
	opsUninit   = 64
	opsSize     = 72
	entryValue  = 8
	entryVendor = 16
	entryDevice = 18
	entryKind   = 20
	entrySize   = 24

	maxRules = 1 << 14
)

// findOps finds what a module registers. The structure has no symbol in an installed module, so it is recognised by its form: a
// pointer to a name, two numbers in order, a pointer to a table that ends as it should, and functions. A structure without a table
// and without a match_device function takes no device and is left out.
func (o *object) findOps() []driverOps {
	var found []driverOps
	for _, at := range o.slots() {
		if ops, ok := o.opsAt(at); ok {
			found = append(found, ops)
		}
	}
	return found
}

func (o *object) opsAt(at uint64) (ops driverOps, ok bool) {
	raw, ok := o.at(at, opsSize)
	if !ok {
		return ops, false
	}
	name, ok := o.text(o.pointers[at])
	if !ok || !printable(name) || len(name) > 64 {
		return ops, false
	}
	ops.name, ops.minABI, ops.maxABI = name, o.order.Uint32(raw[opsMinABI:]), o.order.Uint32(raw[opsMaxABI:])
	if ops.minABI > ops.maxABI {
		return ops, false
	}
	for offset, must := range map[uint64]bool{opsMatch: false, opsContext: false, opsAlloc: true, opsUninit: false} {
		if !o.function(at+offset, must) {
			return ops, false
		}
	}
	_, ops.function = o.pointers[at+opsMatch]
	table, has := o.pointers[at+opsTable]
	if has {
		if ops.rules, ok = o.rulesAt(table); !ok {
			return ops, false
		}
	}
	return ops, has || ops.function
}

// function says whether a slot has the address of code, or nothing where it need not.
func (o *object) function(slot uint64, must bool) bool {
	to, has := o.pointers[slot]
	if has {
		return o.isCode(to)
	}
	raw, ok := o.at(slot, 8)
	return ok && !must && o.order.Uint64(raw) == 0
}

// rulesAt reads a match table up to its sentinel.
func (o *object) rulesAt(at uint64) ([]rule, bool) {
	var rules []rule
	for range maxRules {
		raw, ok := o.at(at, entrySize)
		if !ok {
			return nil, false
		}
		r := rule{
			kind: ruleKind(raw[entryKind]), vendor: o.order.Uint16(raw[entryVendor:]), device: o.order.Uint16(raw[entryDevice:]),
		}
		pointer, isPointer := o.pointers[at+entryValue]
		switch r.kind {
		case 0:
			return rules, true
		case rulePCI:
		case ruleDriverID:
			r.driverID = o.order.Uint64(raw[entryValue:])
			if isPointer {
				return nil, false
			}
		case ruleModalias:
			if r.pattern, ok = o.text(pointer); !ok || !isPointer || !printable(r.pattern) {
				return nil, false
			}
		default:
			return nil, false
		}
		rules = append(rules, r)
		at += entrySize
	}
	return nil, false
}

var registers = regexp.MustCompile(`^verbs_register_driver_([0-9]{1,9})$`)

// registersWith is the private ABI of the libibverbs that a module registers with, 0 if it registers with none.
func (o *object) registersWith() int {
	for _, s := range o.wants {
		if m := registers.FindStringSubmatch(s.name); m != nil {
			n, _ := strconv.Atoi(m[1]) // nine digits
			return n
		}
	}
	return 0
}
