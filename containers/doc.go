// SPDX-License-Identifier: Apache-2.0

// Package containers runs commands in containers of a Docker engine, builds the images that they need, and
// leaves nothing behind.
//
// It is the only package that uses a Docker client. Its parameters and results are its own types or the standard
// library's, so another client or engine is a change to this directory alone.
//
// There is one way to run a container, (*Engine).Run: testcontainers-go creates, starts and terminates it
// (library.go). The same Docker client attaches to it before it starts, so that no output is lost, waits for its main
// process, and copies files in and out as tar streams. Nothing is bind mounted, so a remote engine works and no file
// on the host ends up owned by someone else. The verdict is the exit status of the main process.
//
// Every container, volume and image has [Label]. A container also has the ID of the run that created it ([RunLabel]).
// A run holds a lock file as long as it lives, so that the next run can tell the containers of a killed run from
// those of a live one, and removes them (see [Engine.Reap]).
package containers
