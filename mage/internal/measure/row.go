// SPDX-License-Identifier: Apache-2.0

package measure

// Kind is how a job is prepared before each run.
type Kind int

// The kinds.
const (
	Plain   Kind = iota // no part of verbsmith: the job that others are compared with
	Cold                // all caches are empty
	Edited              // one line of the provider's C source has changed
	Again               // nothing has changed
	Second              // all caches are empty but for a run of Before
	Foreign             // another program
)

// Row is one job.
type Row struct {
	Name    string
	Title   string
	Kind    Kind
	Target  string   // and Deb selects the flags
	Deb     bool     // it makes Debian packages
	Before  []string // flags of the run before a Second one
	Flags   []string // its own flags
	Against string   // the row that it is compared with, "" for none
	Limit   float64  // the highest ratio, 0 for none
	Seconds float64  // the longest time, 0 for none
}

// The rows that others are compared with, and those that need more than the release and the
// provider.
const (
	PlainRPM     = "rpmbuild"
	PlainDeb     = "dpkg-buildpackage"
	CBuild       = "cbuild"
	OtherRelease = "rpm-release"
	OtherDistro  = "rpm-distro"
)

// What the Second rows are built after.
const (
	ReleaseBefore = "55.0"
	DistroAfter   = "centos-stream9"
)

// MaxMemory is the most that our own process may take, in bytes.
const MaxMemory = 64 << 20

// Rows are all jobs with their limits, in the order in which they run in turn.
func Rows() []Row {
	return []Row{
		{Name: PlainRPM, Title: "plain rpmbuild -ba in a volume", Kind: Plain},
		{Name: "rpm-cold", Title: "rpm, all caches empty", Kind: Cold, Target: "rpm", Against: PlainRPM, Limit: 1},
		{Name: "rpm-edit", Title: "rpm, one line changed", Kind: Edited, Target: "rpm", Against: PlainRPM, Limit: 0.10},
		{
			Name: "proven-edit", Title: "installed and proven, one line changed", Kind: Edited, Target: "test:integration",
			Against: PlainRPM, Limit: 0.15,
		},
		{Name: "build-edit", Title: "build, one line changed", Kind: Edited, Target: "build", Against: PlainRPM, Limit: 0.03},
		{Name: "addon-edit", Title: "rpm:addon, one line changed", Kind: Edited, Target: "rpm:addon", Against: PlainRPM, Limit: 0.05},
		{Name: "nothing", Title: "rpm, nothing changed", Kind: Again, Target: "rpm", Against: PlainRPM, Limit: 0.003, Seconds: 0.3},
		{
			Name: OtherRelease, Title: "rpm, after another release of the private ABI", Kind: Second, Target: "rpm",
			Before: []string{"-rdma=" + ReleaseBefore}, Against: PlainRPM, Limit: 0.5,
		},
		{
			Name: OtherDistro, Title: "rpm, after another distro on the base", Kind: Second, Target: "rpm",
			Flags: []string{"-distro=" + DistroAfter}, Against: PlainRPM, Limit: 0.5,
		},
		{Name: CBuild, Title: "rdma-core's cbuild pkg", Kind: Foreign, Against: PlainRPM},
		{Name: PlainDeb, Title: "plain dpkg-buildpackage -b in a volume", Kind: Plain, Deb: true},
		{Name: "deb-cold", Title: "deb with lintian, all caches empty", Kind: Cold, Target: "deb", Deb: true, Against: PlainDeb, Limit: 1},
		{
			Name: "deb-edit", Title: "deb with lintian, one line changed", Kind: Edited, Target: "deb", Deb: true,
			Against: PlainDeb, Limit: 0.15,
		},
	}
}
