// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"reflect"
	"slices"
	"strings"
)

// HasStage is an error that names its stage.
type HasStage interface{ Stage() string }

// HasDistro is an error that names its distro.
type HasDistro interface{ Distro() string }

// HasRelease is an error that names its release of rdma-core.
type HasRelease interface{ Release() string }

// HasCommand is an error of a command: its arguments and exit status.
type HasCommand interface {
	Argv() []string
	ExitCode() int
}

// HasTail is an error with the last lines of the command's output.
type HasTail interface{ Tail() []string }

// HasLog is an error that names the log with the complete output.
type HasLog interface{ LogPath() string }

// HasAdvice is an error with advice for the user.
type HasAdvice interface{ Advice() string }

// facts are the answers of an error and all errors that it wraps to the interfaces above. The outermost answer
// counts, except for advice: all of it is kept.
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

// isCancelled checks only err itself. errors.Is would follow nil pointers.
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

// walk visits err and all errors that it wraps, outermost first. It skips a nil pointer in an error interface, because
// its methods would probably panic.
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

// branches returns the errors that err joins, or err itself if it joins none. A joining error with text of its own
// is one branch.
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
