// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/dist"
	"github.com/resnics/verbsmith/mage/internal/driverapi"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/specs"
)

// showAddonSet shows which of the provider's add-ons in dist is for which release of a distro, and writes the same into
// dist as Markdown.
func (a *App) showAddonSet(ctx context.Context, j job.Job) error {
	history, err := driverapi.Known()
	if err != nil {
		return err
	}
	collector := a.pipeline.Collector()
	set, err := collector.AddonSet(dist.AddonFacts{
		Provider: j.ProviderName(), Processor: j.Processor(), Digest: j.Provider.Digest(),
		Stock: a.libibverbs, Interfaces: a.pipeline.Interfaces,
		Family: a.addonFamily, Own: a.addonFamily(artifact.Manifest{Distro: j.Target.Name(), Suite: j.Suite().Name}),
		Inside: func(release string) bool { return history.Has(j.ProviderName(), release, specs.CompareVersions) },
	})
	if err != nil {
		return err
	}
	rows := make([][]string, 0, len(set.Rows))
	for _, r := range set.Rows {
		shown, where := r.Why, ""
		if r.File != "" {
			shown, where = strings.Join(append([]string{path.Base(r.File)}, r.Marks()...), " "), path.Dir(r.File)
		}
		rows = append(rows, []string{r.Release, cmp.Or(r.Libibverbs, "unknown"), shown, where})
	}
	title := "which package for which distro release"
	a.ui.Table(title, []string{"distro release", "its libibverbs", "add-on", "below " + a.relative(collector.Dir)}, rows)
	file, err := collector.Place(ctx, collector.Dir, set.MarkdownName(), set.Markdown())
	if err != nil {
		return err
	}
	fmt.Fprintln(a.ui.Out(), title+", for a release page: "+a.relative(file))
	return nil
}

// addonFamily is the dist tag or the suite that packages are built for; "" for a distro that is no longer in specs/.
func (a *App) addonFamily(m artifact.Manifest) string {
	if m.Suite != "" {
		return m.Suite
	}
	distro, err := a.distros.Find(m.Distro)
	if err != nil {
		return ""
	}
	return distro.Dist
}
