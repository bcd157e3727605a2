// SPDX-License-Identifier: Apache-2.0

package dist

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/resnics/verbsmith/mage/internal/artifact"
	"github.com/resnics/verbsmith/mage/internal/job"
	"github.com/resnics/verbsmith/specs"
)

// errNotStock: an add-on proves nothing next to packages that have its provider.
var errNotStock = errors.New("want a directory in dist/ with unpatched packages, as rpm -provider=none creates it")

// GivenStock reads a directory with unpatched packages for a job's processor.
func GivenStock(dir string, j job.Job) (artifact.Dist, error) {
	m, err := ReadManifest(dir)
	switch {
	case err != nil:
	case m.Provider != "" || !complete(dir, m):
		err = errNotStock
	case m.Processor != j.Processor().Mark():
		has := cmp.Or(m.Processor, string(specs.X8664))
		err = fmt.Errorf("want packages for %s, got packages for %s", j.Processor(), has) //nolint:err113 // shown once
	}
	if err != nil {
		return artifact.Dist{}, fmt.Errorf("-beside=%s: %w", dir, err)
	}
	return artifact.Dist{Dir: dir, Manifest: m}, nil
}

// Complete reads a directory of outputs whose files are all there and as they were collected.
func Complete(dir string) (artifact.Dist, error) {
	m, err := ReadManifest(dir)
	if err == nil && !complete(dir, m) {
		err = errChanged
	}
	if err != nil {
		return artifact.Dist{}, fmt.Errorf("%s: %w", dir, err)
	}
	return artifact.Dist{Dir: dir, Manifest: m}, nil
}

var errChanged = errors.New("want the files that manifest.json lists, got others: make the packages again")

// OtherAddons are the provider's add-ons in dist that are not for the release:
// each has to be refused next to its libibverbs.
func (c *Collector) OtherAddons(j job.Job, base artifact.Base, version string) ([]artifact.Dist, error) {
	return c.addons(c.AddonFolder(j, base, "*"), func(m artifact.Manifest) bool { return !m.Addon.Serves(version) })
}

// Neighbours are other providers' add-ons in dist that are for the release, one of each.
func (c *Collector) Neighbours(j job.Job, base artifact.Base, version string) ([]artifact.Dist, error) {
	seen := map[string]bool{j.ProviderName(): true}
	return c.addons(filepath.Join(c.Dir, base.Folder, "*."+artifact.AddonName+"-*"), func(m artifact.Manifest) bool {
		fits := m.Addon.Serves(version) && m.Processor == j.Processor().Mark() && !seen[m.Provider]
		seen[m.Provider] = seen[m.Provider] || fits
		return fits
	})
}

// BesideAddon is the directory with unpatched packages next to dir that the add-on in dir can be installed with, "" if there is
// none or dir has no add-on.
func BesideAddon(dir string) (string, error) {
	m, err := ReadManifest(dir)
	if err != nil || m.Addon == nil {
		return "", err
	}
	siblings, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		return "", fmt.Errorf("look for unpatched packages next to an add-on: %w", err)
	}
	for _, s := range siblings {
		sibling := filepath.Join(filepath.Dir(dir), s.Name())
		stock, err := ReadManifest(sibling)
		if err == nil && stock.Provider == "" && stock.Addon == nil && stock.Processor == m.Processor && m.Addon.Serves(stock.Release) {
			return sibling, nil
		}
	}
	return "", nil
}

// addons are those in the directories of a pattern that of selects.
func (c *Collector) addons(pattern string, of func(artifact.Manifest) bool) ([]artifact.Dist, error) {
	folders, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("look for add-ons in %s: %w", pattern, err)
	}
	var found []artifact.Dist
	for _, dir := range folders {
		m, err := ReadManifest(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if m.Addon != nil && complete(dir, m) && of(m) {
			found = append(found, artifact.Dist{Dir: dir, Manifest: m})
		}
	}
	return found, nil
}
