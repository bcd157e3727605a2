// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

var update = flag.Bool("update", false, "write the golden files anew")

// atWidth is a UI whose tables have at most width columns.
func atWidth(t *testing.T, width int) plainFixture {
	t.Helper()
	return newPlain(t, func(o *ui.Options) { o.OutWidth = func() int { return width } })
}

// doctorShows is what doctor shows on a machine without a registry.
func doctorShows(u *ui.UI) {
	u.Table("doctor", []string{"what", "state", "found"}, [][]string{
		{"Go", "ok", "go1.26.8 amd64"},
		{"disk for the cache", "ok", "73.0 GiB free at /home/builder/projects/drivers/caches/verbsmith-of-the-nightly-builds/cache"},
		{"container engine", "ok", "Docker 20.10.24+dfsg1 (API 1.41) at unix:///var/run/docker.sock"},
		{"security of runc", "note", "version 1.1.5+ds1 has known vulnerabilities: CVE-2024-21626 (a container can reach the host's files); " +
			"CVE-2025-31133, CVE-2025-52565, CVE-2025-52881 (a container can write to the host's /proc and break out)"},
		{"registry", "note", "image rockylinux/rockylinux:9 cannot be pulled: its registry does not answer: " +
			`Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.255.255.53:53: no such host`},
		{"pin of rocky9", "ok", "rockylinux/rockylinux:9@sha256:2f1a4f8c9d1e0b7c6a5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b of 2026-11-30"},
		{"base for debian-bookworm", "MISSING", "bootstrapped from Debian's archive: debian:bookworm-slim is not on the engine"},
		{"clang-format", "note", "not found; for check"},
	})
	u.List("next", []ui.Field{
		{Name: "base for debian-bookworm", Text: "bootstrapping the stand-in needs root: run as root once, or use a registry"},
		{Name: "security of runc", Text: "update to 1.4.0-rc.3 or later, unless your distribution has fixed this version (see its changelog)"},
		{Name: "clang-format, shellcheck, debootstrap", Text: "apt-get install clang-format shellcheck debootstrap"},
	})
}

// rpmShows is the end of rpm.
func rpmShows(u *ui.UI) {
	u.Table("", []string{"stage", "result", "note", "time"}, [][]string{
		{"source", "cached", "", "0.0 s"},
		{"integrate", "done", "RDMA_DRIVER_RIB = 21, private ABI 34", "0.3 s"},
		{"base", "done", "pull registry.example.org:5000/mirror/rockylinux/rockylinux:9", "42.1 s"},
		{"distro", "done", "the distro's repositories have libibverbs 57.0-2.el9.standin", "1.5 s"},
		{"4 stages", "", "", "44.0 s"},
	})
	u.List("rdma-core 56.1 for rocky9.standin (stand-in base: not releasable)", []ui.Field{
		{Name: "verdict", Text: "built 5 packages; go tool mage test:integration installs them and tests discovery"},
		{Name: "where", Text: "dist/rocky9.standin/rdma-core-56.1"},
		{Name: "rib adds", Text: "2 files in libibverbs: /etc/libibverbs.d/rib.driver, /usr/lib64/libibverbs/librib-rdmav34.so"},
	})
	u.Table("packages", []string{"package", "version", "size", "directory"}, [][]string{
		{"infiniband-diags-debuginfo", "56.1-1.el9.standin", "1.1 MiB", "RPMS/x86_64"},
		{"libibverbs", "56.1-1.el9.standin", "448.2 KiB", "RPMS/x86_64"},
		{"python3-pyverbs-debuginfo", "56.1-1.el9.standin", "2.0 MiB", "RPMS/x86_64"},
		{"rdma-core", "56.1-1.el9.standin", "3.9 MiB", "SRPMS"},
		{"rdma-core-rib.patch", "", "151.0 KiB", "SOURCES"},
	})
}

