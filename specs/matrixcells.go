// SPDX-License-Identifier: Apache-2.0

package specs

import (
	"errors"
	"slices"
	"strings"
)

// allNames is the value for every name of an axis.
const allNames = "all"

// releaseNumbers are the releases that a value stands for.
func (k matrixNames) releaseNumbers(value string) ([]string, error) {
	known := k.releases.Names()
	switch from, to, isRange := strings.Cut(value, ".."); {
	case value == "default":
		return []string{k.releases.Default}, nil
	case value == allNames:
		return known, nil
	case isRange:
		a, errA := k.releases.Find(strings.TrimPrefix(from, "v"))
		b, errB := k.releases.Find(strings.TrimPrefix(to, "v"))
		if err := errors.Join(errA, errB); err != nil {
			return nil, err
		}
		i, j := slices.Index(known, a.Version), slices.Index(known, b.Version)
		if i > j {
			return nil, errRange
		}
		return known[i : j+1], nil
	}
	one, err := k.releases.Find(strings.TrimPrefix(value, "v"))
	return []string{one.Version}, err
}

var errRange = errors.New("FROM..TO, the older release first")

func (k matrixNames) distroNames(value string) ([]string, error) {
	if value == allNames {
		return k.distros.Names(), nil
	}
	one, err := k.distros.Find(value)
	return []string{one.Name}, err
}

func (k matrixNames) suiteNames(value string) ([]string, error) {
	if value == allNames {
		return k.suites.Names(), nil
	}
	one, err := k.suites.Find(value)
	return []string{one.Name}, err
}

// plain is an axis whose values are names as they are.
func plain(value string) ([]string, error) { return []string{value}, nil }

// spread replaces the values of an axis by the names that they stand for, each once. Unknown ones were refused before.
func spread(values []string, names func(string) ([]string, error)) []string {
	var out []string
	for _, v := range values {
		found, _ := names(v)
		for _, name := range found {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// spread replaces the values of all axes.
func (k matrixNames) spread(a Axes) Axes {
	a.Releases = spread(a.Releases, k.releaseNumbers)
	a.Distros = spread(a.Distros, k.distroNames)
	a.Suites = spread(a.Suites, k.suiteNames)
	a.Processors, a.Providers, a.Packages = spread(a.Processors, plain), spread(a.Providers, plain), spread(a.Packages, plain)
	return a
}

// size is the number of combinations before any is left out.
func (m *Matrix) size() int {
	n := 0
	for _, a := range append([]Axes{{}}, m.Include...) {
		a = m.known.spread(m.filled(a))
		n += len(a.Releases) * (len(a.Distros) + len(a.Suites)) * len(a.Processors) * len(a.Providers) * len(a.Packages)
	}
	return n
}

// Cells are the combinations of the matrix without those that are left out, and then the included ones that are not among them. A
// cell that is there twice is taken as far as the deeper one. Their order is that of the axes in the file's documentation.
func (m *Matrix) Cells() []MatrixCell {
	var out []MatrixCell
	at := map[MatrixCell]int{} // by all but the depth
	for n, a := range append([]Axes{{}}, m.Include...) {
		for _, c := range m.known.spread(m.filled(a)).cells() {
			if n == 0 && m.excluded(c) {
				continue
			}
			same := c
			same.Depth = ""
			i, there := at[same]
			if !there {
				at[same] = len(out)
				out = append(out, c)
				continue
			}
			if slices.Index(Depths(), c.Depth) > slices.Index(Depths(), out[i].Depth) {
				out[i].Depth = c.Depth
			}
		}
	}
	return out
}

// cells are the combinations of axes.
func (a Axes) cells() []MatrixCell {
	var targets []MatrixCell
	for _, d := range a.Distros {
		targets = append(targets, MatrixCell{Distro: d})
	}
	for _, s := range a.Suites {
		targets = append(targets, MatrixCell{Suite: s})
	}
	var out []MatrixCell
	for _, c := range targets {
		for _, processor := range a.Processors {
			c.Processor = Processor(processor)
			for _, c.Provider = range a.Providers {
				for _, c.Packages = range a.Packages {
					for _, c.Release = range a.Releases {
						c.Depth = a.Depth
						out = append(out, c)
					}
				}
			}
		}
	}
	return out
}

// excluded says whether a cell is left out.
func (m *Matrix) excluded(c MatrixCell) bool {
	return slices.ContainsFunc(m.Exclude, func(a Axes) bool {
		a = m.known.spread(a)
		has := func(values []string, value string) bool { return len(values) == 0 || slices.Contains(values, value) }
		target := len(a.Distros)+len(a.Suites) == 0 ||
			c.Distro != "" && slices.Contains(a.Distros, c.Distro) || c.Suite != "" && slices.Contains(a.Suites, c.Suite)
		return target && has(a.Releases, c.Release) && has(a.Processors, string(c.Processor)) && has(a.Providers, c.Provider) &&
			has(a.Packages, c.Packages)
	})
}
