// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
)

// ofOurs are answers of an engine that has something for Clean: a container of a dead run of this run directory or of
// one that cannot be seen from here, volumes, and images with a reference of ours and without one.
func ofOurs(t *testing.T, e *Engine, home string) map[string]string {
	t.Helper()
	answer := func(value any) string {
		data, err := json.Marshal(value)
		if err != nil {
			t.Error(err)
		}
		return string(data)
	}
	mine := map[string]string{Label: "1", homeLabel: home, RunLabel: "dead", selfLabel: "old"}
	return map[string]string{
		"list":    answer([]map[string]any{{"Id": "c1c1c1c1c1c1", "Names": []string{"/old"}, "State": "exited", "Labels": mine}}),
		"volumes": answer(map[string]any{"Volumes": []map[string]any{{"Name": "vol", "Labels": map[string]string{Label: "1", homeLabel: e.run.home}}}}),
		"images": answer([]map[string]any{
			{"Id": "sha256:02", "ParentId": "sha256:01", "RepoTags": []string{references + "x:1"}, "Created": 2},
			{"Id": "sha256:01", "Created": 1},
		}),
		"image": answer(map[string]any{"Id": "sha256:01", "Config": map[string]any{}}),
	}
}

// cleaned makes the calls of Clean. All is everything of ours, also of a run directory that cannot be seen from here.
func cleaned(t *testing.T, all bool) func(context.Context, *Engine) error {
	t.Helper()
	return func(ctx context.Context, e *Engine) error {
		home := e.run.home
		if all {
			home = "elsewhere"
		}
		f := theFake()
		f.mu.Lock()
		maps.Copy(f.answers, ofOurs(t, e, home))
		f.mu.Unlock()
		_, _, err := e.Clean(ctx, CleanOptions{All: all})
		return err
	}
}

// cleanCalls are those of Clean; what has no answer, such as a removal, has none that could be wrong.
func cleanCalls(t *testing.T) []call {
	t.Helper()
	const answers, noBody = "hangs stalls cut half garbage", "hangs cut"
	own, all := cleaned(t, false), cleaned(t, true)
	return []call{
		{"list", answers + " empty endless", own},
		{"inspect", answers + " empty endless", all},
		{"remove", noBody, own},
		{"remove", noBody, all},
		{"volumes", answers + " endless", own},
		{"df", "hangs stalls", own},
		{"rmvolume", noBody, own},
		{"images", answers + " empty endless", own},
		{"rmi", answers + " empty endless", own},
		{"image", answers + " empty endless", own},
	}
}

// TestCleanWithoutSizes: nothing depends on how large a volume is.
func TestCleanWithoutSizes(t *testing.T) {
	for mode := range strings.FieldsSeq("cut half garbage empty endless") {
		t.Run(mode, func(t *testing.T) {
			f := useFake(t)
			e := connectFake(t)
			f.breaks(t, "df", mode)
			if err := cleaned(t, false)(t.Context(), e); err != nil || f.times("rmvolume") != 1 {
				t.Errorf("%v, %d volumes removed", err, f.times("rmvolume"))
			}
		})
	}
	noneLeft(t)
}

// Of two containers of a dead run each is removed, whatever comes of the other.
func TestCleanGoesOnAfterAFailure(t *testing.T) {
	f := useFake(t)
	e := connectFake(t)
	answers := ofOurs(t, e, e.run.home)
	list := strings.TrimSuffix(strings.TrimPrefix(answers["list"], "["), "]")
	f.answer("list", "["+list+","+strings.ReplaceAll(list, "old", "older")+"]")
	if err := os.WriteFile(e.run.file("dead"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f.breaks(t, "remove", cut)
	_, left, err := e.Clean(t.Context(), CleanOptions{})
	if err == nil || f.times("remove") < 2 {
		t.Errorf("%d tries to remove two containers, left %+v, %v", f.times("remove"), left, err)
	}
	if _, err := os.Stat(e.run.file("dead")); err != nil {
		t.Errorf("the lock file of what is left: %v", err)
	}
	for _, l := range left {
		if strings.Contains(l.Why, "still active") {
			t.Errorf("a dead run looks alive: %+v", l)
		}
	}
}
