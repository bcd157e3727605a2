// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
)

func packages(names ...string) []artifact.Installed {
	var all []artifact.Installed
	for _, name := range names {
		name, sum, _ := strings.Cut(name, " ")
		all = append(all, artifact.Installed{Package: name, SHA256: sum})
	}
	return all
}

// A package in another version or with other content is a change, and so is one that is not locked; one that is only in the lock is none.
func TestLockChanges(t *testing.T) {
	lock := Lock{}.With("base", artifact.BuildRoot{
		RPM:  packages("gcc-11.5-5.el9.x86_64 aa", "glibc-2:2.34-1.x86_64 bb", "glibc-2:2.34-1.i686 cc", "gpg-pubkey-1-1", "gpg-pubkey-2-2", "old-1-1.noarch dd"),
		Dpkg: packages("libc6:amd64=2.36 11"),
	})
	for name, tt := range map[string]struct {
		root artifact.BuildRoot
		want string
	}{
		"the same":      {artifact.BuildRoot{RPM: packages("gcc-11.5-5.el9.x86_64 aa", "gpg-pubkey-2-2"), Dpkg: packages("libc6:amd64=2.36 11")}, "[]"},
		"newer":         {artifact.BuildRoot{RPM: packages("gcc-11.5-6.el9.x86_64 ab")}, "[gcc-11.5-5.el9.x86_64 is now gcc-11.5-6.el9.x86_64]"},
		"other content": {artifact.BuildRoot{RPM: packages("glibc-2:2.34-1.i686 xx")}, "[glibc-2:2.34-1.i686 has other content]"},
		"new":           {artifact.BuildRoot{RPM: packages("fresh-1-1.noarch ee", "gpg-pubkey-3-3")}, "[fresh-1-1.noarch is new gpg-pubkey-3-3 is new]"},
		"of Debian":     {artifact.BuildRoot{Dpkg: packages("libc6:amd64=2.37 12")}, "[libc6:amd64=2.36 is now libc6:amd64=2.37]"},
	} {
		if got := fmt.Sprint(lock.Changes(tt.root)); got != tt.want {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
	newer := artifact.BuildRoot{RPM: packages("gcc-11.5-6.el9.x86_64 ab", "more-1-1.noarch ff")}
	again := lock.With("base", newer)
	if len(again.Changes(newer)) != 0 || !slices.Contains(again.RPM, packages("old-1-1.noarch dd")[0]) ||
		slices.Contains(again.RPM, packages("gcc-11.5-5.el9.x86_64 aa")[0]) {
		t.Errorf("locked again: %+v", again)
	}
	e := &DriftError{File: "verbsmith/locks/rocky9.json", Changes: lock.Changes(newer)}
	if got := e.Error(); got != "the toolchain has other packages than verbsmith/locks/rocky9.json: gcc-11.5-5.el9.x86_64 is now gcc-11.5-6.el9.x86_64, more-1-1.noarch is new" {
		t.Error(got)
	}
}

func TestReadLock(t *testing.T) {
	lock := Lock{}.With("base", artifact.BuildRoot{RPM: packages("gcc-11.5-5.el9.x86_64 aa")})
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ReadLock("a", text); err != nil || fmt.Sprint(again) != fmt.Sprint(lock) {
		t.Errorf("got %+v, %v", again, err)
	}
	for text, want := range map[string]string{
		"":                            "a:1: want the lock of a toolchain, as JSON, got EOF",
		"{\n\"x\": 1}":                `unknown field "x"`,
		"{\n\"format\": \"other\"\n}": `a: want "format": "verbsmith-lock/1", got "other"`,
	} {
		if _, err := ReadLock("a", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
