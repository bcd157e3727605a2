// SPDX-License-Identifier: Apache-2.0

package page_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/page/pagetest"
)

func same(s string) string { return s }

func render(t *testing.T, p page.Page) []byte {
	t.Helper()
	data, err := page.HTML(p, same)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

const patch = `Subject: a provider
diff --git a/CMakeLists.txt b/CMakeLists.txt
--- a/CMakeLists.txt
+++ b/CMakeLists.txt
@@ -1,3 +1,3 @@
 project(x)
-old <line>
+new <line> & more
 end
diff --git a/providers/fly/fly.c b/providers/fly/fly.c
new file mode 100644
--- /dev/null
+++ b/providers/fly/fly.c
@@ -0,0 +1,2 @@
+/* a file */
+int fly;
\ No newline at end of file
-- 
2.0
`

// whole has every part of a page.
func whole() page.Page {
	return page.Page{
		Title: "rdma-core 56.1 with fly", About: page.About{Target: "test:kernel", State: page.Fail},
		Parts: []page.Part{{
			Name: "rdma-core 56.1 with fly, for rocky9", State: page.Fail, Verdict: "1 of 4 results fails, first: loads.",
			Notes: []string{"built on a stand-in"},
			Failures: []page.Failure{{
				Cause: "A symbol is unresolved", Says: []string{"ld: <undefined>"}, More: 2, Tail: []string{"last"}, Log: "report.log", Actions: []string{"mend it"},
				Facts: []page.Fact{{"stage", "rpm"}},
				Places: []page.Place{{
					Name: "fly.c:2:5", Message: "error: x", Caret: 5, Lines: []page.Line{{1, "a", false}, {2, "\tint x;", true}, {3, "", false}},
				}},
			}},
			Packages: page.Packages{Provider: "fly", Added: "files with the provider's name", List: []page.Package{
				{File: "RPMS/a.rpm", Name: "a", Version: "1-1", Size: 2048, Files: 3},
				{File: "RPMS/b.rpm", Name: "b", Version: "1-1", Size: 1, Files: -1, Added: []string{"/x"}, Missing: []string{"/y"}},
			}},
			Compared: page.Compared{With: "https://host/rpm", File: "changes.json", List: []page.Difference{
				{"a", "file", "/etc/old", ""}, {"b", "size", "1", "2"}, {"b", "file", "", "/etc/new"},
			}},
			Patch: page.Patch{File: "SOURCES/p.patch", Text: patch},
			Suites: []page.Suite{{Title: "verdicts", File: "junit.xml", Results: []page.Result{
				{Name: "a", Title: "lists", State: page.Pass, Evidence: "fly0"}, {Name: "b", Title: "loads", State: page.Fail, Evidence: "no", Output: "why\nnot"},
			}}},
			Kernel: page.Kernel{Title: "kernel", File: "junit-kernel.xml", Device: "fly0", Stock: "rxe0", Cases: []page.Case{
				{Name: "c", Title: "claimed", State: page.Pass, Mine: "pass", Stock: "pass", Evidence: "yes"},
				{Name: "w", Title: "write", State: page.Pass, Mine: "pass", Stock: "pass", Ratios: []float64{0.5, 1, 4}},
			}},
			Releases: page.Releases{Title: "fly in releases", File: "releases.json", Equal: "depth edit", Rows: []page.ABI{
				{"34", []page.Cell{{"v34.0", page.Pass, ""}, {"v34.1", page.Fail, "no place"}, {"v35.0", page.Fail, "no place"}, {"v36.0", page.Skipped, "has it"}}},
				{"?", []page.Cell{{"master", page.Unsupported, "too old"}}},
			}},
			Times: []page.Stage{
				{Name: "source", Cached: true, Seconds: 1}, {Name: "rpm", Seconds: 62, Phases: []page.Phase{{"compile", 50}, {"link", 12}}},
			},
			Inputs: []page.Fact{{"release", "56.1"}}, Digests: []page.File{{"RPMS/a.rpm", 2048, "00"}},
			Changes: page.Changes{Known: true, List: []page.Change{{"provider", "a", "b"}}},
		}},
	}
}

// In this order, and nothing that a reader needs is missing.
func TestWholePage(t *testing.T) {
	data := render(t, whole())
	lines := pagetest.Check(t, data)
	text := strings.Join(lines, "\n")
	at := 0
	for _, want := range []string{
		"✗ 1 of 4 results fails, first: loads.", "rdma-core 56.1 with fly, for rocky9", "Note: built on a stand-in", "What failed first",
		"A symbol is unresolved", "fly.c:2:5 error: x", "2 int x;", "^", "and 2 more in the log", "ld: <undefined>", "mend it", "stage\nrpm", "last", "report.log",
		"Packages", "2 packages, 2.0 KiB", "b1-1", "a1-12.0 KiB", "Changes since https://host/rpm",
		"3 differences (file: 2, size: 1)", "afile/etc/old–", "bsize12", "bfile–/etc/new", "Patch", "2 files, +3 −1; 1 of them new", "-old <line>", "+new <line> & more",
		"providers/fly/fly.c +2 −0 new", "Verdicts", "verdicts: 1 passed, 1 failed", "Kernel lab", "1.00 ×", "2 passed, 0 failed", "write", "1 case that passes", "claimed", "Releases",
		"5 releases: 1 pass, 2 fail, 1 not supported, 1 skipped (depth edit)", "v34.0 to v36.0: 1 pass, 2 fail, 1 skipped", "v34.1 to v35.0✗ FAILno place",
		"Where the time went", "1 min 02 s", "cached", "Inputs and digests", "Since the previous run", "1 difference",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("want %q behind\n%s\nin\n%s", want, text[max(at-200, 0):at], text)
		}
		at += i
	}
	if !bytes.Equal(data, render(t, whole())) {
		t.Error("the same data give other bytes")
	}
	if !bytes.Contains(data, []byte(`<meta name="verbsmith-run" content="test:kernel FAIL" />`)) {
		t.Error("no program can tell what the page is about")
	}
}

