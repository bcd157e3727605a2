// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
)

// InputError says that a build would have another input than the recorded one, and which is the first.
type InputError struct {
	Input     string // such as "provider rib.c"
	Want, Got string // recorded, and found here; "" for none
}

// What the inputs of a source and of a provider begin with.
const (
	OfSource   = "source"
	OfProvider = "provider"
)

// Of says whether it is about a source or a provider.
func (e *InputError) Of(what string) bool { return strings.HasPrefix(e.Input, what) }

// Error implements error.
func (e *InputError) Error() string {
	return fmt.Sprintf("%s differs from the record: want %s, got %s", e.Input, orNone(e.Want), orNone(e.Got))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// SameSource compares what is known before anything is edited: release, source and provider.
//
// Errors: *InputError.
func SameSource(want, got artifact.Record) error {
	if err := first(
		one("release", want.Release, got.Release),
		one(OfSource+" "+want.Source.Name, want.Source.Digest, got.Source.Digest),
	); err != nil {
		return err
	}
	return sameProvider(want.Provider, got.Provider)
}

func sameProvider(want, got *artifact.RecordedProvider) error {
	if want == nil || got == nil {
		return first(one(OfProvider, nameOf(want), nameOf(got)))
	}
	return first(
		one(OfProvider, want.Name, got.Name),
		digests(OfProvider+" file ", want.Files, got.Files),
		one("provider.yaml", want.SHA256, got.SHA256), // the files are the same
	)
}

func nameOf(p *artifact.RecordedProvider) string {
	if p == nil {
		return ""
	}
	return p.Name
}

// SameInputs compares everything that a build reads, and where it runs.
//
// Errors: *InputError.
func SameInputs(want, got artifact.Record) error {
	if err := SameSource(want, got); err != nil {
		return err
	}
	return first(
		digests("input ", want.Inputs, got.Inputs),
		values("environment ", want.Environment, got.Environment),
		values("macro ", want.BuildRoot.Macros, got.BuildRoot.Macros),
		installed("build root: package ", want.BuildRoot.RPM, got.BuildRoot.RPM),
		installed("build root: package ", want.BuildRoot.Dpkg, got.BuildRoot.Dpkg),
	)
}

// first is the first difference, nil for none.
func first(all ...*InputError) error {
	for _, e := range all {
		if e != nil {
			return e
		}
	}
	return nil
}

func one(input, want, got string) *InputError {
	if want == got {
		return nil
	}
	return &InputError{Input: input, Want: want, Got: got}
}

func digests(input string, want, got []artifact.Digest) *InputError {
	sums := func(list []artifact.Digest) map[string]string {
		all := map[string]string{}
		for _, d := range list {
			all[d.Path] = d.SHA256
		}
		return all
	}
	return values(input, sums(want), sums(got))
}

func installed(input string, want, got []artifact.Installed) *InputError {
	sums := func(list []artifact.Installed) map[string]string {
		all := map[string]string{}
		for _, p := range list {
			all[p.Package] = strings.TrimSpace("installed " + p.SHA256)
		}
		return all
	}
	return values(input, sums(want), sums(got))
}

// values compares by names, in their order.
func values(input string, want, got map[string]string) *InputError {
	names := slices.Sorted(maps.Keys(want))
	for name := range got {
		if _, ok := want[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if e := one(input+name, want[name], got[name]); e != nil {
			return e
		}
	}
	return nil
}
