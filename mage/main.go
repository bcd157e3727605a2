// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log" //nolint:depguard // mage.RunCompiled takes one
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
	"github.com/magefile/mage/mage"

	"github.com/resnics/verbsmith/mage/internal/owned"
)

func main() {
	go endWithStatus()
	os.Exit(run(os.Args[1:]))
}

// run does what mage's own command does with args, and gives its exit status.
func run(args []string) int {
	args = takeTrace(args)
	if err := owned.CheckTemp(); err != nil { // the compiler would not say what is wrong
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	inv, command, err := mage.Parse(io.Discard, io.Discard, args)
	if err != nil || command != mage.None || inv.List || inv.Help || inv.Autocomplete || inv.HashFast {
		return mage.ParseAndRun(os.Stdout, os.Stderr, os.Stdin, args)
	}
	inv.Stdin, inv.Stdout, inv.Stderr = os.Stdin, os.Stdout, os.Stderr
	if inv.Dir == "" {
		inv.Dir = "."
	}
	if inv.WorkDir == "" {
		inv.WorkDir = inv.Dir
	}
	exe, status, err := compile(inv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return 1
	}
	if status != 0 {
		return status
	}
	return mage.RunCompiled(inv, exe, log.New(os.Stderr, "", 0))
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

// compile makes the program of inv's magefiles while no other run of the same
// directory does so. It gives the program and mage's exit status.
func compile(inv mage.Invocation) (exe string, status int, err error) {
	folder, err := filepath.Abs(inv.Dir)
	if err != nil {
		return "", 0, err
	}
	sum := sha256.Sum256([]byte(folder))
	own := filepath.Join(inv.CacheDir, "verbsmith-"+hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(own, 0o755); err != nil {
		return "", 0, err
	}
	lock := flock.New(filepath.Join(own, "lock"))
	if err := lock.Lock(); err != nil {
		return "", 0, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	defer lock.Close()
	inv.CompileOut = filepath.Join(own, "mage")
	return inv.CompileOut, mage.Invoke(inv), nil
}
