// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

// FuzzRead wants of any spec: it is read in finite time, errors are typed, and the edits
// of a distro's spec can run twice.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		rhelStyle, small, "Source: a\n%prep\n%autosetup -p1 -n %{name}\nPatch: b\n%patchlist\nc\n",
		"%define a %{b}%{b}\n%define b %{a}%{a}\nSource: %{a}\n", "%global a %[ 1 + (2 * -3) ]\n%if %{a} ? 1 : !2\nRelease: %autorelease -b 3\n%endif\n",
		"%bcond x 1 && %{with y}\n%bcond_without y\n%ifarch %{arm}\nRelease: 1\n%else\nRelease: %{?dist}\n%endif\nVersion: 1",
		"%{!?a: %define a %{?b:%{!?c:d}}}\n%undefine a\nSource0: %a\n%prep\n%setup -qn x -T -b 0\nif true; then\nfi\n%{patch3} -p1\n",
		"%package -n libibverbs\nProvides: libmlx5 = %{v}\nObsoletes: libmlx5 < %{v}\n%description -n libibverbs\n- libmlx5: x\n%files\n%attr(1,2) %{_libdir}/libibverbs/*\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := rpmspec.Parse("x.spec", data)
		if err != nil {
			return
		}
		r := s.Read(el9())
		_, errPrep := r.Prep()
		_, errSource := r.Source()
		_, _, errTag := r.Tag("Release")
		_, errVersion := r.ReleaseVersion()
		_, errDistro := s.AddToDistro("crab", "Sideways")
		errSuffix := s.AddReleaseSuffix(".crab1")
		var place *rpmspec.PlaceError
		for _, err := range []error{errPrep, errSource, errTag, errVersion, errDistro, errSuffix, s.Packs("crab")} {
			if err != nil && !errors.As(err, &place) {
				t.Errorf("error of type %T: %v", err, err)
			}
		}
		once := string(s.Bytes())
		if s, err = rpmspec.Parse("x.spec", s.Bytes()); err != nil {
			t.Fatalf("the result cannot be read: %v\n%q", err, once)
		}
		if _, err := s.AddToDistro("crab", "Sideways"); errDistro == nil && err != nil {
			t.Errorf("AddToDistro fails the second time: %v\n%q", err, once)
		}
		if err := s.AddReleaseSuffix(".crab1"); errSuffix == nil && err != nil {
			t.Errorf("AddReleaseSuffix fails the second time: %v\n%q", err, once)
		}
		if errDistro == nil && errSuffix == nil && string(s.Bytes()) != once {
			t.Errorf("a second run makes\n%q\nof\n%q", s.Bytes(), once)
		}
	})
}
