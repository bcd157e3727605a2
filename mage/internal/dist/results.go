// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/owned"
	"github.com/resnics/verbsmith/mage/internal/report"
	"github.com/resnics/verbsmith/mage/internal/timing"
)

// The files that tests put next to packages.
const (
	Verdicts   = "junit.xml"
	Kernel     = "junit-kernel.xml"
	KernelTree = "junit-kernel-tree.xml"
	Judges     = "junit-judges.xml"
)

// ChangesFile is next to packages what differs from others, for those who have these.
const ChangesFile = "changes.json"

// previousFile describes what was in the directory before.
const previousFile = "previous.json"

// resultsMost bounds a file with results, in bytes.
const resultsMost = 64 << 20

// ReadSuite reads the results of a test. The error wraps fs.ErrNotExist if it has not run.
func ReadSuite(dir, name string) (report.Suite, error) {
	data, err := owned.ReadFile(filepath.Join(dir, name), resultsMost)
	if err != nil {
		return report.Suite{}, fmt.Errorf("read the results: %w", err)
	}
	suite, err := report.ReadJUnit(data)
	if err != nil {
		return suite, fmt.Errorf("%s: %w", name, err)
	}
	return suite, nil
}

// ReadTimes reads where the time went to make the packages of a directory; none if that is not known.
func ReadTimes(dir string) ([]timing.Stage, error) {
	var times timing.File
	return times.Stages, readJSON(dir, timingFile, &times)
}

// Previous is what a directory had before its packages were replaced.
type Previous struct {
	Manifest artifact.Manifest `json:"manifest"`
	Results  []Earlier         `json:"results"` // of its tests
}

// Earlier is how one verdict ended.
type Earlier struct {
	File  string       `json:"file"` // of the test's results
	Name  string       `json:"name"`
	Title string       `json:"title"`
	State report.State `json:"state"`
}

// ReadPrevious reads what a directory had before, nil if it had nothing.
func ReadPrevious(dir string) (*Previous, error) {
	var before Previous
	if err := readJSON(dir, previousFile, &before); err != nil || before.Manifest.Key == "" {
		return nil, err
	}
	return &before, nil
}

// Changes are what Against has found.
type Changes struct {
	List    []Change `json:"changes"`
	Against string   `json:"against"` // the other packages: a directory or a URL, without what names the machine
}

// Text is a file with the changes.
func (c Changes) Text() ([]byte, error) {
	if c.List == nil {
		c.List = []Change{}
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("describe the changes: %w", err)
	}
	return append(text, '\n'), nil
}

// PlaceChanges writes changes next to the packages of a directory of outputs. They are gone when others replace these.
func (c *Collector) PlaceChanges(ctx context.Context, dir string, changes Changes) error {
	text, err := changes.Text()
	if err == nil {
		_, err = c.Place(ctx, dir, ChangesFile, text)
	}
	return err
}

// ReadChanges reads the changes next to packages; Against is "" if nobody has compared them.
func ReadChanges(dir string) (Changes, error) {
	var c Changes
	err := readJSON(dir, ChangesFile, &c)
	return c, err
}

// readJSON reads a file that may be missing.
func readJSON(dir, name string, into any) error {
	data, err := owned.ReadFile(filepath.Join(dir, name), resultsMost)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the output's %s: %w", name, err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read the output's %s: %w", filepath.Join(dir, name), err)
	}
	return nil
}

// previousText describes a directory whose packages are about to be replaced. Results that cannot be read are left out.
func previousText(dir string, m artifact.Manifest) ([]byte, error) {
	before := Previous{Manifest: m, Results: []Earlier{}}
	for _, name := range []string{Verdicts, Judges, Kernel, KernelTree} {
		suite, err := ReadSuite(dir, name)
		if err != nil {
			continue
		}
		for _, r := range suite.Results {
			before.Results = append(before.Results, Earlier{File: name, Name: r.Name, Title: r.Title, State: r.State})
		}
	}
	data, err := json.MarshalIndent(before, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("describe the previous output: %w", err)
	}
	return append(data, '\n'), nil
}
