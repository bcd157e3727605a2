// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile"
	"github.com/resnics/verbsmith/specs"
)

// AddonSet is which of a provider's add-ons in dist is for which release of a distribution.
type AddonSet struct {
	Provider string
	Rows     []AddonRow

	processor specs.Processor // that all of them are for
}

// AddonRow is one release of a distribution with one version of its libibverbs.
type AddonRow struct {
	Release    string // as in "Debian 12"
	Libibverbs string // the package with its version, as in "libibverbs1 44.0-2"; "": not known
	File       string // the add-on's path below dist, with slashes; "": there is none
	Standin    bool   // it was built on a stand-in
	Others     bool   // it was built from other files of the provider than this run's
	Why        string // there is none
}

// AddonFacts is what a set is made from besides dist.
type AddonFacts struct {
	Provider   string
	Processor  specs.Processor // that the add-ons are for
	Digest     string          // of its files
	Stock      []specs.Stock
	Interfaces *specs.Interfaces
	// Family is the dist tag, as in ".el9", or the suite that packages are built for; "": not known.
	Family func(artifact.Manifest) string
	// Own is the family that is listed even without an add-on.
	Own string
	// Inside says of a release that it is known to have the provider itself.
	Inside func(release string) bool
}

// AddonSet reads the manifests in dist. It has the releases of each family that an add-on was built for, in the order of
// Stock; so it depends on neither the target nor the order in which they were built.
func (c *Collector) AddonSet(facts AddonFacts) (AddonSet, error) {
	pattern := filepath.Join(c.Dir, "*", "*."+artifact.AddonName+"-"+facts.Provider+processorEnd(facts.Processor))
	found, err := c.addons(pattern, func(m artifact.Manifest) bool { return AddonFile(m) != "" })
	if err != nil {
		return AddonSet{}, err
	}
	families := map[string][]artifact.Dist{facts.Own: nil}
	for _, d := range found {
		family := facts.Family(d.Manifest)
		families[family] = append(families[family], d)
	}
	set := AddonSet{Provider: facts.Provider, processor: facts.Processor}
	for _, distribution := range facts.Stock {
		for _, r := range distribution.Releases {
			if built, listed := families[r.Family()]; listed {
				rows, err := c.addonRows(facts, distribution, r, built)
				if err != nil {
					return AddonSet{}, err
				}
				set.Rows = append(set.Rows, rows...)
			}
		}
	}
	return set, nil
}

