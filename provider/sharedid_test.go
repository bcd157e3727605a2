// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// takenRelease is a release whose ant and wasp match their ids by several ways.
func takenRelease() listTree {
	tree := providertest.Release()
	tree[DriverHeader] = "enum rdma_driver_id {\n\tRDMA_DRIVER_UNKNOWN,\n\tRDMA_DRIVER_ANT,\n\tRDMA_DRIVER_WASP,\n\tRDMA_DRIVER_HORNET = RDMA_DRIVER_WASP,\n\tRDMA_DRIVER_MOTH,\n};\n"
	tree["providers/ant/ant.h"] = "#define ANT_ID RDMA_DRIVER_ANT\n"
	tree["providers/ant/ant.c"] = "/* ant */\nstatic const struct verbs_match_ent ants[] = {\n\tVERBS_DRIVER_ID(ANT_ID),\n\t{},\n};\n"
	tree["providers/wasp/wasp.c"] = "/* RDMA_DRIVER_MOTH */\nstatic const struct verbs_match_ent wasps[] = {\n\tVERBS_NAME_MATCH(\"w\", NULL),\n" +
		"\t{ .kind = VERBS_MATCH_DRIVER_ID, .u.driver_id = RDMA_DRIVER_HORNET },\n\t{},\n};\n"
	tree["providers/gnat/gnat.c"] = "static const struct verbs_match_ent gnats[] = { VERBS_DRIVER_ID(4), VERBS_DRIVER_ID(WHATEVER), {} };\n"
	tree["providers/README"] = "words\n"
	return listTree{tree}
}

// A number that another directory's match table takes is refused, with its file and
// line, unless the manifest says that it is meant.
func TestSharedDriverID(t *testing.T) {
	for name, tt := range map[string]struct {
		id   string // below driverID
		want string // the place and what is there; empty: nobody else has it
	}{
		"a constant of its own":         {"constant: RDMA_DRIVER_FLY\n  policy: explicit\n  value: 100", ""},
		"one that nobody matches":       {"constant: RDMA_DRIVER_MOTH\n  policy: explicit\n  value: 3", ""},
		"another's constant":            {"constant: RDMA_DRIVER_ANT\n  policy: next", "providers/ant/ant.c:3: … driver id 1 (RDMA_DRIVER_ANT), got VERBS_DRIVER_ID(RDMA_DRIVER_ANT)"},
		"one with an alias":             {"constant: RDMA_DRIVER_WASP\n  policy: next", "providers/wasp/wasp.c:4: … driver id 2 (RDMA_DRIVER_WASP), got VERBS_DRIVER_ID(RDMA_DRIVER_HORNET)"},
		"an alias":                      {"constant: RDMA_DRIVER_HORNET\n  policy: next", "providers/wasp/wasp.c:4: … driver id 2 (RDMA_DRIVER_HORNET), got VERBS_DRIVER_ID(RDMA_DRIVER_HORNET)"},
		"another's number, written out": {"constant: RDMA_DRIVER_FLY\n  policy: next", "providers/gnat/gnat.c:1: … driver id 4 (RDMA_DRIVER_FLY), got VERBS_DRIVER_ID(4)"},
		"none":                          {"policy: none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			old := "constant: RDMA_DRIVER_FLY\n  policy: next"
			result, err := Integrate(takenRelease(), smallProvider(t, old, tt.id))
			if tt.want == "" {
				providertest.WantError(t, err)
				if len(result.Warnings) > 0 {
					t.Errorf("%v", result.Warnings)
				}
				return
			}
			place, what, _ := strings.Cut(tt.want, "… ")
			providertest.WantError(t, err, place, what, `"shared: true" in driverID of provider.yaml`)
			if _, ok := errors.AsType[*SharedIDError](err); !ok {
				t.Errorf("want an *SharedIDError, got %T", err)
			}
			result, err = Integrate(takenRelease(), smallProvider(t, old, tt.id+"\n  shared: true"))
			providertest.WantError(t, err)
			if len(result.Warnings) != 1 {
				t.Fatalf("warnings %v", result.Warnings)
			}
			providertest.WantError(t, &result.Warnings[0], place, what)
			if strings.Contains(result.Warnings[0].Error(), "shared") {
				t.Errorf("%v", result.Warnings)
			}
		})
	}
	// The one that is replaced is no other; another that has the number is told of.
	tree := takenRelease()
	tree.Tree["providers/bee/bee.c"] = "struct verbs_match_ent bees[] = {\n\tVERBS_DRIVER_ID(RDMA_DRIVER_WASP),\n\t{} };\n"
	p := loadWith(t, strings.NewReplacer("name: fly\n", "name: wasp\nreplacesUpstream: true\n", "RDMA_DRIVER_FLY", "RDMA_DRIVER_WASP").Replace(providertest.Manifest),
		map[string]string{cmake.FileName: "rdma_provider(wasp fly.c)\n"})
	result, err := Integrate(tree, p)
	providertest.WantError(t, err)
	if len(result.Warnings) != 1 || result.Warnings[0].File != "providers/bee/bee.c" || result.Warnings[0].Line != 2 {
		t.Errorf("%v", result.Warnings)
	}
	// A number that another constant has is shared on purpose, too.
	const explicit = "policy: explicit\n  value: 1"
	_, err = Integrate(takenRelease(), smallProvider(t, "policy: next", explicit))
	providertest.WantError(t, err, "it belongs to RDMA_DRIVER_ANT", "providers/ant/ant.c:3: ")
	result, err = Integrate(takenRelease(), smallProvider(t, "policy: next", explicit+"\n  shared: true"))
	providertest.WantError(t, err)
	if len(result.Warnings) != 1 || result.DriverID != 1 {
		t.Errorf("%+v", result)
	}
}

// A walk over many releases brings the other providers' sources only where they matter.
func TestReadsTables(t *testing.T) {
	header := []byte(takenRelease().Tree[DriverHeader])
	for id, want := range map[string]bool{
		"constant: RDMA_DRIVER_FLY\n  policy: next": false, "constant: RDMA_DRIVER_HORNET\n  policy: next": true, "policy: none": false,
		"constant: RDMA_DRIVER_FLY\n  policy: next\n  shared: true": true,
	} {
		p := smallProvider(t, "constant: RDMA_DRIVER_FLY\n  policy: next", id)
		if got := p.ReadsTables(header); got != want {
			t.Errorf("%s: %v", id, got)
		}
	}
	for entry, want := range map[string]bool{
		"VERBS_DRIVER_ID(RDMA_DRIVER_ANT)": true, "VERBS_DRIVER_ID(2)": true, "VERBS_DRIVER_ID(RDMA_DRIVER_FLY)": false, "VERBS_DRIVER_ID(RDMA_DRIVER_UNKNOWN)": false,
	} {
		for _, id := range []string{"policy: none", "constant: RDMA_DRIVER_FLY\n  policy: next"} {
			if got := matchingProvider(t, id, entry).ReadsTables(header); got != want {
				t.Errorf("%s, %s: %v", entry, id, got)
			}
		}
	}
	if p := matchingProvider(t, "policy: none", "VERBS_DRIVER_ID(RDMA_DRIVER_ANT)"); !slices.Contains(p.Reads(), DriverHeader) {
		t.Errorf("%v", p.Reads())
	}
	if !IsTable("providers/ant/ant.c") || IsTable("libibverbs/init.c") || IsTable("providers/ant/CMakeLists.txt") {
		t.Error("IsTable")
	}
}
