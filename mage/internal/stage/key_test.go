// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"testing"

	"github.com/resnics/verbsmith/provider"
)

// A pointer in a manifest stands for its value, not for where that lies today.
func TestKeysOfEqualManifestsAreEqual(t *testing.T) {
	type with struct{ Number *int }
	one, same := 1, 1
	if a, b := KeyText(with{&one}), KeyText(with{&same}); a != b {
		t.Errorf("equal values are %s and %s", a, b)
	}
	if a, b := KeyText(provider.Manifest{Name: "fly"}), KeyText(provider.Manifest{Name: "ant"}); a == b {
		t.Errorf("different values are both %s", a)
	}
}
