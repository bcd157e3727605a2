// SPDX-License-Identifier: Apache-2.0

package page

// State is how something ended.
type State string

// The states. Each has a sign, so that a reader needs no colours.
const (
	Pass        State = "pass"
	Fail        State = "FAIL"
	Stopped     State = "stopped" // by the user or the system
	Untested    State = "untested"
	Skipped     State = "skipped"
	Unsupported State = "not supported"
)

// Mark is the state's sign.
func (s State) Mark() string {
	switch s {
	case Pass:
		return "✓"
	case Fail:
		return "✗"
	case Stopped:
		return "■"
	case Unsupported:
		return "–"
	case Untested, Skipped:
	}
	return "○"
}

// Class is the state's class in the style sheet.
func (s State) Class() string {
	switch s {
	case Pass:
		return "pass"
	case Fail:
		return "fail"
	case Stopped:
		return "stop"
	case Untested, Skipped, Unsupported:
	}
	return "open"
}

// Page is one file: the results of one or more directories of outputs, or of a run that failed.
type Page struct {
	Title   string
	Verdict string // one sentence; "": that of the parts
	About   About  // for programs
	Parts   []Part
}

// About says for programs what a page is about. It is in the page's head.
type About struct {
	Target string // such as "rpm:addon"; "": no run, a page about directories
	State  State
}

// Part is what one directory of outputs has, or what is known of a failed run.
type Part struct {
	Name    string // as in "rdma-core 56.1 with rib for rocky9"
	Dir     string // what links begin with: "" or a path below the page's directory that ends in a slash
	State   State
	Verdict string   // one sentence
	Notes   []string // what nobody may miss, as that it is not for release

	Failures []Failure
	Packages Packages
	Patch    Patch
	Suites   []Suite
	Kernel   Kernel
	Releases Releases
	Times    []Stage
	Inputs   []Fact
	Digests  []File
	Changes  Changes
	Compared Compared
}

// Text is a text that may be long. Any other one is cut where it is longer than a reader reads.
type Text string

// Fact is a name with its value.
type Fact struct{ Name, Value string }

// Failure is what is known of an error.
type Failure struct {
	Cause   string   // in words: what is wrong
	Says    []string // the error's own text
	Facts   []Fact   // stage, distro, release, command, exit code
	Places  []Place  // lines of sources that are wrong, the first one first
	More    int      // places that are not listed
	Tail    []string // last lines of output
	Log     string   // the file with all of it: a link, below the page's directory
	Actions []string // what to try
}

// Place is a line of a source and what is wrong with it.
type Place struct {
	Name    string // file:line:column, or what has no place
	Message string
	Lines   []Line // of the source
	Caret   int    // the column below the line that is marked, from 1; 0: none
}

// Line is a line of a source.
type Line struct {
	Number int // 0: not known
	Text   string
	Marked bool
}

// Packages are the packages of a directory.
type Packages struct {
	List     []Package
	Added    string // what the files that the provider added are compared with
	Provider string
}

// Package is one package.
type Package struct {
	File    string // below the part's directory
	Name    string
	Version string
	Size    int64
	Files   int // in it; -1: not known
	Added   []string
	Missing []string // files that only the stock package has
}

// Patch is a patch as it is.
type Patch struct {
	File string // below the part's directory
	Text Text
	Why  string // there is none here, and where it is instead
}

// Suite is verdicts with their evidence.
type Suite struct {
	Title   string
	File    string // below the part's directory
	Results []Result
}

// Result is one verdict.
type Result struct {
	Name, Title string
	State       State
	Evidence    string
	Output      Text // what it printed
}

// Kernel is the kernel lab's results: each case on the provider's device and on the stock one.
type Kernel struct {
	Title, File   string
	Device, Stock string // their names
	Cases         []Case
}

// Case is one case of the kernel lab.
type Case struct {
	Name, Title string
	State       State  // the verdict
	Mine, Stock string // how it ended on each device
	Evidence    string
	Ratios      []float64 // how many times as good as the stock device each round was; none: nothing is measured
}

// Releases is a walk over releases, or the cells of a matrix.
type Releases struct {
	Title, File string
	Of          string // what a row is, "" for a private ABI
	Equal       string // what all of them have in common, as how deep the walk went
	Rows        []ABI
}

// Heading is that of the section.
func (r Releases) Heading() string {
	if r.Of != "" {
		return "Cells"
	}
	return "Releases"
}

// ABI is a row: the releases with one private ABI of libibverbs, or what Of says.
type ABI struct {
	Name  string // "34"; "?" if it is not known
	Cells []Cell // oldest first
}

// Cell is one release.
type Cell struct {
	Name  string // v56.1
	State State
	Why   string
}

// Stage is where the time of one stage went.
type Stage struct {
	Name    string
	Cached  bool // an earlier run made its output
	Seconds float64
	Phases  []Phase
}

// Phase is a part of a stage's time.
type Phase struct {
	Name    string
	Seconds float64
}

// File is an output with its digest.
type File struct {
	Path   string
	Size   int64
	SHA256 string
}

// Changes are what differs from what was in the directory before.
type Changes struct {
	Known bool // there was something before
	List  []Change
}

// Change is one difference.
type Change struct{ What, Before, Now string }

// Compared is what differs from other packages, for those who have these.
type Compared struct {
	With string // a directory or a URL; "": nothing was compared
	File string // below the part's directory
	List []Difference
}

// Difference is one of them. Was or Is may be "": it was not there, or is gone.
type Difference struct{ Package, What, Was, Is string }
