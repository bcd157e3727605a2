// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"strings"
	"testing"
)

// What rpm -V says of a file's content counts, and not what it says of times and owners.
func TestVerifyLine(t *testing.T) {
	for line, want := range map[string]string{
		"S.5....T.  c /etc/libibverbs.d/rib.driver\n": "/etc/libibverbs.d/rib.driver changed",
		"..5......    /usr/lib64/a b.so\n":            "/usr/lib64/a b.so changed",
		"....L....    /usr/lib64/librib.so.1\n":       "/usr/lib64/librib.so.1 changed",
		"missing     /usr/lib64/librib.so.1\n":        "/usr/lib64/librib.so.1 missing",
		"missing   c /etc/rib.conf\n":                 "/etc/rib.conf missing",
		".......T.    /usr/lib64/librib.so.1\n":       "",
		".M...UG..    /usr/lib64/librib.so.1\n":       "",
		"Unsatisfied dependencies for rib-1:\n":       "",
		"":                                            "",
	} {
		file, what := verifyLine(line)
		if got := file + " " + what; what == "" && want != "" || what != "" && got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// A leftover is one by its name, or because no installed package has it.
func TestStale(t *testing.T) {
	for _, tt := range []struct {
		file string
		of   packages
		want bool
	}{
		{"/etc/libibverbs.d/rib.driver", packages{}, false},
		{"/etc/libibverbs.d/rib.driver.rpmsave", packages{}, true},
		{"/etc/libibverbs.d/rib.driver~", packages{}, true},
		{"/a", packages{manager: "rpm"}, true},
		{"/a", packages{manager: "rpm", owner: map[string]string{"/a": "rib"}}, false},
		{"/a", packages{manager: "dpkg", owner: map[string]string{"/a": "rib"}, gone: map[string]bool{"rib": true}}, true},
	} {
		a := &asker{packages: &tt.of}
		if got := a.isStale(tt.file); got != tt.want {
			t.Errorf("%s of %+v: got %t", tt.file, tt.of, got)
		}
	}
}

// dpkg's sums are compared, also of configuration files and where /lib is a link to /usr/lib.
func TestDpkg(t *testing.T) {
	m := newMachine(t)
	dpkg(m, "install ok installed\nConffiles:\n /etc/libibverbs.d/rib.driver 00000000000000000000000000000000\n /etc/none 0")
	m.text(dpkgInfo+"/rib.list", "/lib64/libibverbs/librib-rdmav34.so\n")
	var all []string
	for _, f := range m.ask().Findings {
		all = append(all, f.Text)
	}
	if got := strings.Join(all, "\n"); got != "2 files of package rib are not as it installed them: /etc/libibverbs.d/rib.driver changed" {
		t.Errorf("got %s", got)
	}
}
