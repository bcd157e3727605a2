// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"testing"
)

func TestNamePath(t *testing.T) {
	for _, tt := range []struct{ args, want []string }{
		{[]string{"provider:adopt", "a b/c", "-dir=x"}, []string{"provider:adopt", "-path=a b/c", "-dir=x"}},
		{[]string{"-v", "Provider:Adopt", "."}, []string{"-v", "Provider:Adopt", "-path=."}},
		{[]string{"provider:adopt", "-dir=x"}, []string{"provider:adopt", "-dir=x"}},
		{[]string{"provider:adopt", "-depth=edit", "../fork", "-dir=x"}, []string{"provider:adopt", "-depth=edit", "-path=../fork", "-dir=x"}},
		{[]string{"provider:adopt", "-dir=x", "provider:check"}, []string{"provider:adopt", "-dir=x", "provider:check"}},
		{[]string{"provider:adopt"}, []string{"provider:adopt"}},
		{[]string{"report", "dist", "-open", "other/x", "rpm"}, []string{"report", "-dist=dist,other/x", "-open", "rpm"}},
		{[]string{"-v", "Report", "-open", "."}, []string{"-v", "Report", "-dist=.", "-open"}},
		{[]string{"report", "-open"}, []string{"report", "-open"}},
		{[]string{"distro:report", "a"}, []string{"distro:report", "a"}},
		{[]string{"provider:check", "a"}, []string{"provider:check", "a"}},
		{[]string{"diagnose", "-packages=a.rpm", "b.rpm", "-json", "c/d", "rpm"}, []string{"diagnose", "-packages=a.rpm,b.rpm,c/d", "-json", "rpm"}},
		{[]string{"-v", "Diagnose", "--dist", "-json"}, []string{"-v", "Diagnose", "--dist=", "-json"}},
		{[]string{"diagnose", "-dist=x", "rpm"}, []string{"diagnose", "-dist=x", "rpm"}},
		{[]string{"diagnose", "b.rpm", "./c"}, []string{"diagnose", "-packages=b.rpm,./c"}},
		{[]string{"diagnose", "rpm"}, []string{"diagnose", "rpm"}},
	} {
		given := slices.Clone(tt.args)
		if got := namePath(tt.args); !slices.Equal(got, tt.want) || !slices.Equal(given, tt.args) {
			t.Errorf("%q: got %q, want %q", given, got, tt.want)
		}
	}
}
