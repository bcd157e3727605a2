// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// stageLog is the file with a stage's complete output. It is created at the first write, so a stage without
// output has none.
type stageLog struct {
	path string // "" for no log

	mu     sync.Mutex
	secret redactor
	file   *os.File
	exists bool // the file has been made by this run
}

// newLog returns a log with a file name that no other stage of this run has. The caller holds
// mu.
func (u *UI) newLog(name string, index int) *stageLog {
	if u.opts.LogDir == "" {
		return &stageLog{}
	}
	base := fmt.Sprintf("%02d-%s", index, fileName(name))
	u.logNames[base]++
	if n := u.logNames[base]; n > 1 {
		base = fmt.Sprintf("%s-%d", base, n)
	}
	return &stageLog{path: filepath.Join(u.opts.LogDir, base+".log")}
}

// fileName turns a stage's name into one that is harmless in any directory and any shell.
func fileName(name string) string {
	const longest = 60
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		default:
			return '-'
		}
	}, name)
	safe = strings.Trim(safe[:min(len(safe), longest)], ".-")
	if safe == "" {
		return "stage"
	}
	return safe
}

// Write appends p to the log, without the passwords of URLs. Output after the stage's end is kept too.
func (l *stageLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.path == "" || len(p) == 0 {
		return len(p), nil
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return 0, err
		}
	}
	if _, err := l.file.Write(l.secret.next(p)); err != nil {
		return 0, fmt.Errorf("write log: %w", err)
	}
	return len(p), nil
}

func (l *stageLog) open() error {
	const dirMode, fileMode = 0o755, 0o644
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if !l.exists { // A log of an earlier run is not this run's.
		flags |= os.O_TRUNC
		if err := os.MkdirAll(filepath.Dir(l.path), dirMode); err != nil {
			return fmt.Errorf("create the directory for logs: %w", err)
		}
	}
	file, err := os.OpenFile(l.path, flags, fileMode)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	l.file, l.exists = file, true
	return nil
}

// close writes the text still held back and closes the file.
func (l *stageLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_, _ = l.file.Write(l.secret.rest()) // a full disk has already failed the stage
		_ = l.file.Close()
		l.file = nil
	}
}