func TestSeveralParts(t *testing.T) {
	p := whole()
	good := page.Part{Name: "other", State: page.Pass, Verdict: "All 2 verdicts pass.", Packages: p.Parts[0].Packages, Dir: "rocky8/x/"}
	p.Parts = append(p.Parts, good, page.Part{Name: "third", State: page.Untested, Verdict: "not tested"})
	lines := pagetest.Check(t, render(t, p))
	if lines[1] != "✗ 1 of 3 directories fails." {
		t.Errorf("got %q", lines[:5])
	}
	p.Parts = p.Parts[1:2]
	p.Parts = append(p.Parts, p.Parts[0])
	data := render(t, p)
	if lines := pagetest.Check(t, data); lines[1] != "✓ All of 2 directories pass." || !strings.Contains(string(data), `href="rocky8/x/RPMS/a.rpm"`) {
		t.Errorf("got %q", lines[:5])
	}
	pagetest.Check(t, render(t, page.Page{Title: "nothing"}))
}

// What comes from others is text: it loads nothing, runs nothing, and has no secrets.
func TestHostileText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=http://x/y>` + "\x1b[31m\x00\u202e" + ` http://user:hunter2@host/`
	p := whole()
	part := &p.Parts[0]
	p.Title, part.Name, part.Verdict = evil, evil, evil
	part.Failures[0].Cause, part.Failures[0].Says, part.Failures[0].Places[0].Lines[1].Text = evil, []string{evil}, evil
	part.Failures[0].Log = "javascript:alert(1)"
	part.Packages.List[0].File, part.Packages.List[0].Name = "javascript:alert(1)", evil
	part.Patch.Text = page.Text("diff --git a/x b/" + evil + "\n@@ -0,0 +1 @@\n+" + evil + "\n")
	part.Suites[0].Results[1].Output = evil
	part.Kernel.Device, part.Kernel.Cases[1].Title = evil, evil
	part.Releases.Rows[0].Cells[0].Name = evil
	part.Compared.With, part.Compared.List[0].Was = evil, evil
	part.Times[1].Name, part.Inputs[0].Value, part.Digests[0].Path = evil, evil, evil
	data := render(t, p)
	for _, bad := range []string{"<script", "<img", "hunter2", "\x1b", "\x00", "\u202e", `href="javascript`} {
		if bytes.Contains(data, []byte(bad)) {
			t.Errorf("%q is in the page", bad)
		}
	}
	if !bytes.Contains(data, []byte("***@host")) {
		t.Error("the rest of a URL is gone")
	}
}

