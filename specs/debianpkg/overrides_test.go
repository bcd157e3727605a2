// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"strings"
	"testing"
)

func TestOverrides(t *testing.T) {
	tree := integrated(t, zoo(), dv())
	const wanted = "# libant, libcrab and libmoth are ibverbs provider that provides more functions.\n" +
		"ibverbs-providers: package-name-doesnt-match-sonames libant1 libcrab1 libmoth1\n"
	if tree[Overrides] != wanted {
		t.Errorf("got\n%s", tree[Overrides])
	}
}

func TestOverridesWithAnotherComment(t *testing.T) {
	tree := zoo()
	tree[Overrides] = "# some of them\nibverbs-providers linux-any: package-name-doesnt-match-sonames libzoo1"
	integrated(t, tree, dv())
	if tree[Overrides] != "# some of them\nibverbs-providers linux-any: package-name-doesnt-match-sonames libcrab1 libzoo1" {
		t.Errorf("got\n%s", tree[Overrides])
	}
}

func TestOverridesWithoutPlace(t *testing.T) {
	tree := zoo()
	tree[Overrides] = strings.Repeat(zoo()[Overrides], 2)
	_, err := Integrate(tree, dv())
	place(t, err, "lintian-overrides:4", "a second")
	tree[Overrides] = "other: tag\n"
	_, err = Integrate(tree, dv())
	place(t, err, "got none")
	delete(tree, Overrides)
	_, err = Integrate(tree, dv())
	place(t, err, "this file of the release")
}
