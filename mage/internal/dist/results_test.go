// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/timing"
)

// What packages replace is described next to them, with how their tests had ended.
func TestPreviousOutputsAreDescribed(t *testing.T) {
	dir := t.TempDir()
	if before, err := ReadPrevious(dir); before != nil || err != nil {
		t.Errorf("of an empty directory: %+v, %v", before, err)
	}
	if times, err := ReadTimes(dir); times != nil || err != nil {
		t.Errorf("of an empty directory: %+v, %v", times, err)
	}
	if _, err := ReadSuite(dir, Verdicts); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of an empty directory: %v", err)
	}
	suite := report.Suite{Name: "s", Results: []report.Result{{Name: "loads", Title: "it loads", State: report.Fail, Evidence: "no"}}}
	data, err := suite.JUnit()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, Verdicts), string(data))
	write(t, filepath.Join(dir, Kernel), "no XML")
	files, err := describeRun(dir, artifact.Manifest{Key: "k", Release: "56.1"}, []timing.Stage{{Stage: "rpm", Seconds: 2}})
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	before, err := ReadPrevious(dir)
	if err != nil || before.Manifest.Release != "56.1" || len(before.Results) != 1 ||
		before.Results[0] != (Earlier{File: Verdicts, Name: "loads", Title: "it loads", State: report.Fail}) {
		t.Errorf("got %+v, %v", before, err)
	}
	if times, err := ReadTimes(dir); err != nil || len(times) != 1 || times[0].Seconds != 2 {
		t.Errorf("got %+v, %v", times, err)
	}
	for _, name := range []string{timingFile, previousFile} {
		write(t, filepath.Join(dir, name), "{")
	}
	if _, err := ReadPrevious(dir); err == nil {
		t.Error("a damaged file is read")
	}
	if _, err := ReadTimes(dir); err == nil {
		t.Error("a damaged file is read")
	}
	if _, err := ReadSuite(dir, Kernel); err == nil {
		t.Error("a damaged file is read")
	}
}

// Only what verbsmith wrote is discarded.
func TestDiscard(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	file, err := c.Place(t.Context(), c.Dir, "report.log", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	theirs := filepath.Join(c.Dir, "theirs.log")
	write(t, theirs, "x")
	for _, name := range []string{"report.log", "report.log", "theirs.log", "none"} {
		if err := c.Discard(t.Context(), c.Dir, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it stays: %v", err)
	}
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("somebody's file: %v", err)
	}
	if err := c.Discard(t.Context(), "/elsewhere", "x"); err == nil {
		t.Error("a file outside is taken")
	}
	if again, err := c.Place(t.Context(), c.Dir, "report.log", []byte("y")); err != nil {
		t.Errorf("%s: %v", again, err)
	}
}
