// SPDX-License-Identifier: Apache-2.0

package readout

import (
	"strconv"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/page"
	"github.com/resnics/verbsmith/mage/internal/report"
)

// The facts of a result of the kernel lab.
const (
	FactDevice = "device" // how it ended on the provider's device, as "rib0 pass"
	FactStock  = "stock"  // the same of the stock device
	FactRatios = "ratios" // how many times as good as the stock device each round was
)

// tests are the results of the tests that have run on the packages.
func (r *reader) tests() (suites []page.Suite, kernel page.Kernel) {
	if s, err := dist.ReadSuite(r.dir, dist.Verdicts); err == nil {
		suites = append(suites, suiteOf(s, dist.Verdicts))
	} else {
		r.note(err)
	}
	for _, name := range []string{dist.Judges, dist.Kernel, dist.KernelTree} {
		s, err := dist.ReadSuite(r.dir, name)
		r.note(err)
		if err != nil {
			continue
		}
		if name == dist.Kernel {
			kernel = kernelOf(s)
			continue
		}
		suites = append(suites, suiteOf(s, name)) // KernelTree is about a module that is in no package
	}
	return suites, kernel
}

func suiteOf(s report.Suite, file string) page.Suite {
	out := page.Suite{Title: s.Name, File: file}
	for _, r := range s.Results {
		out.Results = append(out.Results, page.Result{
			Name: r.Name, Title: r.Title, State: stateOf(r.State), Evidence: r.Evidence, Output: page.Text(r.Output),
		})
	}
	return out
}

// stateOf is a result's state on a page.
func stateOf(s report.State) page.State {
	switch s {
	case report.Pass:
		return page.Pass
	case report.Skipped:
		return page.Skipped
	case report.Unsupported:
		return page.Unsupported
	case report.NotTried, report.Unavailable:
		return page.Untested
	case report.Fail, report.Lost:
	}
	return page.Fail
}

func kernelOf(s report.Suite) page.Kernel {
	k := page.Kernel{Title: s.Name, File: dist.Kernel, Device: "the provider", Stock: "stock"}
	for _, r := range s.Results {
		c := page.Case{Name: r.Name, Title: r.Title, State: stateOf(r.State), Evidence: r.Evidence}
		c.Mine, c.Stock = string(r.State), "–"
		if name, state, ok := strings.Cut(r.Fact(FactDevice), " "); ok {
			k.Device, c.Mine = name, state
		}
		if name, state, ok := strings.Cut(r.Fact(FactStock), " "); ok {
			k.Stock, c.Stock = name, state
		}
		for text := range strings.FieldsSeq(r.Fact(FactRatios)) {
			if v, err := strconv.ParseFloat(text, 64); err == nil && v > 0 && v < 1e6 {
				c.Ratios = append(c.Ratios, v)
			}
		}
		k.Cases = append(k.Cases, c)
	}
	return k
}

// failedResults are the failures of a directory's tests: the first one of each.
func failedResults(p page.Part) []page.Failure {
	var all []page.Failure
	for _, s := range p.Suites {
		for _, r := range s.Results {
			if r.State == page.Fail || r.State == page.Untested {
				all = append(all, failedResult(r.Name, r.Title, r.Evidence, string(r.Output), s.File))
				break
			}
		}
	}
	for _, c := range p.Kernel.Cases {
		if c.State == page.Fail {
			f := failedResult(c.Name, c.Title, c.Evidence, "", p.Kernel.File)
			f.Facts = append(f.Facts, page.Fact{Name: p.Kernel.Device, Value: c.Mine}, page.Fact{Name: p.Kernel.Stock, Value: c.Stock})
			all = append(all, f)
			break
		}
	}
	return all
}

// failedResult is a result as a failure.
func failedResult(name, title, evidence, output, file string) page.Failure {
	return page.Failure{
		Cause: verdictCause(name, title), Says: []string{title + ": " + evidence}, Tail: lastLines(output),
		Log: file,
	}
}

// shownLines is how many last lines a failure shows.
const shownLines = 20

func lastLines(output string) []string {
	output = strings.TrimSpace(output)
	if output == "" {
		return nil
	}
	lines := strings.Split(output, "\n")
	return lines[max(len(lines)-shownLines, 0):]
}
