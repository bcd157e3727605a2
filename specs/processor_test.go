// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"errors"
	"testing"

	"github.com/resnics/verbsmith/specs"
)

// A processor is found by RPM's name, and by that of Debian and Go.
func TestFindProcessor(t *testing.T) {
	for name, want := range map[string]specs.Processor{
		"x86_64": specs.X8664, "amd64": specs.X8664, "aarch64": specs.AArch64, "arm64": specs.AArch64,
	} {
		if got, err := specs.FindProcessor(name); err != nil || got != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "sparc", "AARCH64"} {
		if got, err := specs.FindProcessor(name); !errors.As(err, new(*specs.UnknownError)) {
			t.Errorf("%q is %q, %v", name, got, err)
		}
	}
	if got := specs.AArch64.GNU(); got != "aarch64-linux-gnu" {
		t.Errorf("got %s", got)
	}
}
