// SPDX-License-Identifier: Apache-2.0

package ui_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/ui"
)

var errNoRoom = errors.New("no space left on device")

// smallDevice takes so many bytes, as a disk with that much room.
type smallDevice struct{ room int }

func (f *smallDevice) Write(p []byte) (int, error) {
	n := min(f.room, len(p))
	f.room -= n
	if n < len(p) {
		return n, errNoRoom
	}
	return n, nil
}

// Results that could not be written are an error, whatever writes them; progress that could not be shown is none.
func TestOutError(t *testing.T) {
	for name, show := range map[string]func(*ui.UI){
		"table":   func(u *ui.UI) { u.Table("title", []string{"a"}, [][]string{{"b"}}) },
		"writer":  func(u *ui.UI) { _, _ = u.Out().Write([]byte("a line\n")) },
		"summary": func(u *ui.UI) { u.Summary(nil) },
		"the last": func(u *ui.UI) {
			_, _ = u.Out().Write([]byte("a\n"))
			_, _ = u.Out().Write(bytes.Repeat([]byte("b"), 20))
		},
	} {
		for _, room := range []int{0, 3} {
			u := ui.New(ui.Options{Out: &smallDevice{room: room}, Err: &bytes.Buffer{}})
			show(u)
			_, _ = u.Out().Write(nil)
			if err := u.OutError(); !errors.Is(err, errNoRoom) || !strings.Contains(err.Error(), "standard output") {
				t.Errorf("%s, %d bytes: %v", name, room, err)
			}
			u.Close()
		}
		u := ui.New(ui.Options{Out: &bytes.Buffer{}, Err: &smallDevice{}})
		show(u)
		_, _ = u.Err().Write([]byte("x\n"))
		if err := u.OutError(); err != nil {
			t.Errorf("%s, with a full stderr: %v", name, err)
		}
		u.Close()
	}
}
