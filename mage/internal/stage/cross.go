// SPDX-License-Identifier: Apache-2.0

package stage

import "github.com/resnics/verbsmith/specs"

// CrossError says that packages cannot be made or tried for a processor that is not the engine's.
type CrossError struct {
	For specs.Processor
	Why string
}

// Error implements error.
func (e *CrossError) Error() string {
	return "-arch=" + string(e.For) + ": the engine has another processor, and " + e.Why
}

// NoCross is a *CrossError with what to do instead.
func NoCross(wanted specs.Processor, why string) error {
	return &AdviceError{
		Err:  &CrossError{For: wanted, Why: why},
		What: "use an engine on a machine with " + string(wanted) + ", such as DOCKER_HOST=ssh://user@host",
	}
}
