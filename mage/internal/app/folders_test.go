// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestOpenLogsKeepsThoseOfRunsThatGoOn: short runs beside a long one must not
// take its logs away.
func TestOpenLogsKeepsThoseOfRunsThatGoOn(t *testing.T) {
	f := folders{cache: t.TempDir()}
	all := filepath.Join(f.cache, "logs")
	long := filepath.Join(all, fmt.Sprintf("20200101T000000.000-%d", os.Getpid()))
	const none = 1 << 30 // no process has that id
	dead := filepath.Join(all, fmt.Sprintf("20200101T000001.000-%d", none))
	for i := range 30 {
		old := filepath.Join(all, fmt.Sprintf("20200102T0000%02d.000-%d", i, none))
		if err := os.MkdirAll(old, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{long, dead} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.openLogs(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(long); err != nil {
		t.Errorf("the logs of a run that goes on: %v", err)
	}
	if _, err := os.Stat(dead); err == nil {
		t.Error("the logs of a run of long ago are still there")
	}
}
