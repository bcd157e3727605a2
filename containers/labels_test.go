// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"regexp"
	"slices"
	"testing"
)

func TestContainerName(t *testing.T) {
	valid := regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`) // the engine's own rule
	for text, want := range map[string]string{
		"build rocky9":  "verbsmith-r-7-build-rocky9",
		"":              "verbsmith-r-7-container",
		"../\n\"ä\" %s": "verbsmith-r-7-s",
		"日本":            "verbsmith-r-7-container",
		"0123456789012345678901234567890123456789-tail": "verbsmith-r-7-0123456789012345678901234567890123456789",
	} {
		if got := containerName("r", 7, text); got != want || !valid.MatchString(got) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestLabelsCannotBeReplaced(t *testing.T) {
	r := &run{id: "run", home: "home"}
	extra := map[string]string{Label: "0", RunLabel: "other", homeLabel: "other", selfLabel: "other", "mine": "kept"}
	got := containerLabels(r, "name", extra)
	want := map[string]string{Label: "1", RunLabel: "run", homeLabel: "home", selfLabel: "name", "mine": "kept"}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s: got %q, want %q", key, got[key], value)
		}
	}
	if extra[Label] != "0" {
		t.Error("the caller's map was changed")
	}
}

func TestOwnsItself(t *testing.T) {
	labels := func(change func(map[string]string)) map[string]string {
		all := containerLabels(&run{id: "run", home: "home"}, "name", nil)
		change(all)
		return all
	}
	for name, test := range map[string]struct {
		names  []string
		labels map[string]string
		want   bool
	}{
		"ours":                {[]string{"/name"}, labels(func(map[string]string) {}), true},
		"made from our image": {[]string{"/other"}, labels(func(map[string]string) {}), false},
		"of another home":     {[]string{"/name"}, labels(func(l map[string]string) { l[homeLabel] = "else" }), false},
		"without a run":       {[]string{"/name"}, labels(func(l map[string]string) { delete(l, RunLabel) }), false},
		"without a name":      {[]string{"/"}, labels(func(l map[string]string) { delete(l, selfLabel) }), false},
		"no labels":           {[]string{"/name"}, nil, false},
	} {
		if got := ownsItself(test.names, test.labels, "home"); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestLabelInstructions(t *testing.T) {
	got, err := labelInstructions(map[string]string{"b": `say "hi" $HOME \n`, "a": "plain"})
	want := []string{`LABEL "a"="plain"`, `LABEL "b"="say \"hi\" \$HOME \\n"`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for key, value := range map[string]string{"": "v", "k": "two\nRUN rm", "k\r": "v"} {
		if _, err := labelInstructions(map[string]string{key: value}); err == nil {
			t.Errorf("%q=%q was taken", key, value)
		}
	}
}
