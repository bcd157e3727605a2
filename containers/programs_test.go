// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"fmt"
	"strings"
	"testing"
)

func TestPrograms(t *testing.T) {
	const slow = `{"ID":"x","Driver":"fuse-overlayfs"}`
	// The name of the copy of the fake engine's image.
	copied, marker := copyName("sha256:0123456789abcdef", "lib"), copyName("sha256:0123456789abcdef", complete)
	volume := func(name string) string {
		return fmt.Sprintf(`{"Name":%q,"Labels":{%q:"sha256:0123456789abcdef"}}`, name, copyLabel)
	}
	complete := `{"Volumes":[` + volume(copied) + "," + volume(marker) + `]}`
	for name, c := range map[string]struct {
		info, volumes string
		unasked       bool
		broken        string
		mounted       bool
		removed       int // containers, twice each, and volumes
		notices       int
	}{
		"fast storage":  {info: `{"ID":"x","Driver":"overlay2"}`, volumes: complete, removed: 2},
		"not asked for": {info: slow, volumes: complete, unasked: true, removed: 2},
		"there":         {info: slow, volumes: complete, mounted: true, removed: 2},
		"not there":     {info: slow, volumes: `{"Volumes":[]}`, mounted: true, removed: 6},
		"incomplete":    {info: slow, volumes: `{"Volumes":[` + volume(copied) + `]}`, mounted: true, removed: 7},
		"lost":          {info: slow, volumes: `{"Volumes":[` + volume(marker) + `]}`, removed: 2},
		"failed":        {info: slow, volumes: `{"Volumes":[]}`, broken: "volume", removed: 4, notices: 1},
		"list failed":   {info: slow, broken: "volumes", removed: 2, notices: 1},
	} {
		t.Run(name, func(t *testing.T) {
			fake := useFake(t)
			fake.answer("info", c.info)
			fake.answer("volumes", c.volumes)
			if c.broken != "" {
				fake.lacks(c.broken)
			}
			var notices []string
			e, err := Connect(t.Context(), Options{RunDir: t.TempDir(), Notice: func(text string) { notices = append(notices, text) }})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			spec := RunSpec{Name: "x", Image: "x", Argv: []string{"x"}, Programs: !c.unasked}
			if _, err := e.Run(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			mounts := fmt.Sprint(fake.created["HostConfig"].(map[string]any)["Mounts"])
			if got := strings.Contains(mounts, "ReadOnly:true") && strings.Contains(mounts, "Source:"+copied+" Target:/usr/lib "); got != c.mounted {
				t.Errorf("mounts: %s", mounts)
			}
			if len(notices) != c.notices || fake.removed != c.removed {
				t.Errorf("%d removed, notices %q", fake.removed, notices)
			}
		})
	}
}

// A copy belongs to an image, not to a cache; what says that it is complete goes first.
func TestCleanRemovesCopies(t *testing.T) {
	fake := useFake(t)
	fake.answer("volumes", `{"Volumes":[
		{"Name":"verbsmith-usr-1-bin","Labels":{"io.resnics.verbsmith.copy":"sha256:1"}},
		{"Name":"verbsmith-usr-1-complete","Labels":{"io.resnics.verbsmith.copy":"sha256:1"}},
		{"Name":"verbsmith-other","Labels":{"io.resnics.verbsmith.home":"elsewhere"}}]}`)
	e, err := Connect(t.Context(), Options{RunDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	removed, kept, err := e.Clean(t.Context(), CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range removed {
		names = append(names, o.Name)
	}
	if got := strings.Join(names, " "); got != "verbsmith-usr-1-complete verbsmith-usr-1-bin" {
		t.Errorf("removed %s", got)
	}
	if len(kept) != 1 || kept[0].Name != "verbsmith-other" {
		t.Errorf("kept %v", kept)
	}
}
