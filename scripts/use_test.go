// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"testing"
	"testing/fstest"
)

// What a repository has in place of the scripts is what all readers get.
func TestUse(t *testing.T) {
	Use(fstest.MapFS{RPMBuild: {Data: []byte("mine")}})
	defer Use(Files)
	if text, err := Read(RPMBuild); err != nil || string(text) != "mine" {
		t.Errorf("got %q, %v", text, err)
	}
	if text, err := Read(Verdict); err == nil {
		t.Errorf("a script that the files do not have: %q", text)
	}
}
