// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	got := Markdown("verbsmith", []Section{
		{
			Title: "dist/rocky9/rdma-core-56.1", Notes: []string{"rdma-core 56.1 with fly"},
			Suites: []Suite{{Name: "verdicts", Results: []Result{
				{Name: "listed", Title: "ibv_devices lists it", State: Pass},
				{Name: "loads", Title: "the module loads", State: Fail, Evidence: "![x](http://host.example)<b>\nundefined|symbol `f`"},
			}}},
			Header: []string{"file", "size"}, Rows: [][]string{{"a_b.rpm", "1.0 KiB"}},
		},
		{Title: "dist/rocky10/rdma-core-56.1", Suites: []Suite{{Name: "verdicts", Results: []Result{{Name: "listed", State: Pass}}}}},
	}, MarkdownMost)
	want := `## verbsmith

**1 of 2 failed: dist/rocky9/rdma-core-56.1: verdicts**

| name | what | evidence |
|---|---|---|
| loads | the module loads | \!\[x\](http:&#47;&#47;host.example)\<b\> undefined\|symbol \` + "`f\\`" + ` |

### dist/rocky9/rdma-core-56.1

- rdma-core 56.1 with fly
- verdicts: 1 passed, 1 failed

<details><summary>1 passed: verdicts</summary>

| name | what |
|---|---|
| listed | ibv\_devices lists it |

</details>

<details><summary>1 files</summary>

| file | size |
|---|---|
| a\_b.rpm | 1.0 KiB |

</details>

### dist/rocky10/rdma-core-56.1

- verdicts: 1 passed, 0 failed

<details><summary>1 passed: verdicts</summary>

| name | what |
|---|---|
| listed |  |

</details>

`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A summary never has more than what is shown of it, closes what it opens, and says that something is missing.
func TestMarkdownIsCut(t *testing.T) {
	var s Suite
	for i := range 4000 {
		s.Results = append(s.Results, Result{Name: fmt.Sprint(i), Title: strings.Repeat("t|", 400), State: StateOf(i%3 != 0), Evidence: "e"})
	}
	sections := []Section{{Title: "one", Suites: []Suite{s}}, {Title: "two", Suites: []Suite{s}}}
	for _, most := range []int{2 << 10, 64 << 10, 1 << 20, MarkdownMost} {
		got := Markdown("all", sections, most)
		if len(got) > most {
			t.Errorf("%d bytes, want at most %d", len(got), most)
		}
		if open, closed := strings.Count(got, "<details>"), strings.Count(got, "</details>"); open != closed {
			t.Errorf("%d bytes: %d folds opened, %d closed", most, open, closed)
		}
		if !strings.HasSuffix(got, " more lines are left out: the artefacts have all of them.\n") {
			t.Errorf("%d bytes: it ends with %q", most, got[max(0, len(got)-80):])
		}
	}
}

// What is left out is the end: a short row after a long one that did not fit would make the long one look as if it had never been.
func TestMarkdownIsCutOnce(t *testing.T) {
	section := Section{Title: "one", Header: []string{"file"}, Rows: [][]string{
		{"first"}, {strings.Repeat("long ", 50)}, {"last"},
	}}
	whole := Markdown("all", []Section{section}, MarkdownMost)
	got := Markdown("all", []Section{section}, len(whole)+reserved-40)
	if !strings.Contains(got, "| first |") || strings.Contains(got, "long") || strings.Contains(got, "| last |") {
		t.Errorf("got\n%s", got)
	}
	if !strings.HasSuffix(got, "</details>\n\n\n3 more lines are left out: the artefacts have all of them.\n") {
		t.Errorf("the end is %q", got[max(0, len(got)-100):])
	}
}
