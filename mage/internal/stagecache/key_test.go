// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestKeysDiffer(t *testing.T) {
	keys := map[string]*KeyBuilder{
		"nothing":                NewKey("s"),
		"another stage":          NewKey("s1"),
		"a string":               NewKey("s").String("n", "v"),
		"another value":          NewKey("s").String("n", "v2"),
		"another name":           NewKey("s").String("nv", ""),
		"an empty value":         NewKey("s").String("n", ""),
		"two in one":             NewKey("s").String("n", "v\x00string\x00m\x00w"),
		"two":                    NewKey("s").String("n", "v").String("m", "w"),
		"two, values exchanged":  NewKey("s").String("n", "w").String("m", "v"),
		"bytes":                  NewKey("s").Bytes("n", []byte("v")),
		"a string of bytes' sum": NewKey("s").String("n", sumOf([]byte("v"))),
		"a long string":          NewKey("s").String("n", strings.Repeat("v", 1000)),
		"a longer string":        NewKey("s").String("n", strings.Repeat("v", 1001)),
	}
	seen := map[string]string{}
	for name, k := range keys {
		sum := k.Sum()
		if len(sum) != 64 || k.Err() != nil {
			t.Errorf("%s: sum %q, error %v", name, sum, k.Err())
		}
		if other, twice := seen[sum]; twice {
			t.Errorf("%s and %s have the same key", name, other)
		}
		seen[sum] = name
	}
}

// TestKeyStays notices a change that would make every cache start again.
func TestKeyStays(t *testing.T) {
	k := NewKey("rpm").String("distro", "rocky9").Bytes("spec", []byte("Name: x\n"))
	const want = "d38c9915d2e6f75179c760cc1ec088872322cdc7c0a2ea3815a346f3848e3af8"
	if got := k.Sum(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	exchanged := NewKey("rpm").Bytes("spec", []byte("Name: x\n")).String("distro", "rocky9")
	if exchanged.Sum() != want {
		t.Error("the order of inputs counts")
	}
}

func TestKeyMistakes(t *testing.T) {
	tests := []struct {
		key  *KeyBuilder
		want string
	}{
		{NewKey("s").String("a", "1").String("a", "1"), `input "a" of the stage's key: given twice`},
		{NewKey("s").String("", "1"), "non-empty"},
		{NewKey("s").String("\xff", "1"), "UTF-8"},
		{NewKey("a/b"), `stage name "a/b"`},
	}
	c := open(t, t.TempDir())
	for _, tt := range tests {
		made := 0
		_, err := c.DoKey(t.Context(), tt.key.String("later", "x"), counting(&made, ""))
		if err == nil || !strings.Contains(err.Error(), tt.want) || made > 0 {
			t.Errorf("error %v, want %q; made %d times", err, tt.want, made)
		}
		if tt.key.Sum() != "" {
			t.Errorf("%s: there is a sum", tt.want)
		}
	}
	var input *InputError
	if err := tests[0].key.Err(); !errors.As(err, &input) || input.Input != "a" {
		t.Errorf("error %v", err)
	}
}

func TestExplain(t *testing.T) {
	key := func(distro, provider, long string) *KeyBuilder {
		return NewKey("rpm").String("distro", distro).String("provider/rib", provider).String("spec", strings.Repeat(long, 500))
	}
	c := open(t, t.TempDir())
	made := 0
	do := func(k *KeyBuilder) Entry {
		t.Helper()
		e, err := c.DoKey(t.Context(), k, counting(&made, "x"))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if got := c.Explain("rpm", key("rocky9", "1", "a")); got != nil {
		t.Errorf("an empty cache: %q", got)
	}
	do(key("rocky9", "1", "a"))
	e := do(key("rocky8", "1", "b"))
	if e.Inputs["distro"] != "rocky8" || !strings.HasPrefix(e.Inputs["spec"], "sha256:") {
		t.Errorf("inputs %q", e.Inputs)
	}
	tests := []struct {
		key  *KeyBuilder
		want []string
	}{
		{key("rocky9", "1", "a"), []string{}},
		{key("rocky9", "2", "a"), []string{"provider/rib"}},
		{key("rocky8", "2", "b"), []string{"provider/rib"}},
		{key("rocky8", "1", "c"), []string{"spec"}},
		{key("rocky9", "1", "a").String("flag", ""), []string{"flag"}},
		{NewKey("rpm").String("distro", "rocky9"), []string{"provider/rib", "spec"}},
	}
	for _, tt := range tests {
		if got := c.Explain("rpm", tt.key); !slices.Equal(got, tt.want) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if hit := do(key("rocky9", "1", "a")); !hit.Hit || hit.Inputs["distro"] != "rocky9" {
		t.Errorf("%+v", hit)
	}
}
