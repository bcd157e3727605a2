// SPDX-License-Identifier: Apache-2.0

package rpmspec_test

import "testing"

const snapshotTags = "Name: rdma-core\nVersion: 56.1\nRelease: %{?gitdate:0.}1\n"

// TestSnapshotMacros reads specs that name a snapshot of upstream, if it is one.
func TestSnapshotMacros(t *testing.T) {
	for _, tt := range []struct{ tags, want string }{
		{"%if 0%{?gitdate:1}\nSource: %{name}-%{gitdate}.tgz\n%else\nSource: %{name}-%{version}.tgz\n%endif\n", "rdma-core-56.1.tgz"},
		{"Source: %{name}-%{version}%{?commit:-%{commit}}.tgz\n", "rdma-core-56.1.tgz"},
		{"Source: %{name}-%{version}%{?shortcommit0}%{?rcver}%{?prerel:-%prerel}.tgz\n", "rdma-core-56.1.tgz"},
		{"%{?gitdate:Source: b}\nSource: %{name}-%{version}.tgz\n", "rdma-core-56.1.tgz"},
		{"# %%global commit abc\nSource: a%{?commit}.tgz\n", "a.tgz"},
		{"%{!?snapshot:Source: a.tgz}\n%{?snapshot:Source: b.tgz}\n", "a.tgz"},
		{"%{?commit:%global tail -%{commit}}\nSource: a%{?date}.tgz\n", "a.tgz"},
		{"%global commit abc\nSource: a%{?commit:-%{commit}}.tgz\n", "a-abc.tgz"},
		{"%global commit abcdef\n%{?commit:%global commit xyz}\nSource: a-%{commit}.tgz\n", "a-xyz.tgz"},
		{"Source: a%{?pre}.tgz\n%pre\ntrue\n", "a.tgz"},
	} {
		p, err := parse(t, snapshotTags+tt.tags+"%prep\n%setup -q\n").Read(el9()).Prep()
		if err != nil || p.Source != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.tags, p.Source, err, tt.want)
		}
	}
	for tags, want := range map[string]string{
		"Source: a%{?mystery}.tgz\n":                                                        "its value is not known here",
		"Source: a%{?scl}.tgz\n":                                                            "its value is not known here",
		"Source: a%{?_commit}.tgz\n":                                                        "its value is not known here",
		"Source: a-%{commit}.tgz\n":                                                         "%{commit}",
		"Source: a%{?commit}.tgz\n%{!?commit: %global commit HEAD}\n":                       "its value is not known here",
		"Source: a%{?commit}.tgz\n# %global commit abc\n":                                   "its value is not known here",
		"Source: a%{?commit}.tgz\nBuildRequires: b = %{commit}\n":                           "its value is not known here",
		"Source: a%{?commit}.tgz\n%{?date:BuildRequires: %{date}}\n%description\n%commit\n": "its value is not known here",
		"%include more.inc\nSource: a%{?commit}.tgz\n":                                      "its value is not known here",
		"%forgemeta\nSource: a%{?commit}.tgz\n":                                             "its value is not known here",
		"%{lua: rpm.define(name .. \" 1\")}\nSource: a%{?commit}.tgz\n":                     "its value is not known here",
	} {
		s := parse(t, snapshotTags+tags+"%prep\n%setup -q\n")
		if p, err := s.Read(el9()).Prep(); err == nil {
			t.Errorf("%s: got %s", tags, p.Source)
		} else {
			wantPlace(t, err, placeLine(t, err), want)
		}
	}
}
