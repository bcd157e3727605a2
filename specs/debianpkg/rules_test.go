// SPDX-License-Identifier: Apache-2.0

package debianpkg

import (
	"strings"
	"testing"
)

// command is the sed command of a tree's rules.
func command(tree memory) string {
	_, after, _ := strings.Cut(tree[Rules], "sed -i '")
	expression, _, _ := strings.Cut(after, "'")
	return expression
}

func TestRules(t *testing.T) {
	if got := command(integrated(t, zoo(), dv())); got != `/ant\|crab\|moth[45]/d` {
		t.Errorf("got %s", got)
	}
	p := dv()
	p.CoherentDMA = false
	if got := command(integrated(t, zoo(), p)); got != command(zoo()) {
		t.Errorf("a provider that is built everywhere is taken out: %s", got)
	}
}

// TestRulesTakeOutNoOthers shows a name that stands in other lines, and a header
// that does not have the name.
func TestRulesTakeOutNoOthers(t *testing.T) {
	p := dv()
	p.Name, p.Library.Name = "ib", "ib"
	p.Library.Headers = []string{"walk.h"}
	p.ManPages = nil
	got := command(integrated(t, zoo(), p))
	if got != `/ant\|libib\.a$\|libib\.pc$\|libib\.so$\|libib\.so\.\*$\|moth[45]\|walk\.h$/d` {
		t.Errorf("got %s", got)
	}
}

func TestRulesKnowWhatIsTakenOut(t *testing.T) {
	p := dv()
	p.Name, p.Library.Name = "moth4", "moth4"
	p.Library.Headers, p.ManPages = []string{"moth4dv.h"}, nil
	if got := command(integrated(t, zoo(), p)); got != command(zoo()) {
		t.Errorf("moth[45] has it already: %s", got)
	}
}

func TestRulesWithoutPlace(t *testing.T) {
	tree := zoo()
	tree[Rules] = "#!/usr/bin/make -f\n"
	_, err := Integrate(tree, dv())
	place(t, err, "debian/rules", "got none")
	if _, err := Integrate(tree, crab()); err != nil {
		t.Errorf("a plug-in needs no place there: %v", err)
	}
	tree = zoo()
	tree[Rules] += tree[Rules]
	_, err = Integrate(tree, dv())
	place(t, err, "debian/rules:11", "a second")
}
