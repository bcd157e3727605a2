// SPDX-License-Identifier: Apache-2.0

package driverapi_test

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/driverapi"
)

// byNumber orders the versions of this test.
func byNumber(a, b string) int {
	number := func(version string) float64 {
		version, _, _ = strings.Cut(version, "^")
		n, _ := strconv.ParseFloat(version, 64)
		return n
	}
	return cmp.Compare(number(a), number(b))
}

// A provider that comes, one that goes, one that comes again, and a distro's version of a release.
func TestProviders(t *testing.T) {
	h := driverapi.Collect([]driverapi.Release{
		{Version: "32.0", Providers: []string{"ant", "bee"}},
		{Version: "40.0", Providers: []string{"bee", "cow"}},
		{Version: "50.1", Providers: []string{"ant", "bee", "cow"}},
	})
	want := []driverapi.Presence{
		{Name: "ant", From: "32.0", Below: "40.0"}, {Name: "ant", From: "50.1"}, {Name: "bee", From: "32.0"}, {Name: "cow", From: "40.0"},
	}
	if !slices.Equal(h.Providers, want) {
		t.Errorf("got %v", h.Providers)
	}
	for _, tt := range []struct {
		provider, version, since string
		has                      bool
	}{
		{"ant", "31.0", "", true}, // as the oldest one
		{"ant", "39.9", "50.1", true},
		{"ant", "40.0", "50.1", false},
		{"ant", "50.1", "", true},
		{"bee", "66.0", "", true},
		{"cow", "39.0", "40.0", false},
		{"cow", "40.1^20260101git1234567", "", true},
		{"dog", "40.0", "", false},
	} {
		if got := h.Has(tt.provider, tt.version, byNumber); got != tt.has {
			t.Errorf("Has(%s, %s): got %t", tt.provider, tt.version, got)
		}
		if got := h.Since(tt.provider, tt.version, byNumber); !tt.has && got != tt.since {
			t.Errorf("Since(%s, %s): got %q, want %q", tt.provider, tt.version, got, tt.since)
		}
	}
}
