// SPDX-License-Identifier: Apache-2.0

package specs_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// A macro that rpm does not define itself comes from a package that the add-on's source package requires, or that rpm-build
// does, so that it rebuilds wherever it is taken. Macros of a question ("%{?x}") may be missing.
func TestAddonSpecRequiresItsMacros(t *testing.T) {
	const rpm, spec, rpmBuild = "rpm", "addon.spec", "rpm-build, by redhat-rpm-config"
	from := map[string]string{
		// EL 9 and 10 have it in python-srpm-macros, which python3-rpm-macros requires; EL 8 has it here.
		"__python3":    "python3-rpm-macros",
		"build_cflags": rpmBuild,
	}
	for name := range strings.FieldsSeq("_docdir _lib _libdir _libexecdir _mandir _prefix _sysconfdir arm buildroot name nil release version") {
		from[name] = rpm
	}
	text, err := os.ReadFile("addon.spec")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^#   ([a-z_]+) {2,}`).FindAllStringSubmatch(string(text), -1) {
		from[m[1]] = spec
	}
	for _, m := range regexp.MustCompile(`(?:^|[^%])%\{([A-Za-z_0-9]+)\}`).FindAllStringSubmatch(string(text), -1) {
		switch origin := from[m[1]]; origin {
		case rpm, spec, rpmBuild:
		case "":
			t.Errorf("%%{%s}: this test does not know which package defines it", m[1])
		default:
			if !strings.Contains(string(text), "\nBuildRequires: "+origin+"\n") {
				t.Errorf("%%{%s} is defined by %s, which is not required", m[1], origin)
			}
		}
	}
}
