// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"maps"
	"slices"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/providertest"
)

func TestDriverIDs(t *testing.T) {
	const header = `enum rdma_driver_id {
	D_UNKNOWN,
	D_A,
	D_OLD = D_A,
	D_B = 7,
#ifdef X
	D_C,
#endif
	D_D,
	D_E = sizeof(int),
};`
	ids, err := DriverIDs([]byte(header))
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]string{0: "D_UNKNOWN", 1: "D_A", 7: "D_B", 8: "D_C", 9: "D_D"}
	if !maps.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	_, err = DriverIDs([]byte("enum other { A };"))
	providertest.WantError(t, err, DriverHeader, "enum rdma_driver_id")
}

// recorder notes which files are asked for.
type recorder struct {
	providertest.Tree

	asked map[string]bool
}

func (r recorder) ReadFile(name string) ([]byte, error) {
	r.asked[name] = true
	return r.Tree.ReadFile(name)
}

func TestReadsIsAllThatIsRead(t *testing.T) {
	p, err := Load(t.Context(), "rib")
	if err != nil {
		t.Fatal(err)
	}
	tree := recorder{Tree: providertest.Release(), asked: map[string]bool{}}
	if _, err := Integrate(tree, p); err != nil {
		t.Fatal(err)
	}
	want := p.Reads()
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(tree.asked)); !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}
