// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

func TestCompilerErrors(t *testing.T) {
	tests := []struct{ name, log, want string }{
		{"nothing", "-- Found NL\n[1/2] Building C object a.o\nwarning: no\n", ""},
		{
			"gcc",
			`FAILED: providers/rib/CMakeFiles/rib.dir/rib.c.o
In file included from ../providers/rib/rib.h:9,
                 from ../providers/rib/rib.c:4:
../providers/rib/rib.c: In function ‘rib_query_port’:
../providers/rib/rib.c:41:9: error: implicit declaration of function ‘foo’ [-Werror=implicit-function-declaration]
   41 |  return foo(attr);
      |         ^~~
../providers/rib/rib.c:44:2: warning: unused variable ‘x’ [-Wunused-variable]
../providers/rib/rib.c:4:10: note: include ‘<x.h>’
cc1: all warnings being treated as errors
ninja: build stopped: subcommand failed.
`,
			"../providers/rib/rib.c:41:9: error: implicit declaration of function ‘foo’ [-Werror=implicit-function-declaration]",
		},
		{
			"a missing header", "a.c:1:10: fatal error: no.h: No such file or directory\n",
			"a.c:1:10: fatal error: no.h: No such file or directory",
		},
		{"no column", "a.c:7: error: old gcc\n", "a.c:7: error: old gcc"},
		{"a blank in the name", "my dir/my file.c:7:1: error: x\n", "my dir/my file.c:7:1: error: x"},
		{
			"a colon in the message", "a.c:7:1: error: expected ‘:’ before 3:4: error: x\n",
			"a.c:7:1: error: expected ‘:’ before 3:4: error: x",
		},
		{
			"the assembler", "{standard input}:12: Error: no such instruction: `foo'\n",
			"{standard input}:12: error: no such instruction: `foo'",
		},
		{
			"the driver", "gcc-12: fatal error: no input files\nclang: error: linker command failed with exit code 1\n",
			"fatal error: gcc-12: no input files",
		},
		{
			"colours and carriage returns", "\x1b[01ma.c:7:1:\x1b[m\x1b[K \x1b[01;31merror: \x1b[m\x1b[Kx\r\n",
			"a.c:7:1: error: x",
		},
		{"after a line that was redrawn", "[1/9] a.o\r[2/9] b.o\ra.c:7:1: error: x\n", "a.c:7:1: error: x"},
		{
			"clang in an include",
			"In file included from a.c:2:\n./a.h:3:5: error: unknown type name 'u33'\n1 error generated.\n",
			"./a.h:3:5: error: unknown type name 'u33'",
		},
		{
			"ld with sections",
			"/usr/bin/ld: rib.c.o: in function `rib_open':\nrib.c:(.text+0x1d): undefined reference to `ibv_foo'\n" +
				"collect2: error: ld returned 1 exit status\n",
			"rib.c: error: undefined reference to `ibv_foo'",
		},
		{
			"ld with lines, each once",
			"/usr/bin/ld: /src/providers/rib/rib.c:123: undefined reference to `a'\n" +
				"/usr/bin/ld: /src/providers/rib/rib.c:123: undefined reference to `a'\n" +
				"/usr/bin/x86_64-linux-gnu-ld: b.o:(.data.rel+0x8): multiple definition of `b'\n",
			"/src/providers/rib/rib.c:123: error: undefined reference to `a'\nb.o: error: multiple definition of `b'",
		},
		{"ld without a place", "/usr/bin/ld: cannot find -lnl-3: No such file or directory\n" +
			"collect2: error: ld returned 1 exit status\n", "error: cannot find -lnl-3: No such file or directory"},
		{"only a symptom", "collect2: error: ld returned 1 exit status\n", "error: ld returned 1 exit status"},
		{
			"cmake",
			`-- Configuring
CMake Error at providers/rib/CMakeLists.txt:12 (rdma_provider):
  rdma_provider Macro invoked with
  incorrect arguments for macro named: rdma_provider

  See the documentation.
Call Stack (most recent call first):
  CMakeLists.txt:733 (include)


-- Configuring incomplete, errors occurred!
`,
			"providers/rib/CMakeLists.txt:12: error: rdma_provider: rdma_provider Macro invoked with " +
				"incorrect arguments for macro named: rdma_provider See the documentation.",
		},
		{
			"cmake at the end of the log", "CMake Error at CMakeLists.txt:3 (message):\n  no compiler",
			"CMakeLists.txt:3: error: message: no compiler",
		},
		{
			"cmake without a place", "CMake Error: The source directory \"/x\" does not exist.\n",
			"error: The source directory \"/x\" does not exist.",
		},
		{"cmake in a file", "CMake Error in CMakeLists.txt:\n  no dialect\n", "CMakeLists.txt: error: no dialect"},
		{
			"rpm", "error: line 12: Unknown tag: Foo: bar\nerror: x.spec: line 9: bad %if\n",
			"error: Unknown tag: Foo: bar\nx.spec:9: error: bad %if",
		},
		{
			"rpm's dependencies",
			"error: Failed build dependencies:\n\tcmake >= 9 is needed by x-1\n\tfoo is needed by x-1\nRPM build errors:\n",
			"error: Failed build dependencies: cmake >= 9 is needed by x-1; foo is needed by x-1",
		},
		{
			"rpm's files",
			"error: Installed (but unpackaged) file(s) found:\n   /usr/lib64/librib.so\n\nRPM build errors:\n",
			"error: Installed (but unpackaged) file(s) found: /usr/lib64/librib.so",
		},
		{
			"a patch in rpmbuild",
			`+ /usr/bin/patch -p1 -s --fuzz=0
Patch #0 (rdma-core-rib.patch):
patching file kernel-headers/CMakeLists.txt
Hunk #1 FAILED at 26.
1 out of 2 hunks FAILED -- saving rejects to file kernel-headers/CMakeLists.txt.rej
error: Bad exit status from /var/tmp/rpm-tmp.aBcDe (%prep)


RPM build errors:
    Bad exit status from /var/tmp/rpm-tmp.aBcDe (%prep)
`,
			"kernel-headers/CMakeLists.txt:26: error: hunk #1 does not apply of Patch #0 (rdma-core-rib.patch)",
		},
		{
			"only rpm's status", "error: Bad exit status from /var/tmp/rpm-tmp.x (%build)\n",
			"error: Bad exit status from /var/tmp/rpm-tmp.x (%build)",
		},
		{
			"git apply", "error: patch failed: CMakeLists.txt:733\nerror: CMakeLists.txt: patch does not apply\n",
			"CMakeLists.txt:733: error: patch does not apply\nCMakeLists.txt: error: patch does not apply",
		},
		{
			"dnf",
			"No matching package to install: 'foo-devel'\nNot all dependencies satisfied\nError: Some packages could not be found.\n",
			"error: No matching package to install: 'foo-devel'",
		},
		{
			"dnf's solver",
			"Error: \n Problem: conflicting requests\n  - nothing provides libx.so.1()(64bit) needed by libibverbs-56.1-1.x86_64\n",
			"error: nothing provides libx.so.1()(64bit) needed by libibverbs-56.1-1.x86_64",
		},
		{"dnf install", "Error: Unable to find a match: rdma-nope\n", "error: Unable to find a match: rdma-nope"},
		{"a line without end", strings.Repeat("x", 1<<20) + ":1:1: error: x\na.c:1:1: error: y\n", "a.c:1:1: error: y"},
		{"a hostile log", "\x1b]0;title\x07a\x9b31m.c:1:1: error: \x1b[2Jx\x00y\u202e\n", `a\x9b31m.c:1:1: error: x\x00y\u202e`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range ui.CompilerErrors(iotest.HalfReader(strings.NewReader(tt.log))) {
				got = append(got, e.String())
			}
			same(t, strings.Join(got, "\n"), tt.want)
		})
	}
}

func TestCompilerErrorFields(t *testing.T) {
	got := ui.CompilerErrors(strings.NewReader("a.c:7:3: fatal error: x\n"))
	want := ui.CompilerError{File: "a.c", Line: 7, Col: 3, Severity: "fatal error", Message: "x"}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// numbered is a log of ever new errors; it fails the test once that many were read.
type numbered struct {
	t    *testing.T
	n    int
	most int
}

func (e *numbered) Read(p []byte) (int, error) {
	if e.n++; e.n > e.most {
		e.t.Fatalf("it reads on behind %d errors", e.most)
	}
	return copy(p, fmt.Sprintf("a.c:%d:1: error: wrong\n", e.n)), nil
}

// A build may report as many errors as the limit of its log allows.
func TestCompilerErrorsEnd(t *testing.T) {
	if got := ui.CompilerErrors(&numbered{t, 0, 100_000}); len(got) != 1000 || got[999].Line != 1000 {
		t.Errorf("got %d errors", len(got))
	}
}
