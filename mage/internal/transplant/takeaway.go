// SPDX-License-Identifier: Apache-2.0

package transplant

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
)

// TakeAway removes a provider of a release by its name alone: its directory and kernel headers, its place in the build, and what
// names it in README.md, MAINTAINERS and the packaging in a line or a paragraph of its own. What a library has there in addition
// stays, and so does the driver id, which belongs to the kernel.
func TakeAway(dir, name string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the tree: %w", err)
	}
	defer func() { _ = root.Close() }()
	folder := path.Join("providers", name)
	if _, err := root.Lstat(folder); err != nil {
		return fmt.Errorf("take away %s: %w", name, err)
	}
	errs := []error{root.RemoveAll(folder)}
	own := regexp.MustCompile(`^([a-z0-9_-]*[_-])?` + name + `(?:[_-].*)?\.h$`)
	headers, err := fs.ReadDir(root.FS(), "kernel-headers/rdma")
	errs = append(errs, err)
	for _, h := range headers {
		if own.MatchString(h.Name()) {
			errs = append(errs, root.Remove(path.Join("kernel-headers/rdma", h.Name())))
		}
	}
	for _, c := range awayCuts() {
		text, err := root.ReadFile(c[0])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		out := regexp.MustCompile("(?m)"+strings.ReplaceAll(c[1], "NAME", name)).ReplaceAll(text, []byte(c[2]))
		if err == nil && string(out) != string(text) {
			err = root.WriteFile(c[0], out, 0o644)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// awayCuts are a file each, what is cut out of it, and what it is replaced by.
func awayCuts() [][3]string {
	return [][3]string{
		{"CMakeLists.txt", `^add_subdirectory\(providers/NAME(?:/[^)\n]*)?\)[^\n]*\n`, ""},
		{"kernel-headers/CMakeLists.txt", `^  rdma/(?:[a-z0-9_-]*[_-])?NAME(?:[_-][^\n]*)?\.h\n`, ""},
		{"libibverbs/verbs.h", `^extern [^\n]* verbs_provider_NAME;\n`, ""},
		{"libibverbs/verbs.h", `, _\d\d, \.\.\.\)( *)`, ", ...)$1     "},
		{"libibverbs/verbs.h", `,[\s\\]*&verbs_provider_##_\d+\n#define`, "\n#define"},
		{"libibverbs/verbs.h", `,[\s\\]*none\)\n`, ")\n"},
		{"MAINTAINERS", `^[^\n]+\n(?:[A-EG-Z]:[^\n]*\n)+F:\s*providers/NAME/\n\n?`, ""},
		{"README.md", `^ - NAME(?:_rdma|_ib)?\.ko\n`, ""},
		{"redhat/rdma-core.spec", `^- libNAME: [^\n]*\n`, ""},
		{"redhat/rdma-core.spec", `^(?:Provides|Obsoletes): libNAME [^\n]*\n`, ""},
		{"suse/rdma-core.spec", `^- libNAME: [^\n]*\n`, ""},
		{"debian/control", `^  - NAME: [^\n]*\n`, ""},
		{"debian/rdma-core.install", `^usr/share/man/man\d/NAME\.\d\n`, ""},
		{"debian/copyright", `^Files: providers/NAME/\*\n(?:[^\n]+\n)+\n`, ""},
	}
}
