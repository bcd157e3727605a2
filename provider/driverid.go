// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/resnics/verbsmith/provider/internal/c"
	"github.com/resnics/verbsmith/provider/internal/text"
)

const driverEnum = "rdma_driver_id"

// sentinel matches the name of a constant that stands for the end of an enum, and not for a driver.
var sentinel = regexp.MustCompile(`^__|_(MAX|LAST|NUM|COUNT|END)$`)

// ReadDriverIDs reads enum rdma_driver_id.
func ReadDriverIDs(file string, data []byte) (*c.Enum, error) {
	return c.ParseEnum(file, data, driverEnum)
}

// addDriverID appends the constant to enum rdma_driver_id and returns its number. If another
// driver has the number in this release, the error is a *TakenError.
func addDriverID(file string, data []byte, id DriverID) (out []byte, value int, already bool, err error) {
	def, err := ReadDriverIDs(file, data)
	if err != nil {
		return nil, 0, false, err
	}
	if i := def.Find(id.Constant); i >= 0 {
		value, err = existingID(file, data, def, def.Consts[i], id)
		return data, value, true, err
	}
	next, known := def.Next.Only()
	if i := len(def.Consts) - 1; i >= 0 && id.Policy != PolicyExplicit && sentinel.MatchString(def.Consts[i].Name) {
		return nil, 0, false, &PlaceError{
			File: file, Line: text.LineNumber(data, def.Consts[i].Start),
			LookedFor: "a driver as the last constant of enum " + driverEnum, Found: def.Consts[i].Name + ", which counts them",
		}
	}
	value = next
	s := id.Constant
	if id.Policy == PolicyExplicit {
		value = id.Value
		s += " = " + strconv.Itoa(id.Value)
	} else if !known || len(def.Consts) == 0 {
		return nil, 0, false, &PlaceError{
			File: file, Line: text.LineNumber(data, def.Close),
			LookedFor: "one number after the last constant of enum " + driverEnum,
			Found:     def.Next.Describe(def),
		}
	}
	if err := possibleID(file, text.LineNumber(data, def.Close), id.Constant, value); err != nil {
		return nil, 0, false, err
	}
	if err := freeID(file, data, def, id, value); err != nil {
		return nil, 0, false, err
	}
	out = insertConstant(data, def, s)
	if err := sameEnum(file, out, def, id.Constant, value); err != nil {
		return nil, 0, false, err
	}
	return out, value, false, nil
}

// existingID is addDriverID for a release that already has the constant.
func existingID(file string, data []byte, def *c.Enum, e c.Constant, id DriverID) (int, error) {
	line := text.LineNumber(data, e.Start)
	for _, other := range def.Consts {
		if other.Name == e.Name && other.Start != e.Start {
			return 0, &PlaceError{
				File: file, Line: text.LineNumber(data, other.Start),
				LookedFor: id.Constant + " at most once in enum " + driverEnum,
				Found:     "another in line " + strconv.Itoa(line),
			}
		}
	}
	value, ok := e.Values.Only()
	if !ok {
		return 0, &PlaceError{
			File: file, Line: line, LookedFor: "one number for " + id.Constant, Found: e.Values.Describe(def),
		}
	}
	if id.Policy == PolicyExplicit && value != id.Value {
		return 0, &ConflictError{
			File: file, Line: line,
			Want: fmt.Sprintf("%s = %d, as the manifest says", id.Constant, id.Value),
			Got:  fmt.Sprintf("%d: the release has the constant already", value),
		}
	}
	if err := possibleID(file, line, id.Constant, value); err != nil {
		return 0, err
	}
	if e.Alias != "" { // upstream's own alias, as RDMA_DRIVER_IRDMA = RDMA_DRIVER_I40IW
		return value, nil
	}
	return value, freeID(file, data, def, id, value)
}

