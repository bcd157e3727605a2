// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/scripts"
)

// parsedSpec is what rpmspec prints of a spec with these Patch tags and this %prep.
func parsedSpec(tags, prep string) string {
	return "Name: rdma-core\nVersion: 56.1\nSource: rdma-core-56.1.tar.gz\n" + tags + "\n" +
		"%description\nText.\n" +
		"%package -n libibverbs\nSummary: A library\nProvides: libfly = 56.1-1.el9\n%description -n libibverbs\n- libfly: a provider\n" +
		"%prep\n" + prep + "\n%build\ncmake .\n"
}

// releaseSpec runs release-spec.sh with an rpmspec that prints the text.
func releaseSpec(t *testing.T, parsed string) (output string, err error) {
	t.Helper()
	dir := t.TempDir()
	text, err := scripts.Read(releaseSpecScript)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		releaseSpecScript: string(text), "rpmspec": "#!/bin/sh\necho \"$*\" >&2\ncat '" + dir + "/parsed'\n", "parsed": parsed,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", filepath.Join(dir, releaseSpecScript), "rdma-core.spec", "fly", "el8", "fc44")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "TOPDIR=/builder/rpmbuild", "TMPDIR="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// rpmspec prints %patch as it stands up to rpm 4.17, and as commands from 4.18 on. The commands of %autosetup and %autopatch it
// always prints, in each version's own form.
func TestReleaseSpecAppliesThePatch(t *testing.T) {
	const (
		first     = "Patch0: rdma-core-fly.patch"
		third     = "Patch1: one.patch\nPatch2: two.patch\nPatch3: rdma-core-fly.patch"
		unmarked  = "Patch: one.patch\nPatch:\t\trdma-core-fly.patch"
		sources   = "/builder/rpmbuild/SOURCES/"
		not, none = "does not apply rdma-core-fly.patch", "does not declare rdma-core-fly.patch"
	)
	for _, tt := range []struct{ name, tags, prep, want string }{
		{"4.14: %patch -P", first, "%setup -q\n%patch -P 0 -p1", ""},
		{"4.16: %patch0", first, "%setup -q\n%patch0 -p1", ""},
		{"without a blank", first, "%setup -q\n%patch -P0 -p1", ""},
		{"a number in words", third, "%setup -q\n%patch 3 -p1", ""},
		{"bare", first, "%setup -q\n%patch -p1", ""},
		{"several", third, "%setup -q\n%patch -p1 -P 1 -P2 -P 3", ""},
		{"zeros", third, "%setup -q\n%patch003 -p1", ""},
		{"indented", third, "%setup -q\n  %patch3 -p1 -b .fly", ""},
		{"unnumbered tags", unmarked, "%setup -q\n%patch1 -p1", ""},
		{"a list of patches", "Patch4: a.patch\n%patchlist\n# two\nb.patch\nrdma-core-fly.patch", "%setup -q\n%patch6 -p1", ""},
		{"4.18: %patch as commands", third, "cd 'rdma-core-56.1'\necho \"Patch #3 (rdma-core-fly.patch):\"\n" +
			"/usr/bin/patch --no-backup-if-mismatch -f -p1 --fuzz=0 < " + sources + "rdma-core-fly.patch", ""},
		{"4.14: %autosetup", third, "%setup -q\n/usr/bin/cat " + sources + "rdma-core-fly.patch | \n/usr/bin/patch -p1 -s --fuzz=0", ""},
		{"6.1: %autosetup", third, "/usr/bin/rpmuncompress " + sources + "rdma-core-fly.patch | \n/usr/bin/patch -p1 -s --fuzz=0 -f", ""},
		{"git", third, "%setup -q\n/usr/bin/git am --reject -q " + sources + "rdma-core-fly.patch", ""},
		{"%{PATCH3}", third, "%setup -q\npatch -p1 <\"" + sources + "rdma-core-fly.patch\"", ""},

		{"nothing applies it", first, "%setup -q", not},
		{"another %patch -P", third, "%setup -q\n%patch -P 1 -p1\n%patch -P 2 -p1", not},
		{"another %patch1", third, "%setup -q\n%patch1 -p1\n%patch30 -p1", not},
		{"the number of an option", third, "%setup -q\n%patch1 -p 3 -F 3", not},
		{"patch 0 is another", third, "%setup -q\n%patch -p1", not},
		{"-P names another", first, "%setup -q\n%patch -P 1 -p1", not},
		{"as a comment", third, "%setup -q\n#%patch3 -p1\n# " + sources + "rdma-core-fly.patch", not},
		{"only said", third, "%setup -q\necho \"Patch #3 (rdma-core-fly.patch):\"\necho " + sources + "rdma-core-fly.patch", not},
		{"another file", third, "%setup -q\npatch -p1 < " + sources + "rdma-core-fly.patch.old", not},
		{"in another section", first, "%setup -q\n%build\n%patch0 -p1\npatch -p1 < " + sources + "rdma-core-fly.patch", not},
		{"no tag", "Patch0: rdma-core-flyby.patch", "%setup -q\n%patch0 -p1", none},
	} {
		output, err := releaseSpec(t, parsedSpec(tt.tags, tt.prep))
		if (err == nil) != (tt.want == "") || !strings.Contains(output, tt.want) {
			t.Errorf("%s: got %v, want %q\n%s", tt.name, err, tt.want, output)
		}
	}
}

// The macros of a distro are those of the last --define or --undefine of each name.
func TestReleaseSpecDefinesTheDistro(t *testing.T) {
	output, err := releaseSpec(t, parsedSpec("Patch0: rdma-core-fly.patch", "%setup -q\n%patch0 -p1"))
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var calls []map[string]string
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "-P ") {
			continue
		}
		macros := map[string]string{}
		words := strings.Fields(line)
		for i, word := range words[:len(words)-1] {
			switch word {
			case "--define":
				macros[words[i+1]] = words[i+2]
			case "--undefine":
				delete(macros, words[i+1])
			}
		}
		delete(macros, "_topdir")
		calls = append(calls, macros)
	}
	if want := []map[string]string{
		{"rhel": "8", "centos": "8", "el8": "1", "dist": ".el8"},
		{"fedora": "44", "fc44": "1", "dist": ".fc44"},
	}; !reflect.DeepEqual(calls, want) {
		t.Errorf("got %v, want %v", calls, want)
	}
	for _, word := range []string{"--undefine fedora", "--undefine fc44", "--undefine el8", "--undefine rhel", "--undefine centos"} {
		if !strings.Contains(output, word) {
			t.Errorf("no %s", word)
		}
	}
}
