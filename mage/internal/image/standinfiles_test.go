// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const standinFilesDir = "../../../containers/standin/files"

// Each file that the table of packages names exists, and each file is in a package or used by the script.
func TestStandinFiles(t *testing.T) {
	text, err := os.ReadFile("../../../containers/standin/packages")
	if err != nil {
		t.Fatal(err)
	}
	used := []string{"perl-deps"} // by repository.py
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			if name, path, ok := strings.Cut(word, ":"); ok && strings.HasPrefix(path, "/") {
				used = append(used, name)
			}
		}
	}
	var there []string
	entries, err := os.ReadDir(standinFilesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		there = append(there, entry.Name())
	}
	slices.Sort(used)
	if used = slices.Compact(used); !slices.Equal(used, there) {
		t.Errorf("the packages name %q, the directory has %q", used, there)
	}
}

// policy runs one of the stand-in's scripts on the files of a package.
func policy(t *testing.T, root string, env []string, name string, argv ...string) (string, error) {
	t.Helper()
	script, err := filepath.Abs(filepath.Join(standinFilesDir, name))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", append([]string{script}, argv...)...)
	cmd.Env = append(os.Environ(), append(env, "RPM_BUILD_ROOT="+root)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// needsPrograms skips a test on a machine without them.
func needsPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
}

func TestMangleShebangs(t *testing.T) {
	needsPrograms(t, "bash", "file")
	const el8 = "PYTHON3=/usr/libexec/platform-python"
	for _, tt := range []struct {
		line, env, want string
		executable      bool
	}{
		{"#!/usr/bin/env python3", "", "#!/usr/bin/python3", true},
		{"#!/usr/bin/env python3", el8, "#!/usr/libexec/platform-python", true},
		{"#!/usr/bin/python3 -s", el8, "#!/usr/libexec/platform-python -s", true},
		{"#!/bin/sh", "", "#!/usr/bin/sh", true},
		{"#!/bin/sh", el8, "#!/bin/sh", true},
		{"#!/usr/bin/perl -w", "", "#!/usr/bin/perl -w", true},
		{"#!/opt/x/run", "", "#!/opt/x/run", true},
		{"import os", "", "import os", false},
		{"#!/usr/bin/env python", "", "", true},
		{"#!/usr/bin/python -s", "", "", true},
		{"#!python3", "", "", true},
	} {
		root := t.TempDir()
		file := filepath.Join(root, "a file")
		if err := os.WriteFile(file, []byte(tt.line+"\nsecond\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		output, err := policy(t, root, []string{tt.env}, "brp-mangle-shebangs")
		if tt.want == "" {
			if err == nil || !strings.Contains(output, "/a file: ") || !strings.Contains(output, tt.line) {
				t.Errorf("%s: %v\n%s", tt.line, err, output)
			}
			continue
		}
		text, _ := os.ReadFile(file)
		st, statErr := os.Stat(file)
		if err != nil || statErr != nil || string(text) != tt.want+"\nsecond\n" || (st.Mode()&0o111 != 0) != tt.executable {
			t.Errorf("%s with %q: %q, %v\n%s", tt.line, tt.env, text, errors.Join(err, statErr), output)
		}
	}
}

func TestStripLTO(t *testing.T) {
	needsPrograms(t, "bash", "gcc", "readelf", "strip")
	root := t.TempDir()
	source, object := filepath.Join(t.TempDir(), "x.c"), filepath.Join(root, "x.o")
	if err := os.WriteFile(source, []byte("int x(void) { return 1; }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "gcc", "-O2", "-flto", "-ffat-lto-objects", "-c", "-o", object, source).CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	sections := func() string {
		out, err := exec.CommandContext(t.Context(), "readelf", "-W", "-S", "-s", object).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if !strings.Contains(sections(), "lto_") {
		t.Skip("this gcc makes no LTO sections")
	}
	if out, err := policy(t, root, nil, "brp-strip-lto", "strip"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := sections(); strings.Contains(got, "lto_") || !strings.Contains(got, " x\n") {
		t.Errorf("after it:\n%s", got)
	}
}

// The parts of the script that read the table and dpkg's versions.
func TestRepositoryScript(t *testing.T) {
	needsPrograms(t, "python3")
	const test = `
import sys
sys.path.insert(0, sys.argv[1])
import repository as r
def check(got, want):
    if got != want:
        sys.exit(f"got {got!r}, want {want!r}")
check([r.rpm_version(v, ".el9") for v in ("1:2.3-4", "2.3", "1-2-3", "2.3+b-0.1~x")],
      [("2.3", "4.el9"), ("2.3", "0.el9"), ("1.2", "3.el9"), ("2.3+b", "0.1~x.el9")])
names = (["-", "-", "-"], ["a", "b", "c"], ["a", "b", "-"], ["a", "b", "extras"])
check([[r.repository_of(n, column) for n in names] for column in (0, 2, 3)],
      [["-", "a", "a", "a"], ["-", "c", "-", "extras"], ["fedora", "fedora", "-", "-"]])
check([w for w in ("lib?1", "+x", "<x", "=1-2", "f:/x", "/x", "/x->y", "/x=>/y") if r.is_debian(w)], ["lib?1"])
check(r.in_order(["b", "a", "B", "a", "\u00e9"]), ["B", "a", "b", "\u00e9"])
debian = object.__new__(r.Debian)
debian.version, debian.provided = {"a": "1", "b": "1", "d": "1"}, {"v": "d"}
debian.depends = {"x": "missing | b (>= 1) | a, v:any,, none, a"}
check(list(debian.needs("x")), ["b", "d", "a"])
elf = object.__new__(r.Elf)
elf.marks = {"--provides": "/mark"}
elf.known = {"--provides": {}}
r.head_of = lambda path: r.ELF
r.output = lambda *command, **rest: ["one", "two", r.Elf.mark, r.Elf.mark]
elf.read("--provides", ["/b", "/a"])
check(elf.of("--provides", ["/a", "/b", "/c"]), ["one", "two"])
check(elf.of("--provides", ["/b"]), [])
r.output = lambda *command, **rest: ["one", r.Elf.mark]
try:
    elf.read("--provides", ["/b", "/a"])
except SystemExit as e:
    check(str(e), "repository.py: elfdeps --provides answered for 1 of 2 files")
else:
    sys.exit("an answer that is too short is taken")
`
	if out, err := exec.CommandContext(t.Context(), "python3", "-B", "-c", test, filepath.Dir(standinFilesDir)).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
