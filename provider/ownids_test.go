// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider/internal/cmake"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// matchingProvider is a provider with these lines below driverID and these entries in its
// match table.
func matchingProvider(t *testing.T, id, entries string) *Provider {
	t.Helper()
	return loadWith(t, strings.Replace(providertest.Manifest, "constant: RDMA_DRIVER_FLY\n  policy: next", id, 1), map[string]string{
		"fly.c":        "static const struct verbs_match_ent flies[] = {\n\t" + entries + ",\n\t{},\n};\n",
		"old.c":        "static const struct verbs_match_ent olds[] = { VERBS_DRIVER_ID(RDMA_DRIVER_WASP), {} };\n", // nothing compiles it
		cmake.FileName: "rdma_provider(fly fly.c sub/fast.c)\n",
	})
}

// Every id of the provider's own match table is held against the other directories'.
func TestEveryOwnDriverID(t *testing.T) {
	const own = "VERBS_DRIVER_ID(RDMA_DRIVER_FLY), "
	const next = "constant: RDMA_DRIVER_FLY\n  policy: next"
	for name, tt := range map[string]struct{ id, entries, want string }{
		"its own alone":    {next, own + "VERBS_NAME_MATCH(\"fly\", NULL)", "4 (RDMA_DRIVER_FLY), got VERBS_DRIVER_ID(4)"},
		"a second one":     {"constant: RDMA_DRIVER_FLY\n  policy: explicit\n  value: 9", own + "VERBS_DRIVER_ID(RDMA_DRIVER_ANT)", "providers/ant/ant.c:3: … 1 (RDMA_DRIVER_ANT), got VERBS_DRIVER_ID(RDMA_DRIVER_ANT)"},
		"written out":      {"constant: RDMA_DRIVER_FLY\n  policy: explicit\n  value: 9", "{ .kind = VERBS_MATCH_DRIVER_ID, .u.driver_id = RDMA_DRIVER_WASP }, " + own, "providers/wasp/wasp.c:4: … 2 (RDMA_DRIVER_WASP), got VERBS_DRIVER_ID(RDMA_DRIVER_HORNET)"},
		"in parentheses":   {"policy: none", "VERBS_DRIVER_ID((RDMA_DRIVER_ANT))", "providers/ant/ant.c:3: … 1 (RDMA_DRIVER_ANT), got"},
		"a cast":           {"policy: none", "{ .kind = 3, .u.driver_id = (enum rdma_driver_id)(RDMA_DRIVER_ANT) }", "providers/ant/ant.c:3: … 1 (RDMA_DRIVER_ANT), got"},
		"a number":         {"constant: RDMA_DRIVER_FLY\n  policy: explicit\n  value: 9", own + "VERBS_DRIVER_ID(1)", "providers/ant/ant.c:3: … 1 (1), got"},
		"without its own":  {"policy: none", "VERBS_DRIVER_ID(RDMA_DRIVER_ANT)", "providers/ant/ant.c:3: … 1 (RDMA_DRIVER_ANT), got VERBS_DRIVER_ID(RDMA_DRIVER_ANT)"},
		"nobody's":         {"policy: none", "VERBS_DRIVER_ID(77)", ""},
		"unknown":          {"policy: none", "VERBS_DRIVER_ID(RDMA_DRIVER_UNKNOWN), VERBS_DRIVER_ID(RDMA_DRIVER_FLEA)", ""},
		"behind the end":   {"policy: none", "VERBS_NAME_MATCH(\"fly\", NULL), {}, VERBS_DRIVER_ID(RDMA_DRIVER_ANT)", ""},
		"in a branch":      {"policy: none", "VERBS_NAME_MATCH(\"fly\", NULL),\n#ifdef A\n\t{},\n#else\n\tVERBS_DRIVER_ID(RDMA_DRIVER_ANT),\n#endif\n\t{}", "providers/ant/ant.c:3: … 1 ("},
		"a second, shared": {"constant: RDMA_DRIVER_FLY\n  policy: next", own + "VERBS_DRIVER_ID(4), VERBS_DRIVER_ID(RDMA_DRIVER_FLY)", "providers/gnat/gnat.c:1: … 4 (RDMA_DRIVER_FLY), got VERBS_DRIVER_ID(4)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Integrate(takenRelease(), matchingProvider(t, tt.id, tt.entries))
			if tt.want == "" {
				providertest.WantError(t, err)
				return
			}
			place, what, _ := strings.Cut(tt.want, "… ")
			providertest.WantError(t, err, place, what, `"shared: true" in driverID of provider.yaml`)
			if strings.Count(err.Error(), "want no other provider") != 1 {
				t.Errorf("%v", err)
			}
			result, err := Integrate(takenRelease(), matchingProvider(t, tt.id+"\n  shared: true", tt.entries))
			providertest.WantError(t, err)
			if len(result.Warnings) != 1 {
				t.Fatalf("%v", result.Warnings)
			}
			providertest.WantError(t, &result.Warnings[0], place, what)
		})
	}
	// RDMA_DRIVER_UNKNOWN is nobody's.
	tree := takenRelease()
	tree.Tree["providers/moth/moth.c"] = "int moth = RDMA_DRIVER_UNKNOWN;\n"
	result, err := Integrate(tree, matchingProvider(t, "policy: none", "VERBS_DRIVER_ID(RDMA_DRIVER_UNKNOWN)"))
	providertest.WantError(t, err)
	if len(result.Warnings) > 0 {
		t.Errorf("%v", result.Warnings)
	}
}

