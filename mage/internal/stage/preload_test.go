// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
)

// A library is compiled once for a toolchain and a source, and is an input of any container.
func TestPreload(t *testing.T) {
	stagetest.EachFieldCounts(t, stage.PreloadInput{})
	engine := &stagetest.Engine{Answer: stagetest.Packages(t, "")}
	r := stagetest.NewRunner(t, engine)
	library := func(toolchain string) containers.Input {
		in, err := r.Preload(t.Context(), r.Begin("test"), toolchain, "a.c", []byte("text"), "/folder")
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	first := library("tools")
	if runs := engine.Runs(); len(runs) != 1 || !strings.HasSuffix(strings.Join(runs[0].Argv, " "), "preload.sh /builder/preload/a.c /builder/preload/out/a.so") {
		t.Fatalf("ran %+v", runs)
	}
	library("tools")
	library("others")
	if n := len(engine.Runs()); n != 2 {
		t.Errorf("%d runs, want one for each toolchain", n)
	}
	var stream bytes.Buffer
	if err := first.Write(&stream); err != nil || first.Path != "/" || !strings.Contains(stream.String(), "folder/a.so") {
		t.Errorf("got %+v, %v", first, err)
	}
}
