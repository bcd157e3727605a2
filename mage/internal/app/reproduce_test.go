// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// Packages are built twice from nothing, and what a difference comes from is named.
func TestReproduce(t *testing.T) {
	for name, tt := range map[string]struct {
		notices func(run stagetest.Run) string // what of its container ends up in a Debian package
		flags   ReproduceFlags
		fails   string
		out     []string
		builds  int
	}{
		"all kinds": {nil, ReproduceFlags{}, "", []string{"| rpm       | same  | 2 packages, 2 builds, no byte differs", "| rpm:addon | same ", "| deb       | same "}, 6},
		"one kind":  {nil, ReproduceFlags{Kind: new("deb:addon")}, "", []string{"| deb:addon | same "}, 2},
		"each":      {nil, ReproduceFlags{Kind: new("rpm"), Vary: new("each")}, "", []string{"rpm, build 3: varied: clock\n", "2 packages, 13 builds"}, 13},
		"the host's name": {
			func(run stagetest.Run) string { return run.Host },
			ReproduceFlags{Kind: new("deb")},
			"deb: 1 of 2 packages differ between builds: libfly1_56.1-1_amd64.deb. The cause: host",
			[]string{"| deb      | DIFFER | host (another host and domain name): libfly1_56.1-1_amd64.deb"},
			14,
		},
		"a variation": {
			func(run stagetest.Run) string { return run.User },
			ReproduceFlags{Kind: new("deb"), Vary: new("host,user")},
			"The cause: user",
			[]string{"build 2: varied: host, user\n"},
			5,
		},
		"no such kind":      {nil, ReproduceFlags{Kind: new("apk")}, `unknown kind of packages "apk"`, nil, 0},
		"no such variation": {nil, ReproduceFlags{Vary: new("moon")}, `unknown variation "moon"`, nil, 0},
		"an empty flag":     {nil, ReproduceFlags{Vary: new("")}, "-vary= is empty", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newTrial(t)
			b.flags.Suite = new("bookworm")
			answer, builds := b.engine.Answer, 0
			b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
				result, err := answer(run)
				for _, out := range run.Outputs {
					switch name := path.Base(out.Path); {
					case run.Name == "preload":
					case name == "RPMS":
						builds++
					case name == "out":
						builds++
						if tt.notices != nil {
							err = os.WriteFile(filepath.Join(out.Dir, "libfly1_56.1-1_amd64.deb"), []byte(tt.notices(run)), 0o600)
						}
					}
				}
				return result, err
			}
			err := b.Reproduce(t.Context(), tt.flags)
			if tt.fails == "" && err != nil || tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("got the error %v, want %q\n%s", err, tt.fails, b.err.String())
			}
			for _, want := range tt.out {
				if !strings.Contains(b.out.String(), want) {
					t.Errorf("want %q in\n%s", want, b.out.String())
				}
			}
			if builds != tt.builds {
				t.Errorf("%d builds, want %d", builds, tt.builds)
			}
			if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "verbsmith-reproduce-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	b := newTrial(t)
	b.flags.Provider = new("none")
	if err := b.Reproduce(t.Context(), ReproduceFlags{Kind: new("rpm:addon")}); err == nil || !strings.Contains(err.Error(), errNoProvider.Error()) {
		t.Errorf("an add-on of none: got %v", err)
	}
}
