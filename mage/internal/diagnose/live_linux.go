// SPDX-License-Identifier: Apache-2.0

package diagnose

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ThisMachine is the machine that this process runs on, with the environment that lookup gives.
func ThisMachine(lookup func(string) (string, bool)) *Live {
	live := &Live{Env: map[string]string{}, UID: os.Geteuid(), Kernel: AskKernel, Open: openDevice, Run: runProgram}
	for _, name := range EnvNames() {
		if text, ok := lookup(name); ok {
			live.Env[name] = text
		}
	}
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit) == nil {
		live.Memlock = &limit.Cur
	}
	return live
}

// openDevice opens a uverbs device file as libibverbs does. That makes no context in the kernel's driver.
//
// Errors: ErrNotDevice; that of open(2).
func openDevice(path string) error {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return os.NewSyscallError("open", err)
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was written
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFCHR {
		return ErrNotDevice
	}
	return nil
}

// runProgram runs a program of the machine's package manager, with messages in English.
func runProgram(ctx context.Context, name string, args ...string) ([]byte, error) {
	const patience = time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C")
	out := &limited{}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("run %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// limited keeps the beginning of what is written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(data []byte) (int, error) {
	if room := maxList - l.Len(); room > 0 {
		l.Buffer.Write(data[:min(room, len(data))])
	}
	return len(data), nil
}

// deviceNumber is MAJOR:MINOR of a character device.
func deviceNumber(info fs.FileInfo) (string, bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode()&fs.ModeCharDevice == 0 {
		return "", false
	}
	return fmt.Sprintf("%d:%d", unix.Major(stat.Rdev), unix.Minor(stat.Rdev)), true
}
