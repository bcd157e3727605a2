// SPDX-License-Identifier: Apache-2.0

package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/mage/internal/releasetest"
	"github.com/resnics/verbsmith/specs/rpmspec"
)

// TestPageTools: a tree without prebuilt pages gives a spec that requires what makes them,
// on each distro whose reading of the spec does not.
func TestPageTools(t *testing.T) {
	const (
		rst    = "BuildRequires: /usr/bin/rst2man\n"
		pandoc = "%if 0%{?fedora} >= 25 || 0%{?rhel} == 8\nBuildRequires: pandoc\n%endif\n"
		ours   = "BuildRequires: pandoc\n"
		ourRst = "BuildRequires: /usr/bin/rst2man\n"
	)
	for _, tt := range []struct {
		name, distro, spec string
		files              []string
		added              string
	}{
		{"a git clone on EL 9", "rocky9", rst + pandoc, nil, ours},
		{"a git clone on EL 10", "rocky10", rst + pandoc, nil, ours},
		{"a git clone on Stream 9", "centos-stream9", rst + pandoc, nil, ours},
		{"a git clone on EL 8", "rocky8", rst + pandoc, nil, ""},
		{"a spec that asks for neither", "rocky8", "BuildRequires: gcc\n", nil, ours + ourRst},
		{"python3-docutils has rst2man", "rocky9", "BuildRequires: python3-docutils, pandoc\n", nil, ""},
		{"a release's tarball", "rocky9", pandoc, []string{"buildlib/pandoc-prebuilt/41bf"}, ""},
		{"a folder without pages", "rocky9", rst + pandoc, []string{"buildlib/pandoc-prebuilt/"}, ours},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tree := t.TempDir()
			for _, name := range append([]string{"CMakeLists.txt"}, tt.files...) {
				file := filepath.Join(tree, name)
				if strings.HasSuffix(name, "/") {
					file = filepath.Join(file, "x")
				}
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if !strings.HasSuffix(name, "/") {
					if err := os.WriteFile(file, []byte("FIND_PACKAGE(pandoc)\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			d, err := releasetest.Distros(t).Find(tt.distro)
			if err != nil {
				t.Fatal(err)
			}
			spec, err := rpmspec.Parse("s", []byte("Source: a\n"+tt.spec+"%description\n"))
			if err != nil {
				t.Fatal(err)
			}
			if err := newSpecInput(job.Job{Target: job.RPM{Distro: d}}, artifact.Source{Tree: tree}).addPageTools(spec); err != nil {
				t.Fatal(err)
			}
			first, rest, _ := strings.Cut(tt.spec, "\n")
			if want := "Source: a\n" + first + "\n" + tt.added + rest + "%description\n"; string(spec.Bytes()) != want {
				t.Errorf("got\n%s\nwant\n%s", spec.Bytes(), want)
			}
		})
	}
	tree := t.TempDir()
	if err := os.WriteFile(filepath.Join(tree, "CMakeLists.txt"), []byte("project(x)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if makes, err := makesPages(tree); makes || err != nil {
		t.Errorf("a tree that makes no pages: %v, %v", makes, err)
	}
}
