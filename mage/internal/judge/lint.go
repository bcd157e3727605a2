// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/report"
)

func lint(tools string, c Case) question {
	return question{
		result: report.Result{Name: "rpmlint", Title: "rpmlint objects to nothing that upstream's own packages do not have"},
		spec: containers.RunSpec{
			Argv: []string{"judge-packages.sh", "rpmlint", oursFolder, stockFolder},
			Name: stageName, Image: tools, User: nobody, Env: plainEnvironment(),
			Inputs: inputs(installable(c.Ours), installable(c.Stock)),
		},
		read: readLint,
	}
}

// finding is one line of rpmlint.
type finding struct {
	Package, Severity, Tag, Subject string
}

// String is the line as rpmlint prints it.
func (f finding) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s: %s %s", f.Package, f.Severity, f.Tag, f.Subject))
}

// findingLine is "PACKAGE.ARCH: W: TAG SUBJECT", and with a spec's line "PACKAGE.spec:12: W: TAG".
var findingLine = regexp.MustCompile(`^(\S+?)(?:\.[^.\s:]+)?(?::\d+)?: ([EWI]): (\S+)(?: (.*))?$`)

// readLint compares what rpmlint said of both.
func readLint(v *report.Result) {
	ours, stock := findings(v.Output)
	own := without(ours, stock)
	if len(own) > 0 {
		v.State = report.Fail
		v.Evidence = fmt.Sprintf("%s (%d in all)", own[0], len(own))
		return
	}
	v.Evidence = fmt.Sprintf("%d findings, each of a kind that upstream's own package has too", len(ours))
}

// findings are those of the two parts of the output.
func findings(output string) (ours, stock []finding) {
	into := &ours
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\n")
		switch line {
		case "== " + oursFolder:
			into = &ours
		case "== " + stockFolder:
			into = &stock
		}
		if m := findingLine.FindStringSubmatch(line); m != nil {
			*into = append(*into, finding{Package: m[1], Severity: m[2], Tag: m[3], Subject: m[4]})
		}
	}
	return ours, stock
}

// without are the findings of a kind that the other package of the same name does not have: one more file like upstream's, such as a
// .driver file, gets the same objections as those.
func without(ours, stock []finding) []finding {
	type kind struct{ Package, Severity, Tag string }
	of := func(f finding) kind { return kind{f.Package, f.Severity, f.Tag} }
	have := map[kind]bool{}
	for _, f := range stock {
		have[of(f)] = true
	}
	var own []finding
	for _, f := range ours {
		if !have[of(f)] {
			own = append(own, f)
		}
	}
	return own
}
