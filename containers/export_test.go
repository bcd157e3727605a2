// SPDX-License-Identifier: Apache-2.0

package containers

import (
	"context"
	"errors"
	"io"
	"testing"
)

// The files of an image are streamed, and the container is removed: also if reading fails, or is interrupted.
func TestExport(t *testing.T) {
	fake := useFake(t)
	e, err := Connect(t.Context(), Options{RunDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	var got string
	err = e.Export(t.Context(), "x", func(r io.Reader) error {
		data, err := io.ReadAll(r)
		got = string(data)
		return err
	})
	if err != nil || got != "files" || fake.times("remove") != 1 || fake.times("start") != 0 {
		t.Errorf("got %q, %v, removed %d times, started %d times", got, err, fake.times("remove"), fake.times("start"))
	}
	own := errors.New("own")
	if err := e.Export(t.Context(), "x", func(io.Reader) error { return own }); !errors.Is(err, own) || fake.times("remove") != 2 {
		t.Errorf("got %v, removed %d times", err, fake.times("remove"))
	}
	fault := fake.breaks(t, "export", stalls)
	ctx, stop := context.WithCancel(t.Context())
	go func() { <-fault.seen; stop() }()
	err = e.Export(ctx, "x", func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err })
	if err == nil || !errors.Is(err, context.Canceled) || fake.times("remove") != 3 {
		t.Errorf("interrupted: got %v, removed %d times", err, fake.times("remove"))
	}
}
