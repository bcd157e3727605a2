// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/specs"
)

// addonIn is an add-on in a directory of dist, as rpm:addon or deb:addon collects it.
func addonIn(t *testing.T, dist, folder, file string, m artifact.Manifest) {
	t.Helper()
	dir := filepath.Join(dist, folder, "rdma-core-"+m.Release+".addon-"+m.Provider)
	collected(t, dir, m, file)
}

func version(v, from string) specs.StockVersion { return specs.StockVersion{Version: v, From: from} }

// fixture is a distribution of each kind, and interfaces with two private ABIs.
func fixture(provider string) AddonFacts {
	return AddonFacts{
		Provider: provider,
		Stock: []specs.Stock{
			{Title: "Plum", Package: "libibverbs", Releases: []specs.StockRelease{
				{Release: "9.4", Dist: ".el9", Unknown: "nobody has looked"},
				{Release: "9.5", Dist: ".el9", Versions: []specs.StockVersion{version("51.0-1.el9", "")}},
				{Release: "9.6", Dist: ".el9", Versions: []specs.StockVersion{version("56.1-1.el9", ""), version("57.0-2.el9", "May")}},
				{Release: "10.0", Dist: ".el10", Versions: []specs.StockVersion{version("56.1-1.el10", "")}},
			}},
			{Title: "Pear", Package: "libibverbs1", Releases: []specs.StockRelease{
				{Release: "1", Suite: "old", Versions: []specs.StockVersion{version("56.1-1", "")}},
				{Release: "2", Suite: "new", Versions: []specs.StockVersion{version("56.1-1", "")}},
			}},
		},
		Interfaces: &specs.Interfaces{List: []specs.Interface{
			{PrivateABI: 34, From: "45.0", Below: "57.0"}, {PrivateABI: 57, From: "57.0", Below: "59.0"},
		}},
		Family: func(m artifact.Manifest) string { return map[string]string{"plum9": ".el9", "pear": m.Suite}[m.Distro] },
		Own:    ".el9",
		Inside: func(string) bool { return false },
	}
}

func shown(rows []AddonRow) string {
	var out strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&out, "%s | %s | %s%s | %t\n", r.Release, r.Libibverbs, path.Base(r.File), r.Why, r.Standin)
	}
	return out.String()
}

// The set has each release of the families that something was built for, the run's among them, and says why a release has no
// package.
func TestAddonSet(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	facts := fixture("rib")
	facts.Digest = "of files"
	expect := func(want string) {
		t.Helper()
		set, err := c.AddonSet(facts)
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(set.Rows); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	}
	expect(`Plum 9.4 |  | .unknown: nobody has looked | false
Plum 9.5 | libibverbs 51.0-1.el9 | .none: nothing was built for it | false
Plum 9.6 | libibverbs 56.1-1.el9 | .none: nothing was built for it | false
Plum 9.6, updated (May) | libibverbs 57.0-2.el9 | .none: nothing was built for it | false
`)
	serves := &artifact.Addon{Package: "rdma-core-provider-rib", PrivateABI: 34, From: "56.0", Below: "57.0"}
	flies := *serves
	flies.Package = "rdma-core-provider-fly"
	addonIn(t, c.Dir, "plum9", "RPMS/x86_64/rdma-core-provider-rib-56.1-1.abi34.el9.x86_64.rpm",
		artifact.Manifest{Distro: "plum9", Release: "56.1", Provider: "rib", ProviderSHA256: "of files", Releasable: true, Addon: serves})
	addonIn(t, c.Dir, "plum9.standin", "RPMS/x86_64/rdma-core-provider-rib-56.1-1.abi34.el9.standin.x86_64.rpm",
		artifact.Manifest{Distro: "plum9", Release: "56.1", Provider: "rib", ProviderSHA256: "of files", Standin: true, Addon: serves})
	addonIn(t, c.Dir, "pear-new", "rdma-core-provider-fly_56.1-1+abi34+new_amd64.deb",
		artifact.Manifest{Distro: "pear", Suite: "new", Release: "56.1", Provider: "fly", Releasable: true, Addon: &flies})
	addonIn(t, c.Dir, "pear-old", "rdma-core-provider-rib_56.1-1+abi34+old_amd64.deb",
		artifact.Manifest{Distro: "pear", Suite: "old", Release: "56.1", Provider: "rib", ProviderSHA256: "of files", Releasable: true, Addon: serves})
	addonIn(t, c.Dir, "gone", "rdma-core-provider-rib-56.1-1.x86_64.rpm",
		artifact.Manifest{Distro: "gone", Release: "56.1", Provider: "rib", ProviderSHA256: "of files", Addon: serves})
	const want = `Plum 9.4 |  | .unknown: nobody has looked | false
Plum 9.5 | libibverbs 51.0-1.el9 | .none: built for 56.0 to below 57.0 (private ABI 34) | false
Plum 9.6 | libibverbs 56.1-1.el9 | rdma-core-provider-rib-56.1-1.abi34.el9.x86_64.rpm | false
Plum 9.6, updated (May) | libibverbs 57.0-2.el9 | .none: built for 56.0 to below 57.0 (private ABI 34) | false
Pear 1 | libibverbs1 56.1-1 | rdma-core-provider-rib_56.1-1+abi34+old_amd64.deb | false
`
	expect(want)
	facts.Own = "old" // what the last run was for changes nothing
	expect(want)
	facts.Digest = "of edited files"
	set, err := c.AddonSet(facts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rows {
		if (r.File != "") != slices.Equal(r.Marks(), []string{OfOtherFiles}) {
			t.Errorf("%s %s is marked %q", r.Release, r.File, r.Marks())
		}
	}
	facts.Inside = func(release string) bool { return release == "56.1" }
	expect(strings.NewReplacer(
		"rdma-core-provider-rib-56.1-1.abi34.el9.x86_64.rpm", ".none: the provider is in the distro's own rdma-core",
		"rdma-core-provider-rib_56.1-1+abi34+old_amd64.deb", ".none: the provider is in the distro's own rdma-core",
	).Replace(want))
}

// Of those that suit a release, the newest is taken, as dnf takes it, but one of a stand-in only if there is no other. The private
// ABI has to be the release's.
func TestBestAddon(t *testing.T) {
	interfaces := fixture("rib").Interfaces
	made := func(release string, privateABI int, releasable bool) artifact.Dist {
		return artifact.Dist{Dir: release, Manifest: artifact.Manifest{Release: release, Releasable: releasable, Addon: &artifact.Addon{
			PrivateABI: privateABI, From: release, Below: "57.0",
		}}}
	}
	for _, tt := range []struct {
		built []artifact.Dist
		want  string
	}{
		{[]artifact.Dist{made("45.0", 34, true), made("50.0", 34, true), made("46.0", 34, true)}, "50.0"},
		{[]artifact.Dist{made("50.0", 34, false), made("45.0", 34, true)}, "45.0"},
		{[]artifact.Dist{made("50.0", 34, false), made("45.0", 34, false)}, "50.0"},
		{[]artifact.Dist{made("56.2", 34, true)}, ""},
		{[]artifact.Dist{made("50.0", 35, true)}, ""},
	} {
		got := ""
		if best := bestAddon(tt.built, "56.1", interfaces); best != nil {
			got = best.Dir
		}
		if got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.built, got, tt.want)
		}
	}
	if best := bestAddon([]artifact.Dist{{Manifest: artifact.Manifest{
		Addon: &artifact.Addon{PrivateABI: 99, From: "70.0", Below: "71.0"},
	}}}, "70.1", interfaces); best == nil {
		t.Error("an unknown release has the private ABI of the source that says it is that release")
	}
}

