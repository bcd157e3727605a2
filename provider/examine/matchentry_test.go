// SPDX-License-Identifier: Apache-2.0

package examine

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/provider"
	"github.com/resnics/verbsmith/provider/internal/providertest"
)

// examineTable returns what is said of fly.c with a table of these entries.
func examineTable(t *testing.T, declaration, entries string) []string {
	t.Helper()
	text := providertest.Replace(t, providertest.Source, "\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n\tVERBS_NAME_MATCH(\"fly\", NULL),\n\t{},\n", entries)
	text = strings.Replace(text, "fly_table[]", declaration, 1)
	dir := providertest.Fly(t, map[string]string{"fly.c": text})
	return findings(Examine(t.Context(), dir), dir, CheckMatch)
}

// What C makes an entry of kind 0 ends the table, however it is written.
func TestMatchTableEnds(t *testing.T) {
	const ours = "\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n\tVERBS_NAME_MATCH(\"fly\", NULL),\n"
	for _, end := range []string{
		"{}", "{ }", "{0}", "{ 0 }", "{ 0, }", "{ NULL }", "{ NULL, { NULL } }", "{ 0, 0, 0, 0, 0 }", "{ NULL, {}, 0x1af4, 0x1041, 0 }",
		"{ .kind = VERBS_MATCH_SENTINEL }", "{ .kind = 0 }", "{ .kind = 0x0u, }", "{ .kind = (0) }", "{ .kind = END }", "{ kind: 0 }",
		"{ .u = {} }", "{ .u = { .driver_id = 7 } }", "{ .u.driver_id = 7 }", "{ .driver_data = NULL }", "{ .vendor = 0, .device = 0 }",
		"{ .u.driver_id = RDMA_DRIVER_FLY, .kind = VERBS_MATCH_SENTINEL }", "LAST", "[2] = {}", "[2] = { .kind = 0 }",
	} {
		const macros = "};\n#define END VERBS_MATCH_SENTINEL\n#define LAST { .kind = END }\nenum {\n"
		t.Run(end, func(t *testing.T) {
			providertest.WantLines(t, examineTable(t, "fly_table[]", ours+"\t"+end+",\n"+macros))
			providertest.WantLines(t, examineTable(t, "fly_table[]", ours+"\t"+end+",\n\tVERBS_PCI_MATCH(1, 2, NULL),\n"+macros),
				"warning: fly.c:17:2: want nothing after the terminating {} of fly_table")
			providertest.WantLines(t, examineTable(t, "fly_table[]", "\t"+end+",\n"+ours+macros), "fly.c:14:2: want an entry in fly_table before the terminating {}")
		})
	}
	for _, end := range []string{"{ .kind = 1 }", "{ .kind = VERBS_MATCH_PCI }", "{ 0, 0, 0, 0, 2 }", "{ .vendor = 1, 2, 3 }", "{ .kind = 9 }"} {
		t.Run(end, func(t *testing.T) {
			providertest.WantLines(t, examineTable(t, "fly_table[]", ours+"\t"+end+",\n"), "fly.c:17:1: want {} as the last entry of fly_table")
		})
	}
	// What cannot be determined is not judged.
	for _, end := range []string{"{ .kind = SOMEWHERE }", "{ .kind = sizeof(int) }", "{ .sort = 0 }", "{ 0, 0, 0, 0, 0, 0 }", "ELSEWHERE", "{ .kind = }"} {
		t.Run(end, func(t *testing.T) {
			providertest.WantLines(t, examineTable(t, "fly_table[]", ours+"\t"+end+",\n"))
		})
	}
	providertest.WantLines(t, examineTable(t, "fly_table[3]", ours))
	providertest.WantLines(t, examineTable(t, "fly_table[ENTRIES]", ours))
	providertest.WantLines(t, examineTable(t, "fly_table[2]", ours), "fly.c:16:1: want {} as the last entry of fly_table")
	// The id behind the end is not seen by libibverbs, and the device is not by its name.
	got := examineTable(t, "fly_table[]", "\tVERBS_PCI_MATCH(1, 2, NULL),\n\t{},\n"+ours)
	providertest.WantLines(t, got, "warning: fly.c:16:2: want nothing after", "warning: …want VERBS_DRIVER_ID(RDMA_DRIVER_FLY)", "warning: …device.modalias")
}

// A table is found however it is declared.
func TestMatchTableDeclared(t *testing.T) {
	for _, declaration := range []string{
		"const fly_table[]", "const volatile fly_table[]", "fly_table[] __attribute__((section(\"x\"), aligned(8)))", "fly_table[(1, 3)]",
	} {
		t.Run(declaration, func(t *testing.T) {
			providertest.WantLines(t, examineTable(t, declaration, "\tVERBS_NAME_MATCH(\"fly\", NULL),\n\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n\t{},\n"))
			providertest.WantLines(t, examineTable(t, declaration, "\t{},\n"), "fly.c:14:2: want an entry in fly_table before the terminating {}")
		})
	}
}

