// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import (
	"errors"
	"testing"

	"github.com/resnics/verbsmith/specs/rpmspec"
)

func TestAddBuildRequires(t *testing.T) {
	const head, rest = "Name: a\nBuildRequires:  gcc, cmake >= 2.8 numactl-devel\nBuildRequires:  binutils\n",
		"%if 1\nBuildRequires: boost-devel\n%endif\n%description\nBuildRequires: not me\n%package b\nBuildRequires: g++\n"
	for _, tt := range []struct{ adds, want []string }{
		{nil, nil},
		{[]string{"numactl-devel", "cmake >= 2.8", "binutils"}, nil},
		{[]string{"boost-devel", "pkgconfig(numa) >= 2.0"}, []string{"boost-devel", "pkgconfig(numa) >= 2.0"}},
		{[]string{"g++", "/usr/bin/x"}, []string{"g++", "/usr/bin/x"}},
	} {
		want := head
		for _, w := range tt.want {
			want += "BuildRequires:  " + w + "\n"
		}
		want += rest
		s := parse(t, head+rest)
		for range 2 {
			if err := s.AddBuildRequires(tt.adds...); err != nil {
				t.Fatal(err)
			}
			if got := string(s.Bytes()); got != want {
				t.Errorf("%q: got\n%s\nwant\n%s", tt.adds, got, want)
			}
		}
	}
}

func TestAddBuildRequiresRefuses(t *testing.T) {
	s := parse(t, "Name: a\nBuildRequires: b\n")
	for _, name := range []string{"", "%{evil}", "a\nb", " a"} {
		var value *rpmspec.ValueError
		if err := s.AddBuildRequires(name); !errors.As(err, &value) {
			t.Errorf("%q: %v", name, err)
		}
	}
	var place *rpmspec.PlaceError
	if err := parse(t, "Name: a\n%if 1\nBuildRequires: b\n%endif\n").AddBuildRequires("c"); !errors.As(err, &place) {
		t.Errorf("no place: %v", err)
	}
}
