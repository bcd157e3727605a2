// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// logsOf makes the logs of a former run, of which nothing runs any more.
func logsOf(t *testing.T, f folders, when string, passed bool) string {
	t.Helper()
	const none = 1 << 30 // no process has that id
	dir := filepath.Join(f.cache, "logs", fmt.Sprintf("%s.000-%d", when, none))
	put(t, filepath.Join(dir, "01-source.log"), filepath.Join(dir, "v56.1", "01-compile.log"))
	if passed {
		put(t, filepath.Join(dir, passedFile))
	}
	return dir
}

func there(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

// TestLogsThatAnErrorNamesStay: short runs, also those that fail, must not take away
// what the error of an earlier one names.
func TestLogsThatAnErrorNamesStay(t *testing.T) {
	f := folders{cache: t.TempDir()}
	failed := logsOf(t, f, "20200101T000000", false)
	for i := range 30 {
		logsOf(t, f, fmt.Sprintf("20200102T0000%02d", i), true)
		logsOf(t, f, fmt.Sprintf("20200103T0000%02d", i), false)
	}
	if err := f.openLogs(); err != nil {
		t.Fatal(err)
	}
	if !there(filepath.Join(failed, "01-source.log")) {
		t.Error("the log of a run that failed is gone after a few others")
	}
	runs, err := os.ReadDir(filepath.Join(f.cache, "logs"))
	if err != nil || len(runs) != 1+keepPassed+30 {
		t.Errorf("%d runs' logs, %v", len(runs), err)
	}
	if there(f.logs) {
		t.Error("a run that has said nothing has logs")
	}
}

// TestOpenLogsKeepsThoseOfRunsThatGoOn: many runs during a long one must not remove
// its logs, and other directories stay.
func TestOpenLogsKeepsThoseOfRunsThatGoOn(t *testing.T) {
	f := folders{cache: t.TempDir()}
	all := filepath.Join(f.cache, "logs")
	long := filepath.Join(all, fmt.Sprintf("20200101T000000.000-%d", os.Getpid()))
	put(t, filepath.Join(long, "01-source.log"), filepath.Join(all, "0-mine", "x.log"), filepath.Join(all, "0.log"))
	dead, noted := logsOf(t, f, "20200101T000001", false), logsOf(t, f, "20200101T000002", false)
	put(t, filepath.Join(noted, "notes"))
	for i := range keepFailed {
		logsOf(t, f, fmt.Sprintf("20200102T00%02d%02d", i/60, i%60), false)
	}
	if err := f.openLogs(); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{
		long: true, dead: false, filepath.Join(noted, "notes"): true, filepath.Join(noted, "01-source.log"): false,
		filepath.Join(all, "0-mine", "x.log"): true, filepath.Join(all, "0.log"): true,
	} {
		if there(dir) != want {
			t.Errorf("%s: there is %v, want %v", dir, !want, want)
		}
	}
}

// TestLogsAreBounded: a log that is too large for all that is kept goes once it is
// not among the newest.
func TestLogsAreBounded(t *testing.T) {
	f := folders{cache: t.TempDir()}
	large := logsOf(t, f, "20200101T000000", false)
	if err := os.Truncate(filepath.Join(large, "01-source.log"), keepBytes+1); err != nil {
		t.Fatal(err)
	}
	for i := range keepPassed {
		if err := f.openLogs(); err != nil || !there(large) {
			t.Fatalf("gone after %d other runs, %v", i, err)
		}
		logsOf(t, f, fmt.Sprintf("20200102T0000%02d", i), false)
	}
	if err := f.openLogs(); err != nil || there(large) {
		t.Errorf("it stays for ever, %v", err)
	}
}

func TestLogsOfARunThatEndedWellAreMarked(t *testing.T) {
	f := folders{cache: t.TempDir()}
	if err := f.openLogs(); err != nil {
		t.Fatal(err)
	}
	if err := f.closeLogs(); err != nil || there(f.logs) {
		t.Errorf("of a run that said nothing: %v", err)
	}
	put(t, filepath.Join(f.logs, "01-source.log"))
	if err := f.closeLogs(); err != nil || !there(filepath.Join(f.logs, passedFile)) {
		t.Errorf("%v", err)
	}
}
