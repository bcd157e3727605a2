// SPDX-License-Identifier: Apache-2.0

package c

import (
	"fmt"
	"strings"
	"testing"
)

// What a table's entries are to libibverbs, in each form in which they can be written.
func TestEntries(t *testing.T) {
	const defs = `#define VENDOR 0x1af4
#define HCA(d) VERBS_PCI_MATCH(VENDOR, d, NULL)
#define PAIR(a, b) { .u.driver_id = a ## b, .kind = 3 }
#define TWO 1
#define TWO 2
`
	for entry, want := range map[string]string{
		"VERBS_DRIVER_ID(RDMA_DRIVER_FLY)":   "id RDMA_DRIVER_FLY",
		"VERBS_DRIVER_ID(TWO)":               "id ",
		"VERBS_DRIVER_ID((RDMA_DRIVER_FLY))": "id RDMA_DRIVER_FLY",
		"{ .kind = (int)(3), .u.driver_id = (enum rdma_driver_id)(RDMA_DRIVER_FLY) }": "id RDMA_DRIVER_FLY",
		"VERBS_DRIVER_ID((1 + 2) 3)":            "id ",
		"[0] = VERBS_DRIVER_ID(7)":              "id 7",
		"VERBS_NAME_MATCH(\"fly\", NULL)":       "name fly",
		"VERBS_MODALIAS_MATCH(\"pci:*\", NULL)": "modalias pci:*",
		"VERBS_PCI_MATCH(0x1AF4, 0x1041, NULL)": "pci pci:v00001AF4d00001041sv*",
		"VERBS_PCI_MATCH(UNKNOWN, 1, NULL)":     "pci ",
		"VERBS_PCI_MATCH(1)":                    "pci ",
		"HCA(2)":                                "pci pci:v00001AF4d00000002sv*",
		"HCA(1, 2)":                             "unknown ",
		"HCA":                                   "unknown ",
		"PAIR(RDMA_DRIVER_, FLY)":               "id RDMA_DRIVER_FLY",
		"TWO":                                   "unknown ",
		"OTHER(1)":                              "unknown ",
		"{}":                                    "end ",
		"{ NULL }":                              "end ",
		"{ .kind = VERBS_MATCH_SENTINEL }":      "end ",
		"{ .u = {} }":                           "end ",
		"{ NULL, { .driver_id = RDMA_DRIVER_FLY }, 0, 0, 3 }":    "id RDMA_DRIVER_FLY",
		"{ kind: (VERBS_MATCH_DRIVER_ID), u: { driver_id: 9 } }": "id 9",
		"{ .u = \"pci:*\", .kind = VERBS_MATCH_MODALIAS }":       "modalias pci:*",
		"{ .u.modalias = \"rdma_device:*Nfly*\", .kind = 2 }":    "name fly",
		"{ .vendor = 1, .device = 2, .kind = VERBS_MATCH_PCI }":  "pci pci:v00000001d00000002sv*",
		"{ .kind = 4 }":        "other ",
		"{ .kind = UNKNOWN }":  "unknown ",
		"{ .none = 1 }":        "unknown ",
		"{ 1, 2, 3, 4, 5, 6 }": "unknown ",
	} {
		s := sources(t, "a.c", defs+"struct verbs_match_ent t[] = { "+entry+" };")
		o, ok := s.Object(MatchEntry, "t")
		if !ok {
			t.Fatalf("%s: no table", entry)
		}
		names := []string{"unknown", "end", "id", "pci", "modalias", "name", "other"}
		entries := s.Entries(o)
		if len(entries) != 1 {
			t.Errorf("%s: %d entries", entry, len(entries))
			continue
		}
		if got := names[entries[0].Kind] + " " + entries[0].Text; got != want {
			t.Errorf("%s is %q, want %q", entry, got, want)
		}
	}
}

func TestEntryByName(t *testing.T) {
	for _, tt := range []struct {
		e    Entry
		want bool
	}{
		{Entry{Kind: EntryName, Text: "fly"}, true},
		{Entry{Kind: EntryModalias, Text: "rdma_device:*Nfly0*D*"}, true},
		{Entry{Kind: EntryModalias, Text: "pci:*"}, false},
		{Entry{Kind: EntryID, Text: "rdma_device:"}, false},
	} {
		if tt.e.ByName() != tt.want {
			t.Errorf("%+v: %v", tt.e, !tt.want)
		}
	}
}

// libibverbs stops at the first entry whose kind is 0; one in another branch of the same
// #if is not after it.
func TestEntriesBeforeEnd(t *testing.T) {
	for entries, want := range map[string]string{
		"VERBS_DRIVER_ID(A), {}":                     "A behind ",
		"VERBS_DRIVER_ID(A)":                         "A behind ",
		"VERBS_DRIVER_ID(A), {}, VERBS_DRIVER_ID(B)": "A behind B",
		"\n#ifdef X\nVERBS_DRIVER_ID(A), {},\n#else\nVERBS_DRIVER_ID(B), {}\n#endif\n":                   "A B behind ",
		"\n#ifdef X\nVERBS_DRIVER_ID(A), {},\n#endif\nVERBS_DRIVER_ID(B), {}\n":                          "A behind B",
		"\n#if X\n{},\n#if Y\n#else\n#endif\nVERBS_DRIVER_ID(B),\n#elif Z\nVERBS_DRIVER_ID(C)\n#endif\n": " behind B",
	} {
		s := sources(t, "a.c", "struct verbs_match_ent t[] = { "+entries+" };")
		o, _ := s.Object(MatchEntry, "t")
		kept, behind := o.BeforeEnd(s.Entries(o))
		var ids []string
		for _, e := range kept {
			if e.Kind == EntryID {
				ids = append(ids, e.Text)
			}
		}
		got := strings.Join(ids, " ") + " behind "
		if behind != nil {
			got += behind.Text
		}
		if got != want {
			t.Errorf("%s gives %q, want %q", entries, got, want)
		}
	}
}

func TestTableIDs(t *testing.T) {
	s := sources(t, "a.c", "struct verbs_match_ent a[] = {\nVERBS_DRIVER_ID(A), {}, VERBS_DRIVER_ID(GONE)};\nstruct verbs_match_ent *p;\nextern struct verbs_match_ent x[];",
		"sub/b.h", "\nstatic const struct verbs_match_ent b[] = { VERBS_NAME_MATCH(\"b\", NULL),\n{ .kind = 3, .u.driver_id = 12 } };", "empty.c", "")
	var got []string
	for _, id := range s.TableIDs() {
		got = append(got, fmt.Sprintf("%s:%d %s", id.File.Name, id.Line, id.Text))
	}
	if want := "a.c:2 A, sub/b.h:3 12"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
