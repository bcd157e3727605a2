// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// editAll makes every edit, one after the other.
func editAll(s *rpmspec.Spec, description string) []error {
	_, patch := s.AddPatch("p.patch", "")
	_, changelog := s.AddChangelog(entry())
	return []error{
		patch, s.AddProvider("crab", description), s.AddSUSEProvider("crab", description), changelog,
		s.AddPayload(crab()), s.AddSUSEPayload(crab()),
	}
}

// FuzzEdits wants of any spec: unedited bytes stay, errors are typed, and what was edited
// once is as it is when it is read and edited again.
func FuzzEdits(f *testing.F) {
	for _, text := range []string{
		"", small, "%if", "%endif", "Source: a\n%prep\n%autosetup", "Source: a\n%prep\n%setup\\", "%define a %{", "%changelog", "%changelog\n* x\n",
		"%package -n libibverbs\nProvides: liba = %{version}-%{release}", "%description -n libibverbs\n- liba: \\\n%prep",
		"%if 1\nSource: a\r\n%endif\r\n%prep\r\n%setup\r\n%patchlist\nq", "Source: a\n%prep\n%if\n%setup\n%endif\n%changelog\n",
	} {
		f.Add([]byte(text), "Sideways")
	}
	f.Add([]byte(small), "100% \\")
	f.Add([]byte(payloadSpec), "x")
	f.Add([]byte(suse(suseSections)), "x")
	f.Add([]byte(suse(suseMacros)), "x")
	f.Fuzz(func(t *testing.T, data []byte, description string) {
		s, err := rpmspec.Parse("x.spec", data)
		var place *rpmspec.PlaceError
		if err != nil {
			if !errors.As(err, &place) {
				t.Fatalf("Parse: %v", err)
			}
			return
		}
		if !bytes.Equal(s.Bytes(), data) {
			t.Fatalf("parsed to %q", s.Bytes())
		}
		_, sourceErr := s.SourceFile(nil)
		first := editAll(s, description)
		var value *rpmspec.ValueError
		for _, err := range append(first, sourceErr) {
			if err != nil && !errors.As(err, &place) && !errors.As(err, &value) {
				t.Errorf("error of type %T: %v", err, err)
			}
		}
		again, err := rpmspec.Parse("x.spec", s.Bytes())
		if err != nil {
			t.Fatalf("the result cannot be read: %v\n%q", err, s.Bytes())
		}
		for i, err := range editAll(again, description) {
			if first[i] == nil && err != nil {
				t.Errorf("edit %d fails the second time: %v\n%q", i, err, s.Bytes())
			}
		}
		if !bytes.Equal(again.Bytes(), s.Bytes()) {
			t.Errorf("a second run makes\n%q\nof\n%q", again.Bytes(), s.Bytes())
		}
	})
}