// What replaces the release's own may have its id, and not a third one's.
func TestDriverIDsOfAReplacement(t *testing.T) {
	tree := takenRelease()
	tree.Tree["providers/moth/moth.c"] = "int moth = RDMA_DRIVER_WASP;\n"
	manifest := strings.NewReplacer("name: fly\n", "name: wasp\nreplacesUpstream: true\n", "RDMA_DRIVER_FLY", "RDMA_DRIVER_WASP").Replace(providertest.Manifest)
	const table = "static const struct verbs_match_ent flies[] = { VERBS_DRIVER_ID(RDMA_DRIVER_WASP), {} };\n"
	files := map[string]string{cmake.FileName: "rdma_provider(wasp fly.c)\n", "fly.c": table}
	result, err := Integrate(tree, loadWith(t, manifest, files))
	providertest.WantError(t, err)
	if len(result.Warnings) > 0 {
		t.Errorf("%v", result.Warnings)
	}
	tree = takenRelease()
	files["fly.c"] = strings.Replace(table, "{}", "VERBS_DRIVER_ID(RDMA_DRIVER_ANT), {}", 1)
	_, err = Integrate(tree, loadWith(t, manifest, files))
	providertest.WantError(t, err, "providers/ant/ant.c:3: ")
}

// A constant of the release is told of where no table has it: who uses it, or that it is
// no new one.
func TestConstantOfTheRelease(t *testing.T) {
	used := takenRelease()
	used.Tree["providers/moth/moth.c"] = "/* RDMA_DRIVER_MOTH */\nint moth(void)\n{\n\treturn init(RDMA_DRIVER_MOTH);\n}\n"
	macro := takenRelease()
	macro.Tree["providers/moth/moth.h"] = "\n#define MOTH ((long)RDMA_DRIVER_MOTH << 32)\n"
	const next, explicit = "constant: RDMA_DRIVER_MOTH\n  policy: next", "constant: RDMA_DRIVER_MOTH\n  policy: explicit\n  value: 3"
	const isUsed = "want driver id 3 (RDMA_DRIVER_MOTH) in no other provider, got RDMA_DRIVER_MOTH; if this is intended: \"shared: true\""
	for name, tt := range map[string]struct {
		tree listTree
		id   string
		want []string // empty: nothing is said
	}{
		"used":             {used, next, []string{"providers/moth/moth.c:4: " + isUsed}},
		"used, by number":  {used, explicit, []string{"providers/moth/moth.c:4: " + isUsed}},
		"in a macro":       {macro, next, []string{"providers/moth/moth.h:2: " + isUsed}},
		"used, and meant":  {used, next + "\n  shared: true", nil},
		"not used":         {takenRelease(), next, []string{DriverHeader + ":6: ", "got 3: the release already has it", `"policy: explicit" and "value: 3"`}},
		"not used, number": {takenRelease(), explicit, nil},
		"not used, meant":  {takenRelease(), next + "\n  shared: true", nil},
		"an entry":         {used, "policy: none", []string{"providers/moth/moth.c:4: " + isUsed}},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := Integrate(tt.tree, matchingProvider(t, tt.id, "VERBS_DRIVER_ID(RDMA_DRIVER_MOTH)"))
			providertest.WantError(t, err)
			if len(tt.want) == 0 {
				if len(result.Warnings) > 0 {
					t.Errorf("%v", result.Warnings)
				}
				return
			}
			if len(result.Warnings) != 1 {
				t.Fatalf("%v", result.Warnings)
			}
			providertest.WantError(t, &result.Warnings[0], tt.want...)
		})
	}
	// The constant that an earlier integration has written is the provider's own.
	tree := providertest.Release()
	for range 2 {
		result, err := Integrate(listTree{tree}, smallProvider(t))
		providertest.WantError(t, err)
		if len(result.Warnings) > 0 {
			t.Errorf("%v", result.Warnings)
		}
	}
}