// addonShows has several wide columns of names that cannot wrap.
func addonShows(u *ui.UI) {
	u.Table("rdma-core-provider-rib for rocky9.standin", []string{"package", "module", "private ABI", "releases", "where"}, [][]string{
		{
			"rdma-core-provider-rib-56.1-1.abi34.el9.standin.x86_64.rpm", "librib-rdmav34.so", "34", "56.0 to 56.1 (2)",
			"dist/rocky9.standin/rdma-core-56.1.addon-rib",
		},
		{"rdma-core-provider-rib-65.0-1.abi65.el9.standin.x86_64.rpm", "librib-rdmav65.so", "65", "", "dist/rocky9.standin/rdma-core-65.0.addon-rib"},
	})
}

func TestTablesFitTheTerminal(t *testing.T) {
	for name, show := range map[string]func(*ui.UI){"doctor": doctorShows, "rpm": rpmShows, "addon": addonShows} {
		whole := newPlain(t, nil)
		show(whole.UI)
		for _, width := range []int{40, 80, 100, 200, 300} {
			t.Run(fmt.Sprintf("%s %d", name, width), func(t *testing.T) {
				f := atWidth(t, width)
				show(f.UI)
				got := f.out.String()
				for line := range strings.Lines(got) {
					if n := text.StringWidth(strings.TrimRight(line, "\n")); n > width {
						t.Errorf("%d columns: %s", n, line)
					}
				}
				if note := "marks where text was cut"; strings.Contains(got, "…") {
					if strings.Count(got, "…") == strings.Count(got, note) || strings.Count(got, note) != 1 {
						t.Errorf("the note has to be there once if something is cut:\n%s", got)
					}
				} else if lost := lostText(whole.out.String(), got); lost != "" {
					t.Errorf("%q is lost in\n%s", lost, got)
				}
				golden(t, fmt.Sprintf("%s-%d.txt", name, width), got)
			})
		}
	}
}

// lostText is the first word of a table that another form of it does not have. Words may be broken over lines there.
func lostText(whole, got string) string {
	letters := strings.NewReplacer(" ", "", "\n", "", "|", "", "+", "", "-", "")
	headers := []string{"package", "what", "stage"} // of first cells, which stand for themselves in a block
	var lines []string
	for line := range strings.Lines(got) {
		lines = append(lines, strings.Trim(line, "| \n"))
	}
	joined := letters.Replace(strings.Join(lines, ""))
	for word := range strings.FieldsSeq(whole) {
		if word = letters.Replace(word); word != "" && !slices.Contains(headers, word) && !strings.Contains(joined, word) {
			return word
		}
	}
	return ""
}

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "tables", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, string(want))
}

// A run says once where the whole text is, whatever number of tables it has.
func TestTheNoteOnCutTextIsShownOnce(t *testing.T) {
	f := atWidth(t, 60)
	for range 3 {
		f.Table("", []string{"name", "value"}, [][]string{{"digest", "sha256:" + strings.Repeat("0123456789abcdef", 4)}})
	}
	same(t, f.out.String(), strings.Repeat(`+--------+-------------------------------------------------+
| name   | value                                           |
+--------+-------------------------------------------------+
| digest | sha256:0123456789abcdef…9abcdef0123456789abcdef |
+--------+-------------------------------------------------+
`, 1)+"… marks where text was cut: with COLUMNS=1000 it is shown\nwhole\n"+strings.Repeat(`+--------+-------------------------------------------------+
| name   | value                                           |
+--------+-------------------------------------------------+
| digest | sha256:0123456789abcdef…9abcdef0123456789abcdef |
+--------+-------------------------------------------------+
`, 2))
}

