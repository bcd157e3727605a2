// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/timing"
)

// A trace that cannot be written is refused before the run begins, and leaves no file.
func TestTraceIsRefused(t *testing.T) {
	dir := t.TempDir()
	notes := filepath.Join(dir, "notes.json")
	if err := os.WriteFile(notes, []byte(`[{"name":"mine"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"": "-trace= is empty", dir: "want a regular file", notes: "there is another file of that name", filepath.Join(dir, "none", "x"): "no such file",
		filepath.Join(notes, "x"): "not a directory",
	} {
		t.Setenv(traceVariable, path)
		_, err := openTrace()
		refused, ok := errors.AsType[*TraceError](err)
		if !ok || refused.Path != path || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", path, err, want)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// A trace replaces an earlier one, and the runs that this run starts write none.
func TestTraceIsWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace.json")
	for range 2 {
		t.Setenv(traceVariable, file)
		trace, err := openTrace()
		if err != nil {
			t.Fatal(err)
		}
		if _, set := os.LookupEnv(traceVariable); set {
			t.Error("the run's own children would write the trace too")
		}
		if err := trace.write(); err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), timing.TraceStart) {
			t.Errorf("got %q, %v", text, err)
		}
	}
	t.Setenv(traceVariable, "")
	if err := os.Unsetenv(traceVariable); err != nil {
		t.Fatal(err)
	}
	if trace, err := openTrace(); err != nil || trace.events != nil || trace.write() != nil {
		t.Errorf("without a request: %+v, %v", trace, err)
	}
}
