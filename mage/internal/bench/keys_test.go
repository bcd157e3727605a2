// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"testing"

	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Whatever a stage is given changes its key.
func TestKeysHaveEachField(t *testing.T) {
	for _, in := range []stage.Input{fixtureInput{}, exerciseInput{}, debugInput{}} {
		stagetest.EachFieldCounts(t, in)
	}
}

// Packages stand for the interface of their source, whatever is in them today.
func TestHeadersAreThoseOfTheSource(t *testing.T) {
	key := func(h headers) string { return stage.Key("exercise", exerciseInput{Packages: h}).Sum() }
	one := headers{Files: []stage.File{{Name: "rpms/a.rpm", Path: "/a"}}, Source: "d"}
	before := key(one)
	elsewhere, another, renamed := one, one, one
	elsewhere.Files = []stage.File{{Name: "rpms/a.rpm", Path: "/b"}}
	another.Source = "e"
	renamed.Files = []stage.File{{Name: "rpms/b.rpm", Path: "/a"}}
	if key(elsewhere) != before {
		t.Error("the path of a package is in the key")
	}
	if key(another) == before || key(renamed) == before {
		t.Error("another source or another package has the same key")
	}
}
