// SPDX-License-Identifier: Apache-2.0

package stage

// Error says in which stage something went wrong and where the stage's
// whole log is. The reason is wrapped.
type Error struct {
	Name string // such as "rpm"
	Log  string // path of the log, empty if the stage wrote none
	Err  error
}

// Error gives the reason; the stage is shown beside it.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Stage returns the stage's name, for the error display.
func (e *Error) Stage() string { return e.Name }

// LogPath returns where the whole log is, for the error display.
func (e *Error) LogPath() string { return e.Log }

// AdviceError is an error that its reader can do something about.
type AdviceError struct {
	Err  error
	What string // one sentence: what to try
}

// Error implements error.
func (e *AdviceError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *AdviceError) Unwrap() error { return e.Err }

// Advice returns what to try.
func (e *AdviceError) Advice() string { return e.What }
