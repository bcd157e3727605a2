// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// readsDirectory prints the names in a directory in the order in which it gets them. As a library it does so before main, as
// libnuma does, which pandoc is linked with.
const readsDirectory = `#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
static void names(void)
{
	DIR *dir = opendir(getenv("NAMES"));
	struct dirent *entry;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			printf("%s ", entry->d_name);
	closedir(dir);
}
#ifdef LIBRARY
__attribute__((constructor)) static void early(void) { names(); }
void used(void) { }
#else
void used(void);
int main(void) { used(); names(); return 0; }
#endif
`

// A library's constructor reads directories before any constructor of vary.c's could have run.
func TestVaryIsThereBeforeConstructors(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("this machine has no gcc")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, text []byte) {
		if err := os.WriteFile(in(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(VarySource, VaryText)
	write("reads.c", []byte(readsDirectory))
	if err := os.Mkdir(in("names"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"names/b", "names/a", "names/c"} {
		write(name, nil)
	}
	for _, argv := range [][]string{
		{"-std=gnu11", "-shared", "-fPIC", "-o", in("vary.so"), in(VarySource), "-ldl"},
		{"-DLIBRARY", "-shared", "-fPIC", "-o", in("libreads.so"), in("reads.c")},
		{"-o", in("reads"), in("reads.c"), in("libreads.so"), "-Wl,-rpath," + dir},
	} {
		if out, err := exec.CommandContext(t.Context(), "gcc", argv...).CombinedOutput(); err != nil {
			t.Fatalf("gcc %q: %v\n%s", argv, err, out)
		}
	}
	cmd := exec.CommandContext(t.Context(), in("reads"))
	cmd.Env = []string{"LD_PRELOAD=" + in("vary.so"), "VARY_ORDER=1", "NAMES=" + in("names")}
	if out, err := cmd.Output(); err != nil || string(out) != "c b a c b a " {
		t.Errorf("got %q, %v", out, err)
	}
}
