// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// passedFile marks the logs of a run that succeeded.
const passedFile = "passed"

// What is kept of the logs of earlier runs. An error names the log of its run, so
// those of failed runs stay much longer; the newest of them stay
// whatever their size.
const (
	keepPassed = 20
	keepFailed = 200
	keepBytes  = 2 << 30 // of failed runs
)

// runLogs is the shape of the name of a run's logs: when it began, and its process.
var runLogs = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}-[0-9]+$`)

// openLogs names this run's directory for logs, which appears with the first of
// them, and removes old ones.
func (f *folders) openLogs() error {
	all := filepath.Join(f.cache, "logs")
	f.logs = filepath.Join(all, time.Now().UTC().Format("20060102T150405.000")+"-"+strconv.Itoa(os.Getpid()))
	runs, err := os.ReadDir(all)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list the logs of earlier runs: %w", err)
	}
	passed, failed, bytes := 0, 0, int64(0)
	for _, run := range slices.Backward(runs) { // the newest first
		dir := filepath.Join(all, run.Name())
		if !run.IsDir() || !runLogs.MatchString(run.Name()) {
			continue
		}
		var keep bool
		if _, err := os.Stat(filepath.Join(dir, passedFile)); err == nil {
			passed++
			keep = passed <= keepPassed
		} else {
			failed++
			bytes += sizeOfLogs(dir)
			keep = failed <= keepPassed || failed <= keepFailed && bytes <= keepBytes || stillRuns(run.Name())
		}
		if keep {
			continue
		}
		if err := removeLogs(dir); err != nil {
			return fmt.Errorf("remove the logs of an earlier run: %w", err)
		}
	}
	return nil
}

// closeLogs marks the logs of a run that succeeded, if it has any.
func (f *folders) closeLogs() error {
	err := os.WriteFile(filepath.Join(f.logs, passedFile), nil, 0o644)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("mark the logs of this run: %w", err)
	}
	return nil
}

// logsIn are the files of a run's logs, also those of one release of many, which have a
// directory of their own.
func logsIn(dir string) ([]string, error) {
	logs, err := filepath.Glob(filepath.Join(dir, "*.log"))
	parts, errParts := filepath.Glob(filepath.Join(dir, "*", "*.log"))
	return append(slices.Concat(logs, parts), filepath.Join(dir, passedFile)), errors.Join(err, errParts)
}

func sizeOfLogs(dir string) (size int64) {
	logs, _ := logsIn(dir) // what cannot be listed is not counted
	for _, file := range logs {
		if info, err := os.Lstat(file); err == nil {
			size += info.Size()
		}
	}
	return size
}

// removeLogs removes a run's logs; a directory in which somebody has put something
// else stays.
func removeLogs(dir string) error {
	logs, err := logsIn(dir)
	if err != nil {
		return err
	}
	for _, file := range logs {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, file := range logs {
		_ = os.Remove(filepath.Dir(file))
	}
	_ = os.Remove(dir)
	return nil
}

// stillRuns says whether the run of a directory of logs, whose name ends in its
// process id, has not ended: a long run outlasts many short ones, and needs its logs.
func stillRuns(name string) bool {
	_, id, _ := strings.Cut(name, "-")
	pid, err := strconv.Atoi(id)
	if err != nil || pid <= 0 {
		return false
	}
	err = syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
