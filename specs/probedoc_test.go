// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/specs"
)

// TestProbeDocument asserts that docs/bases.md says of each distro when its real image was last seen, and lists the
// differences of the default distro's stand-in. With -update it writes both.
func TestProbeDocument(t *testing.T) {
	distros, err := specs.LoadDistros(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	inDocument(t, "bases.md", "<!-- probe: go test ./specs -update writes this -->\n", "<!-- end of probe -->\n", probeTables(t, distros))
}

func probeTables(t *testing.T, distros *specs.Distros) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("| distro | last seen on a real image | what the expectations come from |\n|---|---|---|\n")
	for _, name := range distros.Names() {
		d, err := distros.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if d.Probe == nil {
			t.Fatalf("%s has no expectations", name)
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", name, d.LastSeen(), d.Probe.Source)
	}
	d := distros.Default()
	fmt.Fprintf(&out, "\nThe differences on the stand-in of %s:\n\n| what | real image | stand-in |\n|---|---|---|\n", d.Name)
	known := d.Known()
	for _, key := range slices.Sorted(maps.Keys(d.StandinFacts())) {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", key, brief(known[key]), brief(d.StandinFacts()[key]))
	}
	return out.String()
}

// brief is a value in code, or the number of its words.
func brief(value string) string {
	if words := len(strings.Fields(value)); words > 10 {
		return fmt.Sprintf("%d words", words)
	}
	return "`" + value + "`"
}

// Each difference of a stand-in is one from something that is known of the real image.
func TestStandinFactsDiffer(t *testing.T) {
	distros, err := specs.LoadDistros(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range distros.Names() {
		d, err := distros.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		known := d.Known()
		for key, value := range d.StandinFacts() {
			if other, ok := known[key]; !ok || other == value {
				t.Errorf("specs/distros/%s.yaml: %s differs on the stand-in (%q), and the real image has %q", name, key, value, other)
			}
		}
	}
	if (specs.Distro{}).LastSeen().String() != "never" || (specs.Distro{}).StandinFacts() != nil {
		t.Error("a distro without expectations has some")
	}
	seen := specs.Distro{Probe: &specs.Probe{Seen: &specs.Seen{Date: "2026-01-02", Digest: "sha256:1"}}}
	if got := seen.LastSeen().String(); got != "2026-01-02, sha256:1" {
		t.Errorf("last seen %q", got)
	}
}
