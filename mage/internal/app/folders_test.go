// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestLogsOfARunningRunStay shows that many short runs beside a long one do not
// take its log away.
func TestLogsOfARunningRunStay(t *testing.T) {
	f := &folders{cache: t.TempDir()}
	mine := fmt.Sprintf("20000101T000000.000-%d", os.Getpid())
	const nobody = 1 << 30 // more than a pid can be
	gone := fmt.Sprintf("20000101T000000.001-%d", nobody)
	names := []string{mine, gone, "20000101T000000.002"}
	for i := range 20 {
		names = append(names, fmt.Sprintf("20010101T000000.%03d-%d", i, nobody))
	}
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(f.cache, "logs", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.openLogs(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{mine: true, gone: false, "20000101T000000.002": false, names[len(names)-1]: true} {
		if _, err := os.Stat(filepath.Join(f.cache, "logs", name)); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", name, err, want)
		}
	}
}
