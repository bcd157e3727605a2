// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/magefile/mage/mage"

	"github.com/resnics/verbsmith/mage/internal/owned"
)

func main() {
	go endWithStatus()
	os.Exit(run(os.Args[1:]))
}

// run does what mage's own command does with args, and gives its exit status.
func run(args []string) int {
	args = namePath(takeTrace(args))
	inv, command, err := mage.Parse(io.Discard, io.Discard, args)
	if err == nil && !filepath.IsAbs(inv.CacheDir) {
		// Without a home directory mage's own would be in the repository.
		if _, err := os.UserHomeDir(); err != nil {
			fmt.Fprintf(os.Stderr, "error: no directory for compiled targets: %v; set HOME, or MAGEFILE_CACHE to an absolute path\n", err)
			return 1
		}
	}
	if err == nil && isStandard(inv, command) {
		return runOrSay(func() (int, error) { return runTarget(newStandard(inv)) })
	}
	if err != nil || command != mage.None || inv.List || inv.Help || inv.Autocomplete || inv.HashFast {
		return orNoTemp(func() int { return mage.ParseAndRun(os.Stdout, os.Stderr, os.Stdin, args) })
	}
	return runOrSay(func() (int, error) { return runTarget(newProgram(inv)) })
}

func runOrSay(run func() (int, error)) int {
	status, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return status
}

// orNoTemp calls compile unless there is no directory for temporary files: the compiler would not
// say what is wrong.
func orNoTemp(compile func() int) int {
	if err := owned.CheckTemp(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	return compile()
}

// endWithStatus ends the process with a status when it is told to end: go tool
// takes a tool that a signal has killed for one that ended with 0. The program
// that this one runs gets the signal too, or sees that this one is gone.
func endWithStatus() {
	const base = 128 // as shells have it
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP)
	if number, ok := (<-signals).(syscall.Signal); ok {
		os.Exit(base + int(number)) //nolint:revive // main is waiting for the program
	}
}
