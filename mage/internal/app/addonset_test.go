// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/resnics/verbsmith/containers"
	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/pkgfile/rpmtest"
	"github.com/resnics/verbsmith/mage/internal/stage/stagetest"
	"github.com/resnics/verbsmith/specs"
)

// rpm:addon and deb:addon end with which package is for which distro, of all that dist has, and leave it for a release page.
func TestAddonSet(t *testing.T) {
	b := newTrial(t)
	made := b.engine.Answer
	b.engine.Answer = func(run stagetest.Run) (containers.Result, error) {
		result, err := made(run)
		for _, out := range run.Outputs {
			switch {
			case run.Name != artifact.AddonName:
			case path.Base(out.Path) == "RPMS":
				rpmtest.WriteNamed(t, filepath.Join(out.Dir, "x86_64", "rdma-core-provider-fly-56.1-1.abi34.el9.x86_64.rpm"), "rdma-core-provider-fly")
			case path.Base(out.Path) == "out":
				putFile(t, filepath.Join(out.Dir, "rdma-core-provider-fly_56.1-1+abi34+deb13_amd64.deb"), "package")
			}
		}
		return result, err
	}
	b.libibverbs = []specs.Stock{
		{Title: "Plum", Package: "libibverbs", Releases: []specs.StockRelease{
			{Release: "9.6", Dist: ".el9", Versions: []specs.StockVersion{{Version: "56.1-1.el9"}}},
			{Release: "9.7", Dist: ".el9", Versions: []specs.StockVersion{{Version: "57.0-2.el9"}}},
			{Release: "10.1", Dist: ".el10", Versions: []specs.StockVersion{{Version: "56.1-1.el10"}}},
		}},
		{Title: "Pear", Package: "libibverbs1", Releases: []specs.StockRelease{
			{Release: "13", Suite: "trixie", Versions: []specs.StockVersion{{Version: "56.1-1"}}},
		}},
	}
	const (
		forPlum = "| Plum 9.6 | libibverbs 56.1-1.el9 | [`rdma-core-provider-fly-56.1-1.abi34.el9.x86_64.rpm`]" +
			"(rocky9/rdma-core-56.1.addon-fly/RPMS/x86_64/rdma-core-provider-fly-56.1-1.abi34.el9.x86_64.rpm) |\n" +
			"| Plum 9.7 | libibverbs 57.0-2.el9 | none: built for 56.0 to below 57.0 (private ABI 34) |\n"
		forPear = "| Pear 13 | libibverbs1 56.1-1 | [`rdma-core-provider-fly_56.1-1+abi34+deb13_amd64.deb`]" +
			"(debian-trixie/rdma-core-56.1.addon-fly/rdma-core-provider-fly_56.1-1+abi34+deb13_amd64.deb) |\n"
	)
	page := func() string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(b.dirs.dist, "fly-addons.md"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	b.said(t, b.RPMAddon(t.Context()), "which package for which distro release\n", "| Plum 9.6 ", "| none: built for 56.0 to below 57.0 (private ABI 34) |",
		"| rocky9/rdma-core-56.1.addon-fly/RPMS/x86_64 |", "for a release page: "+b.relative(filepath.Join(b.dirs.dist, "fly-addons.md")))
	if text := page(); !strings.HasSuffix(text, "|---|---|---|\n"+forPlum) {
		t.Errorf("got\n%s", text)
	}
	b.flags.Suite = new("trixie")
	b.said(t, b.DebAddon(t.Context()), "| Pear 13 ")
	both := page()
	if !strings.HasSuffix(both, "|---|---|---|\n"+forPlum+forPear) {
		t.Errorf("got\n%s", both)
	}
	b.flags.Suite = nil
	b.said(t, b.RPMAddon(t.Context()))
	if again := page(); again != both {
		t.Errorf("got\n%s\nafter\n%s", again, both)
	}
}
