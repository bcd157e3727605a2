// SPDX-License-Identifier: Apache-2.0

package scripts

import (
	"strings"
	"testing"
)

// Where the distro leaves out old entries of the changelog, the release's date decides which, and not the day of the build.
func TestChangelogIsTrimmedByTheReleasesDate(t *testing.T) {
	for _, tt := range []struct{ defined, want string }{
		{"1732000000", "--define _changelog_trimtime 1636928000 "}, {"", ""},
	} {
		commands := map[string]string{"rpm": `[ "$*" = "--eval %{?_changelog_trimtime}" ] && echo "` + tt.defined + `"`, "rpmbuild": `echo "$*"`}
		output, err := runScript(t, "rpm-build.sh", commands, []string{"mkdir", "sh", "tr"}, "all", "x.spec")
		if err != nil || !strings.Contains(output, tt.want) || strings.Contains(output, "_changelog_trimtime") != (tt.want != "") {
			t.Errorf("%q: %v\n%s", tt.defined, err, output)
		}
	}
}
