// SPDX-License-Identifier: Apache-2.0

package tail_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/tail"
)

func TestBufferKeepsTheEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		writes []string
		want   string
	}{
		"nothing":      {nil, ""},
		"all":          {[]string{"one\n", "two\n"}, "one\ntwo\n"},
		"many writes":  {slices.Repeat([]string{"abc"}, 20), "cabcabcabc"},
		"a long write": {[]string{"x", strings.Repeat("y", 30) + "z"}, "yyyyyyyyyz"},
		"then a short": {[]string{strings.Repeat("y", 30), "z"}, "yyyyyyyyyz"},
	} {
		b := tail.New(10)
		for _, text := range tt.writes {
			if n, err := b.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%s: wrote %d bytes of %d: %v", name, n, len(text), err)
			}
		}
		if got := b.String(); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestBufferLines(t *testing.T) {
	b := tail.New(100)
	_, _ = b.Write([]byte("one\ntwo\n\n"))
	if got := b.Lines(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("got %q", got)
	}
}
