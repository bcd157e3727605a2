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
	for name := range strings.FieldsSeq("SOURCE2 _docdir _lib _mandir _sysconfdir arm buildroot name nil release version") {
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

// The add-on is compiled with the distro's flags: LTO, the hardening and the rest are the distro's to set, and the spec only
// hands them on.
func TestAddonSpecKeepsTheDistrosFlags(t *testing.T) {
	text, err := os.ReadFile("addon.spec")
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`(?m)^\s*%(?:global|define|undefine)\s+(\w*(?:flags|_build|_options)|toolchain|debug_package)\b.*`)
	if set := flags.FindAllString(string(text), -1); len(set) > 0 {
		t.Errorf("the spec sets %q itself", set)
	}
	if want := "\nexport CFLAGS=\"%{build_cflags}\" LDFLAGS=\"%{?build_ldflags}\"\n"; !strings.Contains(string(text), want) {
		t.Errorf("%%build does not begin with %q", want)
	}
}
