// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"bufio"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/ui"
)

// ExplainCompiler explains a compile error by a difference between the driver.h of releases, or by what a build cannot do; ""
// if it is neither.
func ExplainCompiler(e ui.CompilerError) string {
	known, err := driverapi.Known()
	if err != nil {
		return ""
	}
	said := known.ExplainLog(strings.NewReader(e.Severity + ": " + e.Message + "\n" + e.Source))
	return strings.Join(append(said, explainConfinement(strings.NewReader(e.Message))...), "; ")
}

// advise adds such explanations to the error of a container. One with a network has reached it, or says why not.
func advise(err error, log string, network bool) error {
	known, knownErr := driverapi.Known()
	f, openErr := os.Open(log)
	if knownErr != nil || openErr != nil {
		return err
	}
	defer f.Close()
	said := known.ExplainLog(f)
	if len(said) > 0 {
		said = append(said, "see "+driverapi.Page+" for all differences between releases")
	}
	if _, err := f.Seek(0, io.SeekStart); err == nil && !network {
		said = append(said, explainConfinement(f)...)
	}
	if len(said) == 0 {
		return err
	}
	return &AdviceError{Err: err, What: strings.Join(said, "\n")}
}

// explainConfinement says what a build that failed has tried in vain, if a program has said so.
func explainConfinement(log io.Reader) []string {
	const network, outside = "a build has no network: all that it needs is in its source package or among its BuildRequires",
		"a build writes only below its own directories: the programs and libraries of its container are read-only"
	found := map[string]bool{}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		line := strings.ToLower(lines.Text())
		for mark, why := range map[string]string{
			"could not resolve host": network, "couldn't resolve host": network, "name resolution": network,
			"network is unreachable": network,
			"read-only file system":  outside,
		} {
			if strings.Contains(line, mark) {
				found[why] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)) // after a line that is too long, nothing is looked for any more
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
