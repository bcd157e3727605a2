// SPDX-License-Identifier: Apache-2.0

package stagecache

import (
	"testing"
)

// Notes are next to an output, change nothing of it, and go with it.
func TestNotes(t *testing.T) {
	c := open(t, t.TempDir())
	made := 0
	e, err := c.Do(t.Context(), "rpm", "k", counting(&made, "four"))
	if err != nil {
		t.Fatal(err)
	}
	if notes, err := e.Notes(); notes != nil || err != nil {
		t.Errorf("without any: got %q, %v", notes, err)
	}
	for _, text := range []string{"first", "second"} {
		if err := e.WriteNotes([]byte(text)); err != nil {
			t.Fatal(err)
		}
		again, err := c.Do(t.Context(), "rpm", "k", counting(&made, "four"))
		if err != nil || !again.Hit || again.Digest != e.Digest {
			t.Errorf("the entry is not what it was: %+v, %v", again, err)
		}
		if notes, err := again.Notes(); string(notes) != text || err != nil {
			t.Errorf("got %q, %v, want %q", notes, err, text)
		}
	}
	if removed, err := c.Prune(t.Context(), 0); err != nil || removed.Entries != 1 {
		t.Errorf("removed %+v, %v", removed, err)
	}
	if err := e.WriteNotes(nil); err == nil {
		t.Error("notes of an entry that is gone")
	}
}
