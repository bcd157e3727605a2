// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"fmt"
	"reflect"

	"github.com/resnics/verbsmith/specs/strictyaml"
)

// PinError says that a distro's file cannot be changed by line.
type PinError struct{ File, Digest, Date string }

// Error names the file and what to write into it by hand.
func (e *PinError) Error() string {
	return fmt.Sprintf("%s: want each field on a line of its own; write into it: digest: %s, pinned: %q", e.File, e.Digest, e.Date)
}

// DistroFile is the name of a distro's file in the directory specs.
func DistroFile(name string) string { return distrosFolder + "/" + name + ".yaml" }

// PinDistro returns the text of a distro's file, NAME.yaml, with its image pinned to the digest that it had on a day. All else stays as it
// is, comments and order too.
//
// Errors: *strictyaml.Mistake, *PinError; both name the file.
func PinDistro(file string, text []byte, digest, date string) ([]byte, error) {
	decode := func(text []byte) (Distro, error) {
		f := distroFile{file: file}
		err := strictyaml.Decode(file, text, &f)
		return f.Distro, err
	}
	before, err := decode(text)
	if err != nil {
		return nil, err
	}
	out := strictyaml.SetField(text, "digest", digest, "image")
	out = strictyaml.SetField(out, "pinned", `"`+date+`"`, "digest")
	before.Digest, before.Pinned = digest, date
	if after, err := decode(out); err != nil || !reflect.DeepEqual(before, after) {
		return nil, &PinError{File: file, Digest: digest, Date: date}
	}
	return out, nil
}