// addonRows are those of one release: built are the add-ons for its family.
func (c *Collector) addonRows(facts AddonFacts, of specs.Stock, r specs.StockRelease, built []artifact.Dist) ([]AddonRow, error) {
	title := of.Title + " " + r.Release
	if len(r.Versions) == 0 {
		return []AddonRow{{Release: title, Why: "unknown: " + r.Unknown}}, nil
	}
	rows := make([]AddonRow, 0, len(r.Versions))
	for _, v := range r.Versions {
		row := AddonRow{Release: title, Libibverbs: of.Package + " " + v.Version}
		if v.From != "" {
			row.Release += ", updated (" + v.From + ")"
		}
		best := bestAddon(built, v.Release(), facts.Interfaces)
		switch {
		case facts.Inside(v.Release()):
			row.Why = "none: the provider is in the distro's own rdma-core"
		case best == nil:
			row.Why = noneBuilt(built)
		default:
			name, err := c.outputName(best.Dir)
			if err != nil {
				return nil, err
			}
			row.File, row.Standin = path.Join(name, AddonFile(best.Manifest)), !best.Manifest.Releasable
			row.Others = best.Manifest.ProviderSHA256 != "" && best.Manifest.ProviderSHA256 != facts.Digest
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// bestAddon is the add-on that dnf and apt take of those that suit a release, the newest, nil if none does. One that may be released
// comes before one of a stand-in.
func bestAddon(built []artifact.Dist, release string, interfaces *specs.Interfaces) *artifact.Dist {
	var best *artifact.Dist
	for _, d := range built {
		if d.Manifest.Addon.Suits(release, interfaces) && (best == nil || better(d.Manifest, best.Manifest)) {
			best = &d
		}
	}
	return best
}

func better(m, other artifact.Manifest) bool {
	if m.Releasable != other.Releasable {
		return m.Releasable
	}
	return specs.CompareVersions(m.Release, other.Release) > 0
}

// noneBuilt says for which releases there are add-ons.
func noneBuilt(built []artifact.Dist) string {
	if len(built) == 0 {
		return "none: nothing was built for it"
	}
	byRange := slices.SortedFunc(slices.Values(built), func(a, b artifact.Dist) int {
		return cmp.Or(
			specs.CompareVersions(a.Manifest.Addon.From, b.Manifest.Addon.From),
			specs.CompareVersions(a.Manifest.Addon.Below, b.Manifest.Addon.Below),
		)
	})
	ranges := make([]string, 0, len(built))
	for _, d := range byRange {
		a := d.Manifest.Addon
		ranges = append(ranges, fmt.Sprintf("%s to below %s (private ABI %d)", a.From, a.Below, a.PrivateABI))
	}
	return "none: built for " + strings.Join(slices.Compact(ranges), ", ")
}

// AddonFile is the path of an add-on's own package, without its debugging data and its headers, below its directory; "" if
// it is not there.
func AddonFile(m artifact.Manifest) string {
	for _, f := range m.Files {
		name := path.Base(f.Path)
		deb, _ := pkgfile.DebName(name)
		if pkgfile.IsDeb(name) && deb == m.Addon.Package ||
			pkgfile.IsRPM(name) && strings.HasPrefix(name, m.Addon.Package+"-"+m.Release+"-") {
			return f.Path
		}
	}
	return ""
}

// MarkdownName is the file's name in dist.
func (s AddonSet) MarkdownName() string {
	return s.Provider + "-addons" + processorEnd(s.processor) + ".md"
}

// The marks of packages: of one of a stand-in, and of one that an earlier run made from other files of the provider.
const (
	NotForRelease = "(stand-in: not for release)"
	OfOtherFiles  = "(of other files of the provider: build it again)"
)

// Marks are those of the row's package.
func (r AddonRow) Marks() []string {
	var marks []string
	if r.Standin {
		marks = append(marks, NotForRelease)
	}
	if r.Others {
		marks = append(marks, OfOtherFiles)
	}
	return marks
}

// Markdown is the set for a page where the packages are published. Links are relative to dist.
func (s AddonSet) Markdown() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, `# Provider %s for a distro's own libibverbs

Take the package in the line of your distro's release and libibverbs, which %s or %s shows.
dnf and apt refuse a package that is for another libibverbs.

| distro release | its libibverbs | package |
|---|---|---|
`, s.Provider, "`rpm -q libibverbs`", "`dpkg-query -W libibverbs1`")
	standin := false
	for _, r := range s.Rows {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", markdownText(r.Release), cmp.Or(markdownText(r.Libibverbs), "unknown"), r.markdown())
		standin = standin || r.Standin
	}
	if standin {
		fmt.Fprintf(&out, "\n%s: built on another distro's packages, for tests only.\n", NotForRelease)
	}
	return []byte(out.String())
}

// plainName is a name of a package's file, which ends no code in Markdown.
var plainName = regexp.MustCompile(`^[A-Za-z0-9._+~^-]+$`)

// markdown is the last cell.
func (r AddonRow) markdown() string {
	if r.File == "" {
		return markdownText(r.Why)
	}
	name := path.Base(r.File)
	if plainName.MatchString(name) {
		name = "`" + name + "`"
	} else {
		name = markdownText(name)
	}
	link := fmt.Sprintf("[%s](%s)", name, (&url.URL{Path: r.File}).EscapedPath())
	return strings.Join(append([]string{link}, r.Marks()...), " ")
}

// markdownText escapes what Markdown would read as a mark.
func markdownText(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "|", `\|`, "_", `\_`, "*", `\*`, "`", "\\`", "[", `\[`, "]", `\]`, "<", `\<`, "~", `\~`, "\n", " ", "\r", " ",
	).Replace(s)
}
