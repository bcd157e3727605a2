// SPDX-License-Identifier: Apache-2.0

package stagetest

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/debtest"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
)

// Packages answers containers that make or process packages with the minimum that later stages
// accept. object is an ELF file for the measurement of an add-on's build.
func Packages(t testing.TB, object string) func(Run) (containers.Result, error) {
	t.Helper()
	return func(run Run) (containers.Result, error) {
		for _, out := range run.Outputs {
			if run.Name == "base" { // of a walk's release; one for several gives none, so each is made alone
				write(t, filepath.Join(out.Dir, "base.tar.gz"), fmt.Sprintf("made of %d files", len(run.Files)))
				continue
			}
			if run.Name == "preload" {
				write(t, filepath.Join(out.Dir, path.Base(run.Argv[len(run.Argv)-1])), "library")
				continue
			}
			switch path.Base(out.Path) {
			case "RPMS":
				name := cmp.Or(map[string]string{"addon": "extra"}[run.Name], "tiny")
				rpmtest.Write(t, filepath.Join(out.Dir, "noarch", name+"-1-1.noarch.rpm"))
			case "SRPMS":
				rpmtest.Write(t, filepath.Join(out.Dir, "tiny-1-1.src.rpm"))
			case "interface":
				data, err := os.ReadFile(object)
				if err != nil {
					return containers.Result{}, err
				}
				write(t, filepath.Join(out.Dir, "interface.o"), string(data))
			case "out":
				debtest.Write(t, filepath.Join(out.Dir, "libfly1_56.1-1_amd64.deb"), debtest.Deb{
					Name: "libfly1", Version: "56.1-1", Files: map[string]string{"usr/share/fly": fmt.Sprintf("made of %d files", packaged(run))},
				})
				write(t, filepath.Join(out.Dir, "rdma-core_56.1-1.dsc"), "source package")
				header := path.Base(run.Argv[len(run.Argv)-2]) // of the script that reads kernel headers
				write(t, filepath.Join(out.Dir, header), "/* nothing */\n")
			case "distro":
				write(t, filepath.Join(out.Dir, "libibverbs"), "")
				write(t, filepath.Join(out.Dir, "about"), "56.1-1\nIBVERBS_PRIVATE_34\n") // of a Debian suite
				write(t, filepath.Join(out.Dir, "libibverbs1_56.1-1_amd64.deb"), "library")
			case "root": // of a toolchain
				for name, text := range map[string]string{"rpm": "gcc-14-1.x86_64 aa\n", "dpkg": "", "sums": "", "macros": "dist\t.el9\n"} {
					write(t, filepath.Join(out.Dir, name), text)
				}
			case "exercise":
				write(t, filepath.Join(out.Dir, "exercise"), "program")
			case "lintian":
				write(t, filepath.Join(out.Dir, "lintian.txt"), "")
			}
		}
		return containers.Result{Image: run.Commit}, nil
	}
}

// packaged counts the files in a source package, which are all that packages depend on.
func packaged(run Run) int {
	n := 0
	for name := range run.Files {
		if strings.HasPrefix(name, "/builder/deb/in/") {
			n++
		}
	}
	return n
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
