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

// ExplainCompiler says how other releases' driver.h differs in what a compile
// error complains of; "" where it does not.
func ExplainCompiler(e ui.CompilerError) string {
	known, err := driverapi.Known()
	if err != nil {
		return ""
	}
	return strings.Join(known.ExplainLog(strings.NewReader(e.Severity+": "+e.Message+"\n"+e.Source)), "; ")
}

// adviseOnAPI adds to the error of a compilation what driver.h has in other
// releases in place of what the compiler complained of.
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

// CompilerErrors are what the compiler said in the log of the container whose end
// err is.
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
