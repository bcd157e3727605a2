// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"testing"

	"github.com/resnics/verbsmith/specs"
)

func TestOSRelease(t *testing.T) {
	fields := osRelease("PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\n\n# x\nVERSION_CODENAME='trixie'\nodd\n")
	if fields["ID"] != "debian" || fields["VERSION_CODENAME"] != "trixie" || fields["PRETTY_NAME"] != "Debian GNU/Linux 13 (trixie)" {
		t.Errorf("got %v", fields)
	}
}

// TestMachineSuiteIsAKnownOne holds whatever machine this is.
func TestMachineSuiteIsAKnownOne(t *testing.T) {
	suites, err := specs.LoadSuites(os.DirFS("../../../specs"))
	if err != nil {
		t.Fatal(err)
	}
	a := &App{suites: suites}
	if _, err := suites.Find(a.machineSuite()); err != nil {
		t.Error(err)
	}
}
