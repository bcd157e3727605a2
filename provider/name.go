// SPDX-License-Identifier: Apache-2.0

package provider

import "github.com/resnics/verbsmith/specs/edit"

// NameError says that a name cannot be a provider's.
type NameError struct{ Name, Want, Got string }

// Error quotes the name, which may contain anything.
func (e *NameError) Error() string {
	return "provider name " + edit.Quote(e.Name) + ": want " + e.Want + ", got " + e.Got
}

const wantName = "a C name of up to 32 of a-z, 0-9 and _, starting with a letter"

// CheckName checks a name against the rules for a manifest's name.
//
// Errors: *NameError.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return &NameError{Name: name, Want: wantName, Got: "an invalid one"}
	}
	if why := reserved(name); why != "" {
		return &NameError{Name: name, Want: "an unused name", Got: "a reserved one: " + why}
	}
	return nil
}

// UpstreamHas reports whether an upstream release from v32.0 to 65.0 has a provider
// of that name: the directories of its providers/.
func UpstreamHas(name string) bool {
	switch name {
	case "bnxt_re", "cxgb4", "efa", "erdma", "hfi1verbs", "hns", "i40iw", "ionic", "ipathverbs", "irdma", "mana",
		"mlx4", "mlx5", "mthca", "ocrdma", "qedr", "rxe", "siw", "vmw_pvrdma":
		return true
	}
	return false
}
