// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"errors"
	"os"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// ExplainCompiler explains a compile error by a difference between the driver.h of releases; ""
// if there is none.
func ExplainCompiler(e ui.CompilerError) string {
	known, err := driverapi.Known()
	if err != nil {
		return ""
	}
	return strings.Join(known.ExplainLog(strings.NewReader(e.Severity+": "+e.Message+"\n"+e.Source)), "; ")
}

// adviseOnAPI adds such explanations to the error of a compilation.
func adviseOnAPI(err error, log string) error {
	known, knownErr := driverapi.Known()
	f, openErr := os.Open(log)
	if knownErr != nil || openErr != nil {
		return err
	}
	defer f.Close()
	said := known.ExplainLog(f)
	if len(said) == 0 {
		return err
	}
	said = append(said, "see "+driverapi.Page+" for all differences between releases")
	return &AdviceError{Err: err, What: strings.Join(said, "\n")}
}

// CompilerErrors returns the compiler's messages in the log of the container that err is about.
func CompilerErrors(err error) []ui.CompilerError {
	run, ok := errors.AsType[*containers.RunError](err)
	if !ok {
		return nil
	}
	f, err := os.Open(run.Log)
	if err != nil {
		return nil
	}
	defer f.Close()
	return ui.CompilerErrors(f)
}
