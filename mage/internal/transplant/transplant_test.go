// SPDX-License-Identifier: Apache-2.0

package transplant_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/transplant"
)

func text(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// show writes files down: "name own +a-r +a-r =n; kind: line, line".
func show(files []transplant.File) []string {
	var out []string
	for _, f := range files {
		var line strings.Builder
		fmt.Fprintf(&line, "%s %v +%d-%d +%d-%d =%d", f.Name, f.Own, f.Theirs.Added, f.Theirs.Removed, f.Ours.Added, f.Ours.Removed, f.Common)
		for _, d := range f.Differences {
			fmt.Fprintf(&line, "; %s:", d.Kind)
			for _, l := range d.Lines {
				fmt.Fprintf(&line, " %d=%s", l.Number, l.Text)
			}
		}
		out = append(out, line.String())
	}
	return out
}

func TestCompare(t *testing.T) {
	before := transplant.Tree{
		"same": text("a", "b"), "untouched": text("x"), "order": text("a", "c", "e"), "less": text("1"), "more": text("1"),
		"twice": text("a", "z"), "gone": text("g"), "end": text("e"),
	}
	theirs := transplant.Tree{
		"same": text("a", "n", "b"), "untouched": text("x"), "order": text("a", "c", "d", "e"), "less": text("1", "2", "3"), "more": text("1"),
		"twice": text("a", "n", "n", "z"), "end": text("e", "f"), "providers/fly/fly.c": text("int f;"), "empty": "",
	}
	ours := transplant.Tree{
		"same": text("a", "n", "b"), "untouched": text("x"), "order": text("a", "d", "c", "e"), "less": text("1", "3"), "more": text("1", "0"),
		"twice": text("a", "n", "z"), "gone": text("g"), "end": "e\nf", "providers/fly/fly.c": text("int f;"),
	}
	want := []string{
		"empty false +0-0 +0-0 =0; elsewhere: 0=(the end of the file)",
		"end false +1-0 +1-0 =0; elsewhere: 0=(the end of the file)",
		"gone false +0-1 +0-0 =0; extra: 1=g",
		"less false +2-0 +1-0 =1; missing: 2=2",
		"more false +0-0 +1-0 =0; extra: 2=0",
		"order false +1-0 +1-0 =0; elsewhere: 3=d",
		"providers/fly/fly.c true +1-0 +1-0 =1",
		"same false +1-0 +1-0 =1",
		"twice false +2-0 +1-0 =1; missing: 3=n",
	}
	got := show(transplant.Compare(before, theirs, ours, []string{"providers/fly"}))
	if len(got) != len(want) {
		t.Fatalf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

func reason(kind transplant.Kind, lines string) transplant.Reason {
	return transplant.Reason{File: "list", Kind: kind, Lines: regexp.MustCompile(lines), Why: string(kind) + " " + lines}
}

func TestEveryLineNeedsAReasonAndEveryReasonALine(t *testing.T) {
	before := transplant.Tree{"list": text("a")}
	theirs := transplant.Tree{"list": text("a", "theirs 1", "theirs 2", "both")}
	ours := transplant.Tree{"list": text("both", "a", "ours")}
	full := []transplant.Reason{
		reason(transplant.Missing, "1$"), reason(transplant.Missing, "2$"), reason(transplant.Extra, "^ours$"), reason(transplant.Elsewhere, ""),
	}
	explain := func(reasons []transplant.Reason) ([]transplant.File, []error) {
		files := transplant.Compare(before, theirs, ours, nil)
		return files, transplant.Explain("fly", files, reasons)
	}
	files, errs := explain(full)
	if len(errs) > 0 {
		t.Errorf("with all reasons: %v", errs)
	}
	if why := files[0].Differences[0].Why; len(why) != 2 || why[0] != "missing 1$" {
		t.Errorf("reasons of what is missing: %q", why)
	}
	for i, r := range full {
		_, errs := explain(slices.Delete(slices.Clone(full), i, i+1))
		var un *transplant.UnexplainedError
		if len(errs) != 1 || !errors.As(errs[0], &un) || un.Kind != r.Kind || len(un.Lines) != 1 {
			t.Errorf("without %q: %v", r.Why, errs)
		}
	}
	for _, r := range []transplant.Reason{reason(transplant.Extra, "^nothing$"), {File: "other", Kind: transplant.Missing, Lines: regexp.MustCompile(""), Why: "x"}} {
		_, errs := explain(append(slices.Clone(full), r))
		var stale *transplant.StaleError
		if len(errs) != 1 || !errors.As(errs[0], &stale) || stale.Reason.File != r.File {
			t.Errorf("with %q too: %v", r.Why, errs)
		}
	}
}

func TestTakeOut(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"list": "ant\nfly\nbee\n", "providers/fly/fly.c": "int f;\n", "rules": "ant\\|fly\n"}
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cut := func(file, match string, times int) transplant.Cut {
		return transplant.Cut{File: file, Match: regexp.MustCompile("(?m)" + match), Times: times}
	}
	err := transplant.TakeOut(dir, []string{"providers/fly"}, []transplant.Cut{cut("list", `^fly\n`, 1), cut("rules", `\\\|fly`, 1)})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := transplant.ReadTree(dir)
	if err != nil || len(tree) != 2 || tree["list"] != "ant\nbee\n" || tree["rules"] != "ant\n" {
		t.Errorf("left: %q, %v", tree, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "list")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	err = transplant.TakeOut(dir, []string{"providers/fly"}, []transplant.Cut{cut("list", `^fly\n`, 1), cut("list", `^[ab]`, 1), cut("none", `x`, 1)})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing to remove: %v", err)
	}
	for _, want := range []string{`list: want 1 matches of "(?m)^fly\\n", got 0`, `list: want 1 matches of "(?m)^[ab]", got 2`, "providers/fly"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %s", err, want)
		}
	}
}

// What is said of one file or directory is not said of one whose name begins alike.
func TestNamesThatBeginAlike(t *testing.T) {
	theirs := transplant.Tree{"list": text("a"), "lists": text("a"), "providers/fly/a": text("a"), "providers/flyer/a": text("a")}
	files := transplant.Compare(nil, theirs, theirs, []string{"providers/fly/", "list"})
	for _, f := range files {
		if want := f.Name == "list" || f.Name == "providers/fly/a"; f.Own != want {
			t.Errorf("%s is the provider's own: %t", f.Name, f.Own)
		}
	}
	files = transplant.Compare(nil, transplant.Tree{"list": text("a"), "lists": text("a")}, nil, nil)
	errs := transplant.Explain("fly", files, []transplant.Reason{reason(transplant.Missing, "^a$")})
	if len(errs) != 1 {
		t.Fatalf("got %v, want the line of the other file", errs)
	}
	if un, ok := errors.AsType[*transplant.UnexplainedError](errs[0]); !ok || un.File != "lists" {
		t.Errorf("got %v", errs[0])
	}
}

func TestAdded(t *testing.T) {
	before := transplant.Tree{"same": text("a"), "more": text("a", "c"), "less": text("a", "b"), "gone": text("g")}
	after := transplant.Tree{"same": text("a"), "more": text("a", "b", "c", "d"), "less": text("a"), "new": text("n", "m"), "empty": ""}
	want := transplant.Tree{"more": text("b", "d"), "less": "", "new": text("n", "m"), "empty": ""}
	got := transplant.Added(before, after)
	if len(got) != len(want) {
		t.Errorf("got %q", got)
	}
	for name, added := range want {
		if text, ok := got[name]; !ok || text != added {
			t.Errorf("%s: got %q, want %q", name, text, added)
		}
	}
}

func TestAReasonIsForAPattern(t *testing.T) {
	theirs := transplant.Tree{"debian/a": text("x"), "debian/b/c": text("y"), "suse": text("z")}
	files := transplant.Compare(nil, theirs, nil, nil)
	errs := transplant.Explain("fly", files, []transplant.Reason{{File: "debian/*", Kind: transplant.Missing, Lines: regexp.MustCompile(""), Why: "w"}})
	if len(errs) != 2 || len(files[0].Differences[0].Why) != 1 {
		t.Errorf("got %v, %+v", errs, files)
	}
}
