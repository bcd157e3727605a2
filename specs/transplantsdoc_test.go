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
	const begin, end = "<!-- reasons: go test ./specs -update writes them -->\n", "<!-- end of the reasons -->\n"
	inDocument(t, "transplants.md", begin, end, reasonList(all.Transplants))
	inDocument(t, "adopt.md", begin, end, adoptedList(all.Adopted.Reasons))
}

// adoptedList is a Markdown table of the reasons for what provider:adopt does otherwise.
func adoptedList(reasons []specs.AdoptedReason) string {
	var out strings.Builder
	out.WriteString("| difference | in | why |\n|---|---|---|\n")
	for _, r := range reasons {
		var what []string
		for _, f := range r.Fields {
			what = append(what, "`"+f+"`")
		}
		if len(r.Files) > 0 {
			what = append(what, strings.Join(r.Files, ", ")+", "+strings.Join(r.Kinds, " and "))
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", strings.Join(what, "; "), strings.Join(r.Transplants, ", "), r.Why)
	}
	return out.String()
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