// What is long is cut, and the page says where all of it is.
func TestLongPartsAreCut(t *testing.T) {
	p := whole()
	part := &p.Parts[0]
	part.Patch.Text = page.Text(strings.Replace(patch, "+1,2 @@", "+1,20002 @@", 1)[:strings.Index(patch, "\\ No")+4]) +
		page.Text(strings.Repeat("+a line of a long file with <marks> & signs\n", 20_000))
	part.Suites[0].Results[1].Output = page.Text(strings.Repeat("output & more\n", 20_000))
	part.Inputs = append(part.Inputs[:1], page.Fact{Name: "long", Value: strings.Repeat("é", 1<<20)})
	for i := range 3000 {
		part.Packages.List = append(part.Packages.List, page.Package{Name: fmt.Sprint("p", i), File: "x.rpm", Added: []string{"/a", "/b"}})
		part.Compared.List = append(part.Compared.List, page.Difference{Package: fmt.Sprint("p", i), What: "size", Was: "1", Is: "2"})
		part.Digests = append(part.Digests, page.File{Path: fmt.Sprint("f", i), SHA256: strings.Repeat("0", 64)})
	}
	data := render(t, p)
	text := strings.Join(pagetest.Check(t, data), "\n")
	for _, want := range []string{" more lines are in SOURCES/p.patch", "more packages not shown: manifest.json has all", "more differences not shown: changes.json has all", "output, last part (", "+20002 −0 new"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%.3000s", want, text)
		}
	}
}

// That nothing has changed is an answer; that nobody has compared is none.
func TestComparedWithTheSame(t *testing.T) {
	p := whole()
	p.Parts[0].Compared.List = nil
	if text := strings.Join(pagetest.Check(t, render(t, p)), "\n"); !strings.Contains(text, "Nothing that a customer notices") {
		t.Errorf("got\n%s", text)
	}
	p.Parts[0].Compared = page.Compared{}
	if data := render(t, p); bytes.Contains(data, []byte("-compared")) {
		t.Error("it is there")
	}
}

// Parts that do not fit at all are said.
func TestManyParts(t *testing.T) {
	p := whole()
	for range 7 {
		p.Parts = append(p.Parts, p.Parts...)
	}
	if text := strings.Join(pagetest.Check(t, render(t, p)), "\n"); !strings.Contains(text, "more directories.") {
		t.Error("parts are left out without a word")
	}
}

// What names the machine is hidden in every text but the patch, which is as its file.
func TestHidden(t *testing.T) {
	p := whole()
	p.Parts[0].Verdict, p.Parts[0].Patch.Text = "in /home/me/x", page.Text("diff --git a/x b/x\n@@ -0,0 +1 @@\n+/home/me/patched\n")
	data, err := page.HTML(p, strings.NewReplacer("/home/me", "HOME").Replace)
	if err != nil || bytes.Contains(data, []byte("/home/me/x")) || !bytes.Contains(data, []byte("HOME/x")) || !bytes.Contains(data, []byte("/home/me/patched")) {
		t.Errorf("%v: the directory is shown", err)
	}
}

// palettes are the colours of the light page, the dark one and paper.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css, err := os.ReadFile("style.css")
	if err != nil {
		t.Fatal(err)
	}
	roots := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(css), -1)
	if len(roots) != 3 {
		t.Fatalf("%d palettes", len(roots))
	}
	all := map[string]map[string]string{}
	for i, name := range []string{"light", "dark", "print"} {
		all[name] = map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6});`).FindAllStringSubmatch(roots[i][1], -1) {
			all[name][m[1]] = m[2]
		}
	}
	return all
}

// luminance is that of WCAG 2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// Text has the contrast of WCAG's level AA on everything that it stands on, and so has what is drawn.
func TestContrast(t *testing.T) {
	for name, colours := range palettes(t) {
		for on, texts := range map[string]string{
			"bg": "fg muted link pass fail open", "panel": "fg muted fail link", "failbg": "fg muted link pass fail open", "notebg": "fg link",
			"addbg": "fg", "delbg": "fg", "markbg": "fg",
		} {
			for text := range strings.FieldsSeq(texts) {
				assertContrast(t, name, colours, text, on, 4.5)
			}
		}
		for _, drawn := range []string{"bar", "pass", "fail", "open", "muted"} {
			assertContrast(t, name, colours, drawn, "bg", 3)
		}
	}
}

func assertContrast(t *testing.T, palette string, colours map[string]string, a, b string, least float64) {
	t.Helper()
	if colours[a] == "" || colours[b] == "" {
		t.Fatalf("%s has no colour %s or %s", palette, a, b)
	}
	x, y := luminance(t, colours[a]), luminance(t, colours[b])
	if ratio := (max(x, y) + 0.05) / (min(x, y) + 0.05); ratio < least {
		t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", palette, a, b, ratio, least)
	}
}
