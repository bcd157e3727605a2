// SPDX-License-Identifier: Apache-2.0

package app

import (
	"github.com/resnics/verbsmith/mage/internal/stage"
	"github.com/resnics/verbsmith/mage/internal/ui"
	"github.com/resnics/verbsmith/provider"
)

// compilerFindings are what the compiler said, each with the provider's own
// file; else the whole error.
func (c *providerCheck) compilerFindings(err error) []provider.Finding {
	var findings []provider.Finding
	for _, e := range stage.CompilerErrors(err) {
		if e.File != "" {
			e.File = c.place.locate(e.File)
		}
		findings = append(findings, provider.Finding{Err: saidError{e}})
	}
	if len(findings) == 0 {
		return failedAnswer(checkCompile, err).Findings
	}
	return findings
}

// saidError is an error of the compiler as an error of ours.
type saidError struct{ ui.CompilerError }

func (e saidError) Error() string {
	if why := stage.ExplainCompiler(e.CompilerError); why != "" {
		return e.String() + " (" + why + ")"
	}
	return e.String()
}
