// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs"
)

// TestTransplantsDocument asserts that docs/transplants.md lists every reason, once,
// with the transplants that it applies to. With -update it writes the list.
func TestTransplantsDocument(t *testing.T) {
	all, err := specs.LoadTransplants(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	inDocument(t, "transplants.md", "<!-- reasons: go test ./specs -update writes them -->\n", "<!-- end of the reasons -->\n", reasonList(all.Transplants))
}

// TestStrangersDocument does the same for docs/strangers.md.
func TestStrangersDocument(t *testing.T) {
	all, err := specs.LoadStrangers(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	var strangers []specs.Transplant
	for _, name := range all.Names() {
		strangers = append(strangers, specs.Transplant{Name: name, Reasons: all.ReasonsFor(name)})
	}
	inDocument(t, "strangers.md", "<!-- reasons: go test ./specs -update writes them -->\n", "<!-- end of the reasons -->\n", reasonList(strangers))
}

// reasonList is a Markdown list of all reasons, sorted by their files.
func reasonList(transplants []specs.Transplant) string {
	names := map[[2]string][]string{}
	for _, tr := range transplants {
		for _, r := range tr.Reasons {
			key := [2]string{"**" + strings.Join(r.Files, ", ") + "**", strings.Join(r.Kinds, " and ") + ": " + r.Why}
			names[key] = append(names[key], tr.Name)
		}
	}
	var lines []string
	for key, in := range names {
		lines = append(lines, fmt.Sprintf("- %s in %s, %s\n", key[0], strings.Join(in, ", "), key[1]))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
