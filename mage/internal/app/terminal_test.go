// SPDX-License-Identifier: Apache-2.0

package app

import (
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

func TestEnvironmentOfTheDisplay(t *testing.T) {
	type shown struct {
		live, lines, plain bool // a live line, tables with lines, no colours
		out, err           int  // widths
		github             bool
		folds              ui.Folds
	}
	for _, tt := range []struct {
		name, env string
		out, err  bool
		want      shown
	}{
		{"a terminal", "", true, true, shown{live: true, lines: true, out: 100, err: 90}},
		{"a pipe", "", false, false, shown{}},
		{"results in a pipe", "", false, true, shown{live: true, err: 90}},
		{"messages in a file", "", true, false, shown{lines: true, out: 100}},
		{"a pipe of a width", "COLUMNS=72", false, false, shown{out: 72, err: 72}},
		{"a terminal of another width", "COLUMNS=300", true, true, shown{live: true, lines: true, out: 300, err: 90}},
		{"a terminal of a smaller width", "COLUMNS=50", true, true, shown{live: true, lines: true, out: 50, err: 50}},
		{"no width", "COLUMNS=0", false, false, shown{}},
		{"a wrong width", "COLUMNS=wide", true, true, shown{live: true, lines: true, out: 100, err: 90}},
		{"no colours", "NO_COLOR=1", true, true, shown{live: true, lines: true, plain: true, out: 100, err: 90}},
		{"an empty variable", "NO_COLOR=", true, true, shown{live: true, lines: true, out: 100, err: 90}},
		{"a terminal that can do nothing", "TERM=dumb", true, true, shown{out: 100, err: 90}},
		{"CI", "CI=true", true, true, shown{out: 100, err: 90}},
		{"GitHub", "CI=true GITHUB_ACTIONS=true", false, false, shown{github: true, folds: ui.GitHubFolds}},
		{"GitLab", "CI=true GITLAB_CI=true", false, false, shown{folds: ui.GitLabFolds}},
		{"GitLab on a terminal", "GITLAB_CI=true", true, true, shown{out: 100, err: 90, folds: ui.GitLabFolds}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{}
			for pair := range strings.FieldsSeq(tt.env) {
				name, text, _ := strings.Cut(pair, "=")
				env[name] = text
			}
			wide := func(is bool, columns int) func() int {
				return func() int {
					if is {
						return columns
					}
					return 0
				}
			}
			s := screen{
				env: func(name string) string { return env[name] }, out: tt.out, err: tt.err,
				outWide: wide(tt.out, 100), errWide: wide(tt.err, 90),
			}
			o := s.options()
			got := shown{o.Terminal, o.OutTerminal, o.NoColor, o.OutWidth(), o.Measure(), o.GitHub, o.Folds}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
