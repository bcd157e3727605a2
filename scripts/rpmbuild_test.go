// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"strings"
	"testing"
)

// Where the distro leaves out old entries of the changelog, the newest entry decides which, or with an older rpm the release's date, and
// not the day of the build.
func TestChangelogIsTrimmedWithoutTheClock(t *testing.T) {
	for _, tt := range []struct{ defined, age, want string }{
		{"1732000000", "0", "--define _changelog_trimtime 0 --define _changelog_trimage 63072000 "},
		{"1732000000", "", "--define _changelog_trimtime 1636928000 "},
		{"", "63072000", ""},
		{"", "", ""},
	} {
		commands := map[string]string{
			"rpm": `case $* in
			*_changelog_trimtime*) echo "` + tt.defined + `" ;;
			*_changelog_trimage*) echo "` + tt.age + `" ;;
			esac`,
			"rpmbuild": `echo "$*"`,
		}
		output, err := runScript(t, "rpm-build.sh", commands, []string{"mkdir", "sh", "tr"}, "all", "x.spec")
		if err != nil || !strings.Contains(output, tt.want) || strings.Contains(output, "_changelog_trimtime") != (tt.want != "") {
			t.Errorf("%q, %q: %v\n%s", tt.defined, tt.age, err, output)
		}
	}
}