// possibleID refuses a number, from the position in the enum, that no device can have. The
// manifest's number is checked with the manifest.
func possibleID(file string, line int, constant string, value int) error {
	if 1 <= value && value <= maxDriverID {
		return nil
	}
	lookedFor := fmt.Sprintf("a number from 1 to %d for %s in enum %s", maxDriverID, constant, driverEnum)
	return &PlaceError{File: file, Line: line, LookedFor: lookedFor, Found: strconv.Itoa(value)}
}

// freeID refuses a value that another constant has. An alias shares its number on purpose, and
// so does a provider with driverID.shared.
func freeID(file string, data []byte, def *c.Enum, id DriverID, value int) error {
	for _, e := range def.Consts {
		if e.Name != id.Constant && e.Alias == "" && e.Values.Has(value) && !id.Shared {
			line := text.LineNumber(data, e.Start)
			return &TakenError{File: file, Line: line, Constant: id.Constant, Value: value, By: e.Name}
		}
	}
	return nil
}

// insertConstant writes text as the last constant, with a comma where the last one had one.
func insertConstant(data []byte, def *c.Enum, s string) []byte {
	if _, own := text.Indent(data, def.Close); !own || len(def.Consts) == 0 {
		if def.Comma {
			return text.Splice(data, def.LastEnd, " "+s+",")
		}
		return text.Splice(data, def.LastEnd, ", "+s)
	}
	last := def.Consts[len(def.Consts)-1]
	indent, ok := text.Indent(data, last.Start)
	if !ok {
		indent = "\t"
	}
	if def.Comma {
		return text.InsertLineBefore(data, def.Close, indent+s+",")
	}
	out := text.InsertLineBefore(data, def.Close, indent+s)
	return text.Splice(out, def.LastEnd, ",")
}

// sameEnum parses the result and compares it with the expected one.
func sameEnum(file string, out []byte, before *c.Enum, constant string, value int) error {
	after, err := ReadDriverIDs(file, out)
	if err != nil {
		return fmt.Errorf("after the edit: %w", err)
	}
	n := len(before.Consts)
	ok := len(after.Consts) == n+1 && after.Comma == before.Comma
	for i := 0; ok && i < n; i++ {
		a, b := after.Consts[i], before.Consts[i]
		ok = a.Name == b.Name && slices.Equal(a.Values, b.Values) && a.Depth == b.Depth
	}
	if ok {
		e := after.Consts[n]
		v, known := e.Values.Only()
		ok = e.Name == constant && known && v == value && e.Depth == 0
	}
	if !ok {
		return &PlaceError{
			File: file, Line: text.LineNumber(out, before.Close),
			LookedFor: "an end of enum " + driverEnum + " outside any #if, after a constant with or without a comma",
			Found:     "a different layout",
		}
	}
	return nil
}

// DriverIDs reads enum rdma_driver_id of a release's DriverHeader: constants by number. Aliases
// and constants without a known number are omitted; if an #if decides, the constant is listed
// with each possible number.
//
// Errors: *PlaceError.
func DriverIDs(header []byte) (map[int]string, error) {
	def, err := ReadDriverIDs(DriverHeader, header)
	if err != nil {
		return nil, err
	}
	ids := make(map[int]string, len(def.Consts))
	for _, e := range def.Consts {
		for _, value := range e.Values {
			if _, taken := ids[value]; !taken && e.Alias == "" {
				ids[value] = e.Name
			}
		}
	}
	return ids, nil
}

// UnclearIDs returns a *PlaceError for the first constant of enum rdma_driver_id whose number the text does not determine.
func UnclearIDs(header []byte) error {
	def, err := ReadDriverIDs(DriverHeader, header)
	if err != nil {
		return err
	}
	for _, e := range def.Consts {
		if len(e.Values) == 0 {
			return &PlaceError{
				File: DriverHeader, Line: text.LineNumber(header, e.Start),
				LookedFor: "a number for " + e.Name + " in enum " + driverEnum, Found: e.Values.Describe(def),
			}
		}
	}
	return nil
}
