// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"

	"github.com/resnics/verbsmith/provider/internal/text"
	"github.com/resnics/verbsmith/specs/edit"
)

// PlaceError says that an edit did not find its place, or found several.
type PlaceError = edit.PlaceError

// SourceError is a mistake in a file of the provider, with its place.
type SourceError = text.SourceError

// TakenError says that the provider's number in enum rdma_driver_id belongs to another driver
// of that release.
type TakenError struct {
	File     string
	Line     int    // where the other driver is defined
	Constant string // ours
	Value    int
	By       string // the other driver's constant
}

// Error names both constants and the number.
func (e *TakenError) Error() string {
	return fmt.Sprintf("%s: %s cannot have driver id %d: it belongs to %s",
		edit.At(e.File, e.Line), e.Constant, e.Value, e.By)
}

// ConflictError says that the release already has something different of this name.
type ConflictError struct {
	File string
	Line int // 0 where no line can be named
	Want string
	Got  string
}

// Error returns "file:line: want X, got Y".
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: want %s, got %s", edit.At(e.File, e.Line), edit.Cut(e.Want), edit.Cut(e.Got))
}