// Entries in two branches of one condition are not behind one another.
func TestMatchTableEndsInBranches(t *testing.T) {
	const id, name = "\tVERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n", "\tVERBS_NAME_MATCH(\"fly\", NULL),\n"
	const end, also = "\t{ .kind = VERBS_MATCH_SENTINEL },\n", "\t{},\n"
	const behind = "want nothing after the terminating {} of fly_table"
	for what, tt := range map[string]struct {
		entries string
		want    []string
	}{
		"if and else":             {id + name + "#if 1\n" + end + "#else\n" + also + "#endif\n", nil},
		"three":                   {id + name + "#ifdef A\n" + also + "#elif B\n" + end + "#else\n" + also + "#endif\n", nil},
		"entries in the other":    {"#ifdef A\n" + id + name + also + "#else\n" + name + id + also + "#endif\n", nil},
		"all in the other":        {"#ifndef A\n" + also + "#else\n" + id + name + also + "#endif\n", nil},
		"a condition in between":  {id + name + "#if A\n" + also + "#if B\n#endif\n#else\n#if C\n#endif\n" + also + "#endif\n", nil},
		"an inner one":            {id + name + "#if A\n#if B\n" + also + "#endif\n#else\n" + also + "#endif\n", nil},
		"behind both":             {id + name + "#if A\n" + end + "#else\n" + also + "#endif\n" + id, []string{"warning: fly.c:21:2: " + behind}},
		"behind one":              {id + name + "#if A\n" + end + id + "#else\n" + also + "#endif\n", []string{"warning: fly.c:18:2: " + behind}},
		"no branch of the same":   {id + name + "#if A\n" + also + "#endif\n#if B\n#else\n" + also + "#endif\n", []string{"warning: fly.c:21:2: " + behind}},
		"the other without an id": {"#ifdef A\n" + also + "#else\n" + name + also + "#endif\n", []string{"warning: …want VERBS_DRIVER_ID(RDMA_DRIVER_FLY)"}},
	} {
		t.Run(what, func(t *testing.T) {
			providertest.WantLines(t, examineTable(t, "fly_table[]", tt.entries), tt.want...)
		})
	}
}

// Entries that are written out are those of the macros.
func TestMatchEntriesWrittenOut(t *testing.T) {
	for name, tt := range map[string]struct {
		entries string
		want    []string
	}{
		"id and name": {"{ .u.driver_id = RDMA_DRIVER_FLY, .kind = VERBS_MATCH_DRIVER_ID },\n" +
			"{ .u.modalias = \"rdma_device:*N\" \"fly\" \"*\", .kind = VERBS_MATCH_MODALIAS },\n{}", nil},
		"in braces":   {"{ .kind = 3, .u = { .driver_id = RDMA_DRIVER_FLY } },\n{ .kind = 2, .u = { \"rdma_device:*Nfly*\" } },\n{}", nil},
		"in order":    {"{ NULL, { .driver_id = RDMA_DRIVER_FLY }, 0, 0, 3 },\n{ NULL, \"rdma_device:*Nfly*\", 0, 0, 2 },\n{}", nil},
		"another id":  {"{ .u.driver_id = RDMA_DRIVER_WASP, .kind = 3 },\nVERBS_NAME_MATCH(\"fly\", NULL),\n{}", []string{"fly.c:14:1: want VERBS_DRIVER_ID(RDMA_DRIVER_FLY)"}},
		"another one": {"{ .u.driver_id = RDMA_DRIVER_FLY, .kind = 3 },\n{ .u.modalias = \"rdma_device:*Nbee*\", .kind = 2 },\n{}", []string{"fly.c:15:1: want a prefix of fly0"}},
	} {
		t.Run(name, func(t *testing.T) {
			providertest.WantLines(t, examineTable(t, "fly_table[]", tt.entries+"\n"), tt.want...)
		})
	}
}

// Of a provider that matches by names alone it is said what takes the names away, and
// what to do; one with a PCI id or a driver id keeps its devices.
func TestMatchByNameAlone(t *testing.T) {
	const none = "policy: none"
	const renamed = "60-rdma-persistent-naming.rules renames fly0 (for example to rocep1s0), which is then not found"
	for name, tt := range map[string]struct {
		entries, id string
		want        []string
	}{
		"names":                {`VERBS_NAME_MATCH("fly", NULL), VERBS_NAME_MATCH("flea", NULL), {}`, none, []string{"warning: fly.c:13:37: want VERBS_DRIVER_ID() with a driverID in provider.yaml, VERBS_PCI_MATCH() …" + renamed}},
		"a name, as rdma":      {`VERBS_MODALIAS_MATCH("rdma_device:*Nfly*", NULL), {}`, none, []string{"warning: …NAME_KERNEL", "warning: …device.modalias"}},
		"and PCI":              {`VERBS_NAME_MATCH("fly", NULL), VERBS_PCI_MATCH(1, 2, NULL), {}`, none, nil},
		"and a modalias":       {`VERBS_NAME_MATCH("fly", NULL), VERBS_MODALIAS_MATCH("pci:v*", NULL), {}`, none, nil},
		"and what a macro has": {`VERBS_NAME_MATCH("fly", NULL), MORE, {}`, none, nil},
		"and an id":            {`VERBS_NAME_MATCH("fly", NULL), VERBS_DRIVER_ID(RDMA_DRIVER_FLY), {}`, "constant: RDMA_DRIVER_FLY\n  policy: next", nil},
		"a name for an id":     {`VERBS_NAME_MATCH("fly", NULL), {}`, "constant: RDMA_DRIVER_FLY\n  policy: next", []string{"warning: fly.c:13:37: want VERBS_DRIVER_ID(RDMA_DRIVER_FLY), …" + renamed}},
	} {
		t.Run(name, func(t *testing.T) {
			text := providertest.Replace(t, providertest.Source, "VERBS_DRIVER_ID(RDMA_DRIVER_FLY),\n\tVERBS_NAME_MATCH(\"fly\", NULL),\n\t{},", tt.entries)
			manifest := strings.Replace(providertest.Manifest, "constant: RDMA_DRIVER_FLY\n  policy: next", tt.id, 1)
			dir := providertest.Fly(t, map[string]string{"fly.c": text, provider.ManifestName: manifest})
			providertest.WantLines(t, findings(Examine(t.Context(), dir), dir, CheckMatch), tt.want...)
		})
	}
}