func TestCellsOfANarrowTable(t *testing.T) {
	for _, tt := range []struct {
		name, cell, want string
	}{
		{"a path keeps its last part", "/srv/very/long/way/down/to/rdma-core.spec", "/srv/ve…/rdma-core.spec"},
		{"a name that is too long does not", "a/" + strings.Repeat("b", 40), "a/bbbbbbbbb…bbbbbbbbbbb"},
		{"wide runes count two", strings.Repeat("编", 20), "编编编编编…编编编编编"},
		{"combining marks count nothing", strings.Repeat("e\u0301", 23), strings.Repeat("e\u0301", 23)},
		{"and stay with their letter", strings.Repeat("e\u0301", 30), strings.Repeat("e\u0301", 11) + "…" + strings.Repeat("e\u0301", 11)},
		{"flags count as tables count them", strings.Repeat("🇩🇪", 20), strings.Repeat("🇩🇪", 5) + "🇩…🇪" + strings.Repeat("🇩🇪", 5)},
		{"lines stay lines", "one\ntwo", "one\ntwo"},
		{"words wrap", "one two three four five six", "one two three four five\nsix"},
		{"escape sequences are gone", "\x1b[31mred\x1b[0m " + strings.Repeat("x", 30), "red\nxxxxxxxxxxx…xxxxxxxxxxx"},
		{
			"of many lines the middle is cut", strings.Repeat("12345678901234567890123\n", 9) + "end",
			strings.Repeat("12345678901234567890123\n", 4) + "…\n" + strings.Repeat("12345678901234567890123\n", 2) + "end",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := atWidth(t, len("| x | ")+23+len(" |"))
			f.Table("", []string{"", ""}, [][]string{{"x", tt.cell}, {"", "a row that makes the table too wide"}})
			var lines []string
			for line := range strings.Lines(f.out.String()) {
				if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n != len("| x | ")+23+len(" |") && strings.HasPrefix(line, "|") {
					t.Errorf("%d columns: %s", n, line)
				}
			}
			for _, line := range strings.Split(f.out.String(), "\n")[3:] {
				if strings.Contains(line, "a row that") {
					break
				}
				cell := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(line, "| x | "), "|   | "), " |")
				lines = append(lines, strings.TrimRight(cell, " "))
			}
			same(t, strings.Join(lines, "\n"), tt.want)
		})
	}
}

func TestRowsBecomeBlocks(t *testing.T) {
	f := newPlain(t, func(o *ui.Options) { o.OutWidth, o.GitHub = func() int { return 34 }, true })
	f.Table("releases", []string{"release", "private ABI", "patch", "", "remark"}, [][]string{
		{"v42.0", "34", "pass", "", ""},
		{"::error::x", "-", "FAIL", "odd", "integrate: ib_user_ioctl_verbs.h: no enum ::set-env name=x::y"},
		{"v44.0", "34", "pass", "", "one\ntwo"},
		{},
	})
	same(t, f.out.String(), `releases
v42.0
  private ABI: 34  patch: pass
: :error::x
  private ABI: -  patch: FAIL  odd
  remark: integrate:
    ib_user_ioctl_verbs.h: no enum
    : :set-env name=x::y
v44.0
  private ABI: 34  patch: pass
  remark: one
    two
`)
	term := newTerminal(t, func(o *ui.Options) { o.NoColor, o.OutWidth = false, func() int { return 30 } })
	term.Table("", []string{"a", "b", "c"}, [][]string{{"x", "MISSING", strings.Repeat("y ", 30)}})
	if !strings.Contains(term.term.screen(), "x\n  b: \x1b[31mMISSING\x1b[0m\n  c: y y") {
		t.Errorf("%q", term.term.screen())
	}
}

// Where there is hardly any room, all is shown all the same.
func TestNarrowestTerminal(t *testing.T) {
	f := atWidth(t, 1) // counts as 20
	f.Table("", []string{"what", "found"}, [][]string{{"engine", "unix:///var/run/docker.sock"}})
	f.List("next", []ui.Field{{Name: "engine, registry, and all the rest", Text: "start it\nnow"}, {Name: "编译", Text: ""}})
	same(t, f.out.String(), `engine
  found:
    unix:///var/run/
    docker.sock
next
  engine, registry,
  and all the rest
    start it
    now
  编译

`)
}

func TestList(t *testing.T) {
	f := newPlain(t, nil)
	f.List("rdma-core\n56.1", []ui.Field{{"where", "dist"}, {"编译", "one\ntwo\x1b[2J"}, {strings.Repeat("n", 25), "below"}})
	same(t, f.out.String(), `rdma-core\n56.1
  where  dist
  编译   one
         two
  nnnnnnnnnnnnnnnnnnnnnnnnn
         below
`)
}
