// SPDX-License-Identifier: Apache-2.0

package stage

// Error names the stage that failed and its log, and wraps the reason.
type Error struct {
	Name string // such as "rpm"
	Log  string // path of the log, empty if the stage wrote none
	Err  error
}

// Error returns the reason; the stage is shown next to it.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Stage returns the stage's name, for the error display.
func (e *Error) Stage() string { return e.Name }

// LogPath returns the path of the log, for the error display.
func (e *Error) LogPath() string { return e.Log }

// AdviceError is an error with advice for the user.
type AdviceError struct {
	Err  error
	What string // one sentence of advice
}

// Error implements error.
func (e *AdviceError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *AdviceError) Unwrap() error { return e.Err }

// Advice returns what to try.
func (e *AdviceError) Advice() string { return e.What }
