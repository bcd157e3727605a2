// SPDX-License-Identifier: Apache-2.0

package stagetest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// everything has a field of each kind that an input may have.
type everything struct {
	Text    string
	Flag    bool
	Number  int
	Count   uint8
	List    []string
	Map     map[string]string
	Pointer *int
	Set     *int
	Time    time.Time
	Inner   struct{ Text string }
	Keyed   keyed
	Scripts stage.Scripts
	Not     string `key:"-"`
}

// keyed has a key of its own.
type keyed struct{ Digest, Path string }

// StageKey implements stage.Keyed.
func (k keyed) StageKey() string { return k.Digest }

// forgetful has a key that leaves out what it holds.
type forgetful struct{ Digest string }

// StageKey implements stage.Keyed.
func (forgetful) StageKey() string { return "always" }

// failures records what a test would fail with.
type failures struct {
	testing.TB

	said []string
}

// Errorf implements testing.TB.
func (f *failures) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func TestEachFieldCounts(t *testing.T) {
	one := 1
	stagetest.EachFieldCounts(t, everything{Set: &one, List: []string{"a"}})
	f := &failures{TB: t}
	stagetest.EachFieldCounts(f, struct {
		Text  string
		Value forgetful
		Inner struct{ Value forgetful }
	}{})
	if len(f.said) != 2 || !strings.Contains(f.said[0], "a change of Value leaves") || !strings.Contains(f.said[1], "a change of Inner.Value leaves") {
		t.Errorf("got %q", f.said)
	}
}
