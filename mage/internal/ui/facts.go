// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"reflect"
	"slices"
	"strings"
)

// HasStage is an error that knows in which stage it happened.
type HasStage interface{ Stage() string }

// HasDistro is an error that knows for which distro.
type HasDistro interface{ Distro() string }

// HasRelease is an error that knows for which release of rdma-core.
type HasRelease interface{ Release() string }

// HasCommand is an error of a command: its arguments, and the status with which it ended.
type HasCommand interface {
	Argv() []string
	ExitCode() int
}

// HasTail is an error that has kept the last lines of what the command said.
type HasTail interface{ Tail() []string }

// HasLog is an error that knows in which file the whole output is.
type HasLog interface{ LogPath() string }

// HasAdvice is an error that knows what the user could try.
type HasAdvice interface{ Advice() string }

// facts are what an error and all that it wraps say through the interfaces above. The outermost answer counts, except
// for advice, of which every one is kept.
type facts struct {
	stage, distro, release string
	argv                   []string
	exitCode               int
	tail                   []string
	log                    string
	advice                 []string
	interrupted            bool // by the user: the context was cancelled
}

func factsOf(err error) facts {
	var f facts
	walk(err, f.take)
	return f
}

func (f *facts) take(err error) {
	f.interrupted = f.interrupted || isCancelled(err)
	if e, ok := err.(HasStage); ok {
		f.stage = firstOf(f.stage, e.Stage())
	}
	if e, ok := err.(HasDistro); ok {
		f.distro = firstOf(f.distro, e.Distro())
	}
	if e, ok := err.(HasRelease); ok {
		f.release = firstOf(f.release, e.Release())
	}
	if e, ok := err.(HasCommand); ok && len(f.argv) == 0 {
		f.argv, f.exitCode = e.Argv(), e.ExitCode()
	}
	if e, ok := err.(HasTail); ok && len(f.tail) == 0 {
		f.tail = e.Tail()
	}
	if e, ok := err.(HasLog); ok {
		f.log = firstOf(f.log, e.LogPath())
	}
	if e, ok := err.(HasAdvice); ok {
		if advice := strings.TrimSpace(e.Advice()); advice != "" && !slices.Contains(f.advice, advice) {
			f.advice = append(f.advice, advice)
		}
	}
}

// isCancelled asks err alone. errors.Is would walk on into nil pointers.
func isCancelled(err error) bool {
	if err == context.Canceled { //nolint:errorlint // The chain is walked by the caller.
		return true
	}
	e, ok := err.(interface{ Is(target error) bool })
	return ok && e.Is(context.Canceled)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// walk visits err and all that it wraps, outermost first. A nil pointer in an error interface is left out: its methods
// would likely panic while an error is being reported.
func walk(err error, visit func(error)) {
	if isNil(err) {
		return
	}
	visit(err)
	for _, inner := range unwrap(err) {
		walk(inner, visit)
	}
}

func unwrap(err error) []error {
	switch e := err.(type) { //nolint:errorlint // This walks the chain itself.
	case interface{ Unwrap() error }:
		return []error{e.Unwrap()}
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	default:
		return nil
	}
}

func isNil(err error) bool {
	if err == nil {
		return true
	}
	v := reflect.ValueOf(err)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// branches are the errors that err joins, and err itself if it joins nothing. An error that adds words of its own to
// those that it joins is one branch.
func branches(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, inner := range joined.Unwrap() {
		if !isNil(inner) {
			all = append(all, branches(inner)...)
			texts = append(texts, inner.Error())
		}
	}
	if len(all) == 0 || err.Error() != strings.Join(texts, "\n") {
		return []error{err}
	}
	return all
}