// The same set gives the same bytes; nothing in a cell ends it; links are relative to dist.
func TestAddonSetMarkdown(t *testing.T) {
	set := AddonSet{Provider: "rib", Rows: []AddonRow{
		{Release: "Plum 9.6", Libibverbs: "libibverbs 56.1-1.el9", File: "plum9/rdma-core-56.1.addon-rib/RPMS/x86_64/a-56.1-1.el9.x86_64.rpm"},
		{Release: "Pear|1", Why: "unknown: `why`"},
		{Release: "Fig", Libibverbs: "libibverbs1 1.0~2-1", File: "fig.standin/b_] c.deb", Standin: true},
	}}
	const want = "# Provider rib for a distro's own libibverbs\n\n" +
		"Take the package in the line of your distro's release and libibverbs, which `rpm -q libibverbs` or `dpkg-query -W libibverbs1` shows.\n" +
		`dnf and apt refuse a package that is for another libibverbs.

| distro release | its libibverbs | package |
|---|---|---|
| Plum 9.6 | libibverbs 56.1-1.el9 | [` + "`a-56.1-1.el9.x86_64.rpm`" + `](plum9/rdma-core-56.1.addon-rib/RPMS/x86_64/a-56.1-1.el9.x86_64.rpm) |
| Pear\|1 | unknown | unknown: ` + "\\`why\\`" + ` |
| Fig | libibverbs1 1.0\~2-1 | [b\_\] c.deb](fig.standin/b_%5D%20c.deb) (stand-in: not for release) |

(stand-in: not for release): built on another distro's packages, for tests only.
`
	if got := string(set.Markdown()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := set.MarkdownName(); got != "rib-addons.md" {
		t.Errorf("the file is %s", got)
	}
	if set.processor = specs.AArch64; set.MarkdownName() != "rib-addons.aarch64.md" {
		t.Errorf("the file for another processor is %s", set.MarkdownName())
	}
	set.Rows = set.Rows[:1]
	if got := string(set.Markdown()); strings.Contains(got, "stand-in") {
		t.Errorf("without a stand-in:\n%s", got)
	}
}

// A package that is not whole any more is not listed.
func TestAddonSetIncomplete(t *testing.T) {
	c := &Collector{Dir: t.TempDir()}
	addonIn(t, c.Dir, "plum9", "rdma-core-provider-rib-56.1-1.x86_64.rpm", artifact.Manifest{
		Distro: "plum9", Release: "56.1", Provider: "rib",
		Addon: &artifact.Addon{Package: "rdma-core-provider-rib", PrivateABI: 34, From: "56.0", Below: "57.0"},
	})
	set, err := c.AddonSet(fixture("rib"))
	if err != nil || !strings.Contains(shown(set.Rows), "rdma-core-provider-rib-56.1-1.x86_64.rpm | true") {
		t.Fatalf("%v\n%s", err, shown(set.Rows))
	}
	folder := filepath.Join(c.Dir, "plum9", "rdma-core-56.1.addon-rib")
	if err := os.WriteFile(filepath.Join(folder, "rdma-core-provider-rib-56.1-1.x86_64.rpm"), []byte("y"), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err = c.AddonSet(fixture("rib"))
	if err != nil || strings.Contains(shown(set.Rows), ".rpm") {
		t.Errorf("%v\n%s", err, shown(set.Rows))
	}
	write(t, filepath.Join(folder, manifestFile), "{")
	if _, err := c.AddonSet(fixture("rib")); err == nil {
		t.Error("a manifest that cannot be read is no error")
	}
}
